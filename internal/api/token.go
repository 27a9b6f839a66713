package api

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
)

// A Role is what the holder of a token may do.
type Role uint8

// The roles. An admin may do what the others may.
const (
	Open   Role = iota // no token is asked for
	Ingest             // send events
	Reader             // read rules, states, techniques and tags
	Admin              // set states
)

var roleNames = [...]string{Open: "open", Ingest: "ingest", Reader: "reader", Admin: "admin"}

// String returns the role's name as token files spell it.
func (r Role) String() string { return roleNames[r] }

// may reports whether who has r may do what needs need.
func (r Role) may(need Role) bool { return r == need || r == Admin }

// A Token is one bearer token, of which only the hash is kept.
type Token struct {
	Role Role
	Name string // says in histories and logs who it was
	hash [sha256.Size]byte
}

// minToken is the least length of a token that is written out: a shorter one
// can be guessed.
const minToken = 16

// ParseTokens reads tokens, one a line: `role token [name]`, the token itself
// or sha256: and its hash in hex. # begins a comment. Several tokens may have one
// role, so that one can be taken out of use after another came into it. Errors
// name the line and never the token.
func ParseTokens(text string) (ts []Token, err error) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		t, err := parseToken(words)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		ts = append(ts, t)
	}
	return ts, nil
}

func parseToken(words []string) (t Token, err error) {
	if len(words) < 2 || len(words) > 3 {
		return t, fmt.Errorf("%d words, want a role, a token or its hash, and perhaps a name", len(words))
	}
	role := slices.Index(roleNames[:], words[0])
	if role <= int(Open) {
		return t, fmt.Errorf("the first word is no role: want ingest, reader or admin")
	}
	t.Role = Role(role)
	if hash, ok := strings.CutPrefix(words[1], "sha256:"); ok {
		if n, err := hex.Decode(t.hash[:], []byte(hash[:min(len(hash), 2*len(t.hash))])); err != nil || 2*n != len(hash) || n != len(t.hash) {
			return t, fmt.Errorf("the hash behind sha256: is not 64 hex digits")
		}
	} else if len(words[1]) < minToken {
		return t, fmt.Errorf("the token is shorter than %d characters: openssl rand -hex 32 makes a good one", minToken)
	} else {
		t.hash = sha256.Sum256([]byte(words[1]))
	}
	t.Name = "token " + hex.EncodeToString(t.hash[:4])
	if len(words) == 3 {
		t.Name = words[2]
	}
	return t, nil
}

// Tokens are those that a server accepts. They are safe for concurrent use.
type Tokens struct{ list atomic.Pointer[[]Token] }

// Set replaces the tokens: requests that come from now on need one of these.
func (ts *Tokens) Set(list []Token) { ts.list.Store(&list) }

// find returns the token that secret is. It takes the same time whichever of
// them that is.
func (ts *Tokens) find(secret string) (found Token, ok bool) {
	hash := sha256.Sum256([]byte(secret))
	for _, t := range *cmp.Or(ts.list.Load(), &[]Token{}) {
		if subtle.ConstantTimeCompare(t.hash[:], hash[:]) == 1 {
			found, ok = t, true
		}
	}
	return found, ok
}

// holds returns the token that has a hash, if it is still in use.
func (ts *Tokens) holds(hash [sha256.Size]byte) (Token, bool) {
	for _, t := range *cmp.Or(ts.list.Load(), &[]Token{}) {
		if t.hash == hash {
			return t, true
		}
	}
	return Token{}, false
}
