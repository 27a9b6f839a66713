package engine

import (
	"math"

	"ttpctl/internal/state"
)

// nearPlaces is how many places the keys of parties are hashed to, a power of two:
// four times the parties that there is room for.
const nearPlaces = 1 << 16

// parties are the sessions, or the attackers, of which something is remembered. Of
// most events there is none, which a count of the keys that share a place nearly
// always says: it stays in the cache of the processor, while the table does not, nor
// the key, which another goroutine has made. That one works out the place.
type parties struct {
	*state.Table[partyKey, *party]
	near [nearPlaces]uint8 // at its highest value it stands still
}

func newParties() *parties {
	return &parties{Table: state.NewTable[partyKey, *party](maxPartyBytes)}
}

// findAt is [state.Table.Find] of a key whose place is known: a key that is not here
// is nearly always not even read.
func (t *parties) findAt(place uint16, key partyKey) *state.Entry[partyKey, *party] {
	if t.near[place] == 0 {
		return nil
	}
	return t.Find(key)
}

// Add is [state.Table.Add].
func (t *parties) Add(key partyKey, p *party, weight int) {
	t.Table.Add(key, p, weight)
	t.count(key)
}

// Overflow is [state.Table.Overflow].
func (t *parties) Overflow() *state.Entry[partyKey, *party] {
	e := t.Table.Overflow()
	if e != nil {
		if n := &t.near[e.Key.place()]; *n < math.MaxUint8 {
			*n--
		}
	}
	return e
}

func (t *parties) count(key partyKey) {
	if n := &t.near[key.place()]; *n < math.MaxUint8 {
		*n++
	}
}

func (t *parties) code(c *state.Codec) {
	t.Code(c, codePartyKey, codeParty, func(p **party) int { return (*p).weight() })
	if !c.Reading() {
		return
	}
	for e := range t.All() {
		t.count(e.Key)
	}
}

// place returns where the key is counted. Whoever picks names that share a place
// makes us look into the table, no more.
func (k partyKey) place() uint16 {
	const mix = 0x9e3779b97f4a7c15
	h := uint64(len(k.name))<<8 | uint64(len(k.decky))
	h = (h ^ ends(k.name)) * mix
	h = (h>>29 ^ h ^ ends(k.decky)) * mix
	return uint16(h >> 48)
}

// ends returns bytes of both ends of a name, which nearly always tell it from
// others.
func ends(s string) uint64 {
	if n := len(s); n >= 8 {
		return (uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56) +
			(uint64(s[n-8])|uint64(s[n-7])<<8|uint64(s[n-6])<<16|uint64(s[n-5])<<24|
				uint64(s[n-4])<<32|uint64(s[n-3])<<40|uint64(s[n-2])<<48|uint64(s[n-1])<<56)*3
	}
	var h uint64
	for i := range len(s) {
		h = h<<8 | uint64(s[i])
	}
	return h
}
