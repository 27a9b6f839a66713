package aggregate

import (
	"slices"
	"strings"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest/state"
)

// dictionarySize is how many attackers may know a pair that is not in a
// dictionary.
const dictionarySize = 5

// How many of its users and their places a pair remembers. Few know a pair
// that counts; many may use a honeytoken.
const (
	maxPlaces     = 64
	maxTokenUsers = 4096
)

// A credential is who has used a pair of user name and password.
type credential struct {
	worked    bool // a login with it has succeeded,
	workedAt  uint64
	elsewhere bool     // and at another place too
	places    []uint64 // of attackers at sensors, in order of appearance
	users     []user
}

// A user is an attacker who has tried the pair.
type user struct {
	attacker uint64
	told     bool // it has had its event
}

// reuse takes in an attempt with account and password.
func (s *Set) reuse(a *attempt, emit Emit) {
	planted := s.honeytokens[[2]string{a.account, a.Password.Value}]
	if !planted && isWeak(a.account, a.Password.Value) {
		return
	}
	h := s.hash.credential(a.account, a.Password.Value)
	key := digest(h[:len(digest{})])
	e := s.credentials.Find(key)
	if e == nil {
		e = s.credentials.Add(key, credential{}, 0)
	}
	c, place := &e.Value, s.hash.place(a.Attacker, a.Sensor)
	again := c.worked && (c.elsewhere || c.workedAt != place)
	c.visit(place, a.Success)
	who := c.user(s.hash.place(a.Attacker, ""), planted)
	s.credentials.Weigh(e, c.weight())
	s.credentials.Overflow()
	if who == nil || who.told || !planted && (!again || len(c.users) > dictionarySize) {
		return
	}
	who.told = true
	reuses := len(c.places) - 1
	if planted {
		reuses++
	}
	o := &origin{event.KindCredential, strings.Clone(a.Sensor), strings.Clone(a.Attacker), strings.Clone(a.IP), a.at, a.ts}
	ev := o.event(emit, "cred:"+a.Session+"@"+a.TS)
	ev.SessionID = event.Some(strings.Clone(a.Session))
	ev.Set(s.fields.credentialHash, event.StringValue(h.text()))
	ev.Set(s.fields.reuses, event.NumberValue(float64(reuses)))
}

// visit notes a place where the pair was used.
func (c *credential) visit(place uint64, success bool) {
	if len(c.places) < maxPlaces && !slices.Contains(c.places, place) {
		c.places = append(c.places, place)
	}
	switch {
	case !success:
	case !c.worked:
		c.worked, c.workedAt = true, place
	case c.workedAt != place:
		c.elsewhere = true
	}
}

// user returns the user, which is new if need be, or nil when there are too
// many.
func (c *credential) user(attacker uint64, planted bool) *user {
	for i := range c.users {
		if c.users[i].attacker == attacker {
			return &c.users[i]
		}
	}
	most := dictionarySize + 1
	if planted {
		most = maxTokenUsers
	}
	if len(c.users) == most {
		return nil
	}
	c.users = append(c.users, user{attacker: attacker})
	return &c.users[len(c.users)-1]
}

func (c *credential) weight() int { return 160 + 8*len(c.places) + 16*len(c.users) }

func (c *credential) code(cd *state.Codec) {
	cd.Flag(&c.worked)
	cd.Uint(&c.workedAt)
	cd.Flag(&c.elsewhere)
	state.Slice(cd, &c.places, (*state.Codec).Uint)
	state.Slice(cd, &c.users, func(cd *state.Codec, u *user) {
		cd.Uint(&u.attacker)
		cd.Flag(&u.told)
	})
}
