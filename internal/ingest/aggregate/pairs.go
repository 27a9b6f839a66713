package aggregate

import (
	"hash/maphash"

	"ttpctl/internal/defaults"
)

// Pairs tells of pairs of user name and password what all Sets of one Config
// want to know of them. Attackers try the same ones everywhere, so it remembers
// those of late; what it remembers is in memory alone. It belongs to one
// goroutine.
type Pairs struct {
	hash        *hasher
	honeytokens map[[2]string]bool
	defaults    map[[2]string]bool
	seed        maphash.Seed
	recent      []pairFacts // each where the hashes of its pair say
}

// Bounds of the pairs that are remembered: their number, and the text of each,
// in bytes.
const (
	recentPairs = 4096
	maxPairText = 256
)

// pairFacts are what there is to know of a pair.
type pairFacts struct {
	text                                 []byte // user name and password
	user                                 int    // length of the user name
	known                                bool
	isForeign, isDefault, isWeak, isBait bool
	hasPassword                          bool // password is set
	password, credential                 hash
}

// NewPairs returns a Pairs that remembers none yet.
func NewPairs(cfg Config) *Pairs {
	if cfg.HashKey == nil {
		cfg.HashKey = []byte(DefaultHashKey)
	}
	p := &Pairs{hash: newHasher(cfg.HashKey), honeytokens: make(map[[2]string]bool), defaults: defaults.Pairs(), seed: maphash.MakeSeed()}
	for _, pair := range cfg.Honeytokens {
		p.honeytokens[pair] = true
	}
	return p
}

// of returns the facts of a pair, which are good until the next call.
func (p *Pairs) of(username, password string) *pairFacts {
	if len(username)+len(password) > maxPairText {
		f := &pairFacts{}
		p.find(f, username, password)
		return f
	}
	if p.recent == nil {
		p.recent = make([]pairFacts, recentPairs)
	}
	f := &p.recent[(3*maphash.String(p.seed, username)+maphash.String(p.seed, password))%recentPairs]
	if !f.known || !f.is(username, password) {
		*f = pairFacts{text: append(append(f.text[:0], username...), password...), user: len(username), known: true}
		p.find(f, username, password)
	}
	return f
}

// is reports whether f are the facts of a pair.
func (f *pairFacts) is(username, password string) bool {
	return f.user == len(username) && string(f.text[:f.user]) == username && string(f.text[f.user:]) == password
}

// find finds out all but the hash of the password, which only logins ask for.
func (p *Pairs) find(f *pairFacts, username, password string) {
	pair := [2]string{username, password}
	f.isForeign = isForeign(username) || isForeign(password)
	f.isDefault, f.isBait = p.defaults[pair], p.honeytokens[pair]
	f.isWeak = f.isDefault || isWeak(username, password)
	f.credential = p.hash.credential(username, password)
}

// hashPassword sets the hash of the password of a pair.
func (p *Pairs) hashPassword(f *pairFacts, password string) {
	if !f.hasPassword {
		f.password, f.hasPassword = p.hash.password(password), true
	}
}
