package ingest

import "container/list"

// An lru is a map of at most size entries. Adding one more drops the entry
// that was not looked up for longest.
type lru[K comparable, V any] struct {
	size    int
	entries map[K]*list.Element // of lruEntry[K, V]
	order   *list.List          // most recently used first
	dropped int
}

type lruEntry[K comparable, V any] struct {
	key   K
	value V
}

func newLRU[K comparable, V any](size int) *lru[K, V] {
	return &lru[K, V]{size: size, entries: make(map[K]*list.Element), order: list.New()}
}

// get returns the value of key and marks it used.
func (l *lru[K, V]) get(key K) (v V, ok bool) {
	el, ok := l.entries[key]
	if !ok {
		return v, false
	}
	l.order.MoveToFront(el)
	return el.Value.(*lruEntry[K, V]).value, true
}

// add adds a key that is not in the map.
func (l *lru[K, V]) add(key K, v V) {
	l.entries[key] = l.order.PushFront(&lruEntry[K, V]{key, v})
	if l.order.Len() > l.size {
		oldest := l.order.Remove(l.order.Back()).(*lruEntry[K, V])
		delete(l.entries, oldest.key)
		l.dropped++
	}
}
