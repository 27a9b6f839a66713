package aggregate

import (
	"slices"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/state"
)

// sprayGap is how long an attacker is silent before a finding about it.
const sprayGap = 24 * time.Hour

// minSprayed is the least number of accounts that one password is sprayed on.
const minSprayed = 3

// maxPairs is how many pairs of account and password are told apart per
// attacker; further ones are not counted.
const maxPairs = 8 << 10

// A spraying is which passwords one attacker tried on which accounts.
type spraying struct {
	alarm           *Alarm
	ip, sensor      string // sensor of the last attempt, by whose time it goes
	first, last     instant
	firstTS, lastTS string
	accounts        names
	passwords       []hash       // in order of first appearance
	index           map[hash]int // nil while there are few
	pairs           []pair       // distinct, sorted
}

// A pair is number of account << 32 | number of password << 1 | whether the
// password cannot be one that is sprayed: it is empty, or the user name.
type pair uint64

func (p pair) account() int  { return int(p >> 32) }
func (p pair) password() int { return int(p&(1<<32-1)) >> 1 }
func (p pair) idle() bool    { return p&1 == 1 }

func sprayKey(attacker string) dueKey { return dueKey{rank: rankSpraying, attacker: attacker} }

func (s *Set) spray(a *attempt, emit Emit) {
	e := s.sprayings.Find(a.Attacker)
	if e != nil && !e.Value.admits(a.at) {
		s.emitSpraying(e.Key, &e.Value, emit)
		s.sprayings.Remove(e)
		e.Value.alarm.gone()
		e = nil
	}
	if e == nil {
		attacker := s.Keep(a.Attacker)
		alarm := &Alarm{key: sprayKey(attacker)}
		s.begins(&alarm.key, func(sp span) bool { return sp.within(a.at, sprayGap) })
		e = s.sprayings.Add(attacker, spraying{alarm: alarm, ip: s.Keep(a.IP)}, 0)
		alarm.of = openSpraying{e}
	}
	e.Value.add(a)
	s.sprayings.Weigh(e, e.Value.weight())
	s.touch(e.Value.alarm, a.at, emit)
	for e := s.sprayings.Overflow(); e != nil; e = s.sprayings.Overflow() {
		s.evicted++
		e.Value.alarm.gone()
		s.emitSpraying(e.Key, &e.Value, emit)
	}
}

func (sp *spraying) admits(at instant) bool {
	return span{sp.first, sp.last}.within(at, sprayGap)
}

func (sp *spraying) add(a *attempt) {
	if sp.firstTS == "" || a.at < sp.first {
		sp.first, sp.firstTS = a.at, a.ts
	}
	if sp.lastTS == "" || a.at >= sp.last {
		sp.last, sp.lastTS = a.at, a.ts
		if sp.sensor != a.Sensor {
			sp.sensor = strings.Clone(a.Sensor)
		}
	}
	if len(sp.pairs) == maxPairs {
		return
	}
	p := pair(sp.accounts.id(a.account))<<32 | pair(sp.password(a.password))<<1
	if a.Password.Value == "" || a.account == a.Password.Value {
		p |= 1
	}
	if i, known := slices.BinarySearch(sp.pairs, p); !known {
		sp.pairs = slices.Insert(sp.pairs, i, p)
	}
}

// password returns the number of h, which is new if need be.
func (sp *spraying) password(h hash) int {
	if sp.index == nil {
		if i := slices.Index(sp.passwords, h); i >= 0 {
			return i
		}
	} else if i, ok := sp.index[h]; ok {
		return i
	}
	sp.passwords = append(sp.passwords, h)
	if sp.index != nil {
		sp.index[h] = len(sp.passwords) - 1
	} else {
		sp.build()
	}
	return len(sp.passwords) - 1
}

// build makes the index once there are more than a few passwords.
func (sp *spraying) build() {
	if len(sp.passwords) <= fewNames {
		return
	}
	sp.index = make(map[hash]int, 2*len(sp.passwords))
	for i, h := range sp.passwords {
		sp.index[h] = i
	}
}

func (sp *spraying) weight() int {
	return 400 + nameWeight*len(sp.accounts.list) + 100*len(sp.passwords) + 8*len(sp.pairs)
}

// widest returns the password tried on most accounts, on how many, and the
// most passwords that were tried on any one account.
func (sp *spraying) widest() (password, breadth, depth int) {
	accounts, passwords := make([]int, len(sp.passwords)), make([]int, len(sp.accounts.list))
	for _, p := range sp.pairs {
		if passwords[p.account()]++; !p.idle() {
			accounts[p.password()]++
		}
	}
	breadth, depth = slices.Max(accounts), slices.Max(passwords)
	return slices.Index(accounts, breadth), breadth, depth
}

func (sp *spraying) id(attacker string) string { return "identity:" + attacker + "@" + sp.firstTS }

func (s *Set) emitSpraying(attacker string, sp *spraying, emit Emit) {
	password, breadth, depth := sp.widest()
	if breadth < minSprayed || breadth < depth || 2*breadth < len(sp.pairs) {
		return
	}
	o := &origin{event.KindIdentity, "", attacker, sp.ip, sp.last, sp.lastTS}
	ev := o.event(emit, sp.id(attacker))
	ev.IdentityUUID = event.IdentityUUID(attacker).String()
	ev.Set(s.fields.sharedHash, event.StringValue(sp.passwords[password].text()))
	ev.Set(s.fields.accounts, event.NumberValue(float64(breadth)))
}

// An openSpraying is the thing that a spraying is.
type openSpraying struct {
	*state.Entry[string, spraying]
}

func (e openSpraying) sensor() string { return e.Value.sensor }

func (e openSpraying) deadline() instant { return e.Value.last.plus(sprayGap) }

func (e openSpraying) close(s *Set, _ instant, emit Emit) {
	s.cutOff(&e.Value.alarm.key, e.Value.first, e.Value.last)
	s.sprayings.Remove(e.Entry)
	e.Value.alarm.gone()
	s.emitSpraying(e.Key, &e.Value, emit)
}

func (sp *spraying) code(c *state.Codec) {
	CodeAlarm(c, &sp.alarm)
	c.Text(&sp.ip)
	c.Text(&sp.sensor)
	codeInstant(c, &sp.first)
	codeInstant(c, &sp.last)
	c.Text(&sp.firstTS)
	c.Text(&sp.lastTS)
	sp.accounts.code(c)
	state.Slice(c, &sp.passwords, func(c *state.Codec, h *hash) { c.Fixed(h[:]) })
	state.Slice(c, &sp.pairs, func(c *state.Codec, p *pair) { c.Uint((*uint64)(p)) })
	if !c.Reading() {
		return
	}
	sp.build()
	for _, p := range sp.pairs {
		if p.account() >= len(sp.accounts.list) || p.password() >= len(sp.passwords) {
			c.Fail()
			break
		}
	}
	if len(sp.pairs) == 0 {
		c.Fail()
	}
}
