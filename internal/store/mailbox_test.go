package store

import (
	"fmt"
	"testing"
	"testing/synctest"
)

// A mailbox holds no more than the rules that its owner knows or that exist,
// however many come and go before it is emptied.
func TestMailboxBounded(t *testing.T) {
	t.Parallel()
	var h Hub[int]
	sub, err := h.Subscribe([]string{"known"})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	for i := range 1000 {
		h.Publish(fmt.Sprint(i), i, false)
		h.Publish(fmt.Sprint(i), i, true)
		h.Publish("known", i, i%2 == 0)
	}
	if len(sub.queue) != 1 || len(sub.letters) != 1 {
		t.Fatalf("the box holds %d letters, %d in its queue, want that of the known rule", len(sub.letters), len(sub.queue))
	}
	if got := next(t, sub); got != 999 {
		t.Errorf("Next() = %d, want 999", got)
	}
	// Told of a rule, its owner is told of the rule's end too.
	h.Publish("new", 1, false)
	next(t, sub)
	h.Publish("new", 2, true)
	if got := next(t, sub); got != 2 {
		t.Errorf("Next() = %d, want the removal", got)
	}
	h.Publish("new", 3, true)
	if c, ok, err := sub.take(); ok || err != nil {
		t.Errorf("take() = %v, %v, want nothing", c, err)
	}
}

// What was published before a store closed can still be taken, and what is
// left in a closed subscription cannot.
func TestMailboxClose(t *testing.T) {
	t.Parallel()
	var h Hub[int]
	one, err := h.Subscribe(nil)
	must(t, err)
	other, err := h.Subscribe(nil)
	must(t, err)
	h.Publish("a", 1, false)
	other.Close()
	h.Close()
	if got := next(t, one); got != 1 {
		t.Errorf("Next() after the store closed = %d, want 1", got)
	}
	for name, sub := range map[string]*Subscription[int]{"of a closed store": one, "closed": other} {
		if got, err := sub.Next(t.Context()); err != ErrClosed {
			t.Errorf("Next() of a subscription %s = %d, %v, want %v", name, got, err, ErrClosed)
		}
	}
}

// No publisher waits, and no Next sleeps through a change.
func TestMailboxManyReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h Hub[int]
		sub, err := h.Subscribe(nil)
		must(t, err)
		const n = 100
		got := make(chan int, n)
		for range n { // one change each: whoever takes one wakes the next
			go func() {
				if c, err := sub.Next(t.Context()); err == nil {
					got <- c
				}
			}()
		}
		synctest.Wait()
		sub.mu.Lock() // all at once: one token for all of them
		for i := range n {
			sub.queue = append(sub.queue, fmt.Sprint(i))
			sub.letters[fmt.Sprint(i)] = letter[int]{change: i}
		}
		sub.signalLocked()
		sub.mu.Unlock()
		synctest.Wait()
		if len(got) != n {
			t.Errorf("%d changes were taken, want %d", len(got), n)
		}
		h.Close()
		synctest.Wait()
	})
}

// next takes what waits in sub.
func next[C any](t *testing.T, sub *Subscription[C]) C {
	t.Helper()
	c, err := sub.Next(t.Context())
	if err != nil {
		t.Fatalf("Next() error = %v, want a change", err)
	}
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
