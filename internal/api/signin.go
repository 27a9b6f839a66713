package api

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"ttpctl/internal/report/html"
)

// Bounds of guessing: tries of one address, and addresses that are remembered.
const (
	maxTries  = 10
	triesTime = 5 * time.Minute
	maxTriers = 4096
)

func (s *Server) getSignIn(c *call) error {
	return s.signInForm(c, http.StatusOK, "")
}

func (s *Server) signInForm(c *call, status int, problem string) error {
	return writeHTML(c, status, func(w http.ResponseWriter) error { return html.WriteSignIn(w, problem, "12 hours") })
}

// postSignIn begins a session for who has a token.
func (s *Server) postSignIn(c *call) error {
	address := remoteOf(c.Request)
	if !s.tries.another(address, s.cfg.Now()) {
		c.w.Header().Set("Retry-After", "300")
		return s.signInForm(c, http.StatusTooManyRequests, "Too many tries from your address: come again in five minutes.")
	}
	token, ok := s.cfg.Tokens.find(strings.TrimSpace(c.PostForm.Get("token")))
	switch {
	case !ok:
		wait(c.Context(), s.cfg.Limits.Guess)
		return s.signInForm(c, http.StatusUnauthorized, "This token is not known.")
	case !token.Role.may(Reader):
		return s.signInForm(c, http.StatusForbidden, "A token of role "+token.Role.String()+" does not show the report: it takes one of role reader or admin.")
	}
	s.tries.takeBack(address)
	s.sessions.drop(c.Request)
	setCookie(c.w, c.Request, s.sessions.begin(token, s.cfg.Now()))
	return seeOther(c, "/")
}

// postSignOut ends the session.
func (s *Server) postSignOut(c *call) error {
	s.sessions.drop(c.Request)
	setCookie(c.w, c.Request, "")
	return seeOther(c, "/sign-in")
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// tries counts how often tokens are tried, by address. It is safe for concurrent
// use.
type tries struct {
	mu sync.Mutex
	of map[string]*tried
}

type tried struct {
	since time.Time
	n     int
}

// another notes a try and reports whether it may be made. It counts before it is
// known what comes of it, so that many at a time are no way around.
func (ts *tries) another(address string, now time.Time) bool {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	key := network(address)
	t := ts.of[key]
	if t == nil || now.Sub(t.since) >= triesTime || now.Before(t.since) {
		ts.makeRoom(now)
		t = &tried{since: now}
		ts.of[key] = t
	}
	t.n++
	return t.n <= maxTries
}

// makeRoom forgets addresses whose time is over, and if that is not enough, one of
// them. ts.mu is held.
func (ts *tries) makeRoom(now time.Time) {
	if ts.of == nil {
		ts.of = map[string]*tried{}
	}
	if len(ts.of) < maxTriers {
		return
	}
	for key, t := range ts.of {
		if now.Sub(t.since) >= triesTime {
			delete(ts.of, key)
		}
	}
	for key := range ts.of {
		if len(ts.of) < maxTriers {
			break
		}
		delete(ts.of, key)
	}
}

// takeBack takes one try back: it was none. Those before it still count, or who has
// one token could try others for ever.
func (ts *tries) takeBack(address string) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if t := ts.of[network(address)]; t != nil {
		t.n--
	}
}

// network returns what one visitor can choose his address from.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Unmap().Is4() {
		return address
	}
	p, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return p.String()
}
