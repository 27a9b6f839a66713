package store

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// A mailbox holds no more than the rules that its owner knows or that exist,
// however many come and go before it is emptied.
func TestMailboxBounded(t *testing.T) {
	var h hub[int]
	sub, err := h.subscribe([]string{"known"})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	for i := range 1000 {
		h.publish(fmt.Sprint(i), i, false)
		h.publish(fmt.Sprint(i), i, true)
		h.publish("known", i, i%2 == 0)
	}
	if len(sub.queue) != 1 || len(sub.letters) != 1 {
		t.Fatalf("the box holds %d letters, %d in its queue, want that of the known rule", len(sub.letters), len(sub.queue))
	}
	if got := next(t, sub); got != 999 {
		t.Errorf("Next() = %d, want 999", got)
	}
	// Told of a rule, its owner is told of the rule's end too.
	h.publish("new", 1, false)
	next(t, sub)
	h.publish("new", 2, true)
	if got := next(t, sub); got != 2 {
		t.Errorf("Next() = %d, want the removal", got)
	}
	h.publish("new", 3, true)
	wantQuiet(t, sub, time.Millisecond)
}

// What was published before a store closed can still be taken, and what is
// left in a closed subscription cannot.
func TestMailboxClose(t *testing.T) {
	var h hub[int]
	one, err := h.subscribe(nil)
	must(t, err)
	other, err := h.subscribe(nil)
	must(t, err)
	h.publish("a", 1, false)
	other.Close()
	h.close()
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
		var h hub[int]
		sub, err := h.subscribe(nil)
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
		h.close()
		synctest.Wait()
	})
}
