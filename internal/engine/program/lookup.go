package program

import "slices"

// A lookup finds numbers by name. It is a table of at least twice as many places as names, a power of two, in which a name stands at the place of
// its hash or next behind it. What is looked up are short words of command lines, of which two thirds are not there.
type lookup struct {
	places []entry
	shift  uint8 // what is left of a hash is a place
	n      int
}

type entry struct {
	name   string
	number uint32 // and one more; 0 = the place is free
}

// hash takes the length of a name, its first eight bytes and its last eight.
func hash(s string) uint64 {
	var a, b uint64
	switch n := len(s); {
	case n >= 8:
		a, b = eight(s), eight(s[n-8:])
	case n >= 4:
		a, b = four(s), four(s[n-4:])
	case n > 0:
		a = uint64(s[0]) | uint64(s[n/2])<<8 | uint64(s[n-1])<<16
	}
	return (a ^ (b+uint64(len(s)))*0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd
}

func four(s string) uint64 {
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}

func eight(s string) uint64 {
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// get returns the number of a name.
func (t *lookup) get(name string) (number int, ok bool) {
	if t.n == 0 {
		return 0, false
	}
	for i := hash(name) >> (t.shift & 63); ; i++ {
		e := &t.places[i&uint64(len(t.places)-1)]
		if e.number == 0 {
			return 0, false
		}
		if e.name == name {
			return int(e.number - 1), true
		}
	}
}

// add enters a name, or gives it another number.
func (t *lookup) add(name string, number int) {
	if 2*(t.n+1) > len(t.places) {
		t.grow()
	}
	i := hash(name) >> (t.shift & 63)
	for t.places[i].number != 0 && t.places[i].name != name {
		i = (i + 1) & uint64(len(t.places)-1)
	}
	if t.places[i].number == 0 {
		t.n++
	}
	t.places[i] = entry{name, uint32(number) + 1}
}

// grow doubles the places.
func (t *lookup) grow() {
	old := t.places
	t.places, t.n = make([]entry, max(2*len(old), 4)), 0
	t.shift = 64
	for n := len(t.places); n > 1; n /= 2 {
		t.shift--
	}
	for _, e := range old {
		if e.number != 0 {
			t.add(e.name, int(e.number-1))
		}
	}
}

// clone returns a lookup to which more can be added.
func (t *lookup) clone() lookup {
	c := *t
	c.places = slices.Clone(t.places)
	return c
}
