package aggregate

import (
	"slices"
	"strings"

	"ttpctl/internal/event"
	"ttpctl/internal/state"
)

// How many of its users and their places a credential remembers.
const (
	maxPlaces = 64
	maxUsers  = 4096
)

// A credential is a pair of user name and password that only its owner could
// know, a honeytoken or one that an attacker set on a decoy, and who used it.
type credential struct {
	owner  uint64 // the attacker who set it, 0 = nobody
	places []uint64
	told   []uint64 // attackers that have had their event
}

// PasswordSet takes in that an attacker set a password on the decoy. One that
// others come to by themselves is passed over.
func (s *Set) PasswordSet(p *NewPassword) {
	if len(p.Username) > maxAccount {
		return
	}
	f := s.pairs.of(p.Username, p.Password)
	if f.isWeak {
		return
	}
	key := digest(f.credential[:len(digest{})])
	e := s.credentials.Find(key)
	if e == nil {
		e = s.credentials.Add(key, credential{}, 0)
	}
	if e.Value.owner == 0 {
		e.Value.owner = s.hash.place(p.Attacker, "")
	}
	s.credentials.Weigh(e, e.Value.weight())
	s.credentials.Overflow()
}

// reuse takes in an attempt with account and password, and emits an event for
// each attacker's first with a credential that is not its own.
func (s *Set) reuse(a *attempt, emit Emit) {
	key := digest(a.credential[:len(digest{})])
	e := s.credentials.Find(key)
	if e == nil {
		if !a.isBait {
			return
		}
		e = s.credentials.Add(key, credential{}, 0)
	}
	c, who := &e.Value, s.hash.place(a.Attacker, "")
	if who == c.owner {
		return
	}
	first := c.use(who, s.hash.place(a.Attacker, a.Sensor))
	s.credentials.Weigh(e, c.weight())
	s.credentials.Overflow()
	if !first {
		return
	}
	o := &origin{event.KindCredential, strings.Clone(a.Sensor), strings.Clone(a.Attacker), strings.Clone(a.IP), a.at, a.ts}
	ev := o.event(emit, "cred:"+a.Session+"@"+a.TS)
	ev.SessionID = event.Some(strings.Clone(a.Session))
	ev.Set(s.fields.credentialHash, event.StringValue(a.credential.text()))
	ev.Set(s.fields.reuses, event.NumberValue(float64(len(c.places))))
}

// use notes who uses c and where, and reports whether that is new of who.
func (c *credential) use(who, place uint64) (first bool) {
	if len(c.places) < maxPlaces && !slices.Contains(c.places, place) {
		c.places = append(c.places, place)
	}
	if len(c.told) == maxUsers || slices.Contains(c.told, who) {
		return false
	}
	c.told = append(c.told, who)
	return true
}

func (c *credential) weight() int { return 160 + 8*len(c.places) + 8*len(c.told) }

func (c *credential) code(cd *state.Codec) {
	cd.Uint(&c.owner)
	state.Slice(cd, &c.places, (*state.Codec).Uint)
	state.Slice(cd, &c.told, (*state.Codec).Uint)
}
