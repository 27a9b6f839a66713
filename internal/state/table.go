package state

import "iter"

// A Table is a map whose entries have weights. It knows which of them were
// active least recently, so that its owner can keep the sum of the weights
// below a bound. It belongs to one goroutine.
type Table[K comparable, V any] struct {
	max, weight int
	entries     map[K]*Entry[K, V]
	ring        Entry[K, V] // next is the most recently active entry, prev the least
}

// An Entry is a key of a Table with its value.
type Entry[K comparable, V any] struct {
	Key   K
	Value V

	weight     int
	prev, next *Entry[K, V]
}

// NewTable returns an empty Table that overflows beyond the weight most.
func NewTable[K comparable, V any](most int) *Table[K, V] {
	t := &Table[K, V]{max: most, entries: make(map[K]*Entry[K, V])}
	t.ring.prev, t.ring.next = &t.ring, &t.ring
	return t
}

// Len returns the number of entries.
func (t *Table[K, V]) Len() int { return len(t.entries) }

// Find returns the entry of key, or nil, and marks it active.
func (t *Table[K, V]) Find(key K) *Entry[K, V] {
	e := t.Peek(key)
	if e != nil && t.ring.next != e {
		e.unlink()
		t.link(e)
	}
	return e
}

// Peek returns the entry of key, or nil, and leaves it where it was in the
// order of activity. The entry that was active last is had without a look into
// the map: lines come in bursts.
func (t *Table[K, V]) Peek(key K) *Entry[K, V] {
	if e := t.ring.next; e != &t.ring && e.Key == key {
		return e
	}
	return t.entries[key]
}

// Add adds a key that is not in t, as the most recently active.
func (t *Table[K, V]) Add(key K, v V, weight int) *Entry[K, V] {
	e := &Entry[K, V]{Key: key, Value: v, weight: weight}
	t.entries[key] = e
	t.weight += weight
	t.link(e)
	return e
}

// Weigh gives e, which is in t, another weight.
func (t *Table[K, V]) Weigh(e *Entry[K, V], weight int) {
	t.weight += weight - e.weight
	e.weight = weight
}

// Remove takes e, which is in t, out of it.
func (t *Table[K, V]) Remove(e *Entry[K, V]) {
	delete(t.entries, e.Key)
	t.weight -= e.weight
	e.unlink()
}

// Overflow removes and returns the entry that was active least recently when
// t weighs too much, else nil. The last entry stays whatever it weighs.
func (t *Table[K, V]) Overflow() *Entry[K, V] {
	if t.weight <= t.max || len(t.entries) <= 1 {
		return nil
	}
	e := t.ring.prev
	t.Remove(e)
	return e
}

// All yields the entries, the least recently active first. The one that was
// yielded last may be removed meanwhile.
func (t *Table[K, V]) All() iter.Seq[*Entry[K, V]] {
	return func(yield func(*Entry[K, V]) bool) {
		for e := t.ring.prev; e != &t.ring; {
			prev := e.prev
			if !yield(e) {
				return
			}
			e = prev
		}
	}
}

// Code codes all entries in the order of their activity. weigh returns the
// weight of a value that was read.
func (t *Table[K, V]) Code(c *Codec, key func(*Codec, *K), value func(*Codec, *V), weigh func(*V) int) {
	n := c.length(len(t.entries))
	if !c.reading {
		for e := range t.All() {
			key(c, &e.Key)
			value(c, &e.Value)
		}
		return
	}
	for range n {
		var k K
		var v V
		key(c, &k)
		value(c, &v)
		if c.err == nil && t.entries[k] != nil {
			c.Fail()
		}
		if c.err != nil {
			return
		}
		t.Add(k, v, weigh(&v))
	}
}

func (t *Table[K, V]) link(e *Entry[K, V]) {
	e.prev, e.next = &t.ring, t.ring.next
	e.prev.next, e.next.prev = e, e
}

func (e *Entry[K, V]) unlink() {
	e.prev.next, e.next.prev = e.next, e.prev
}
