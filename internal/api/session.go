package api

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"sync"
	"time"
)

// Bounds of the sessions of browsers.
const (
	sessionLife = 12 * time.Hour
	maxSessions = 1000
)

// Names of the cookie that holds a session's id. Browsers take the first one only
// over TLS, for this host alone and for all of its paths.
const (
	secureCookie = "__Host-ttpctl"
	plainCookie  = "ttpctl"
)

// sessions are those of browsers. They are kept here and not in the cookie, so that
// who signs out is out, whoever has the cookie, and a token that is taken out of use
// ends them. A restart ends all of them. They are safe for concurrent use.
type sessions struct {
	mu   sync.Mutex
	byID map[[sha256.Size]byte]*session // by the hash of the id: looking one up tells nothing of the others by its time
}

// A session is one browser whose visitor gave a token.
type session struct {
	token [sha256.Size]byte // its hash
	csrf  string
	began time.Time
	ended chan struct{} // closed when it has ended
}

func random() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // it does not fail
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// begin begins a session and returns its id. When there are as many as may be, the
// oldest ends.
func (ss *sessions) begin(t Token, now time.Time) (id string) {
	id = random()
	s := &session{token: t.hash, csrf: random(), began: now, ended: make(chan struct{})}
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.byID == nil {
		ss.byID = map[[sha256.Size]byte]*session{}
	}
	if len(ss.byID) >= maxSessions {
		ss.end(ss.oldest())
	}
	ss.byID[sha256.Sum256([]byte(id))] = s
	return id
}

// oldest returns the key of the session that began first. ss.mu is held.
func (ss *sessions) oldest() (key [sha256.Size]byte) {
	var first *session
	for k, s := range ss.byID {
		if first == nil || s.began.Before(first.began) {
			key, first = k, s
		}
	}
	return key
}

// find returns the session that the cookie of a request names and the token that it
// was begun with, if both still hold.
func (ss *sessions) find(r *http.Request, tokens *Tokens, now time.Time) (*session, Token, bool) {
	id := cookieOf(r)
	if id == "" {
		return nil, Token{}, false
	}
	key := sha256.Sum256([]byte(id))
	ss.mu.Lock()
	defer ss.mu.Unlock()
	s := ss.byID[key]
	if s == nil {
		return nil, Token{}, false
	}
	token, ok := tokens.holds(s.token)
	if age := now.Sub(s.began); !ok || age < 0 || age >= sessionLife {
		ss.end(key)
		return nil, Token{}, false
	}
	return s, token, true
}

// drop ends the session that the cookie of a request names, if there is one.
func (ss *sessions) drop(r *http.Request) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.end(sha256.Sum256([]byte(cookieOf(r))))
}

// end ends a session. ss.mu is held.
func (ss *sessions) end(key [sha256.Size]byte) {
	if s := ss.byID[key]; s != nil {
		close(s.ended)
		delete(ss.byID, key)
	}
}

// proves reports whether a form came from a page of s.
func (s *session) proves(csrf string) bool {
	return subtle.ConstantTimeCompare([]byte(s.csrf), []byte(csrf)) == 1
}

// cookieOf returns the id that a request brings. Over TLS that is none of the plain
// cookie, which whoever is on the way, or another host of the domain, may have set.
func cookieOf(r *http.Request) string {
	names := []string{secureCookie, plainCookie}
	if r.TLS != nil {
		names = names[:1]
	}
	for _, name := range names {
		if c, err := r.Cookie(name); err == nil && len(c.Value) < 100 {
			return c.Value
		}
	}
	return ""
}

// setCookie gives a browser the id of its session; "" takes it away.
func setCookie(w http.ResponseWriter, r *http.Request, id string) {
	c := &http.Cookie{Name: plainCookie, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: int(sessionLife / time.Second)}
	if overTLS(r) {
		c.Name, c.Secure = secureCookie, true
	}
	if id == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}
