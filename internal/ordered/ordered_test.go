package ordered

import (
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

type number struct {
	Token
	n, square int
}

// Things that take longer than those behind them keep their places, in a second
// pool too, and no worker is done before its thing is.
func TestOrder(t *testing.T) { synctest.Test(t, testOrder) }

func testOrder(t *testing.T) {
	const things, workers = 2000, 4
	first, second := New[*number](workers), New[*number](workers)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer first.Close()
		for i := range things {
			first.Put(&number{Token: NewToken(), n: i})
		}
	})
	for range workers {
		wg.Go(func() {
			first.Work(func(x *number) {
				time.Sleep(rand.N(time.Millisecond))
				x.square = x.n * x.n
			})
		})
		wg.Go(func() { second.Work(func(x *number) { x.square -= x.n }) })
	}
	wg.Go(func() {
		defer second.Close()
		for x := range first.Queue() {
			<-x.Done()
			second.Put(x)
		}
	})
	next := 0
	for x := range second.Queue() {
		<-x.Done()
		if x.n != next || x.square != x.n*x.n-x.n {
			t.Fatalf("thing %d is %d with %d, want %d", next, x.n, x.square, next*next-next)
		}
		next++
	}
	if wg.Wait(); next != things {
		t.Errorf("%d things came out, want %d", next, things)
	}
}

// A pool that nobody takes from holds no more than fits in it.
func TestBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const workers = 3
		p := New[*number](workers)
		put := 0
		go func() {
			defer p.Close()
			for range 100 {
				p.Put(&number{Token: NewToken()})
				put++
			}
		}()
		go p.Work(func(*number) {})
		synctest.Wait()
		if put != 2*workers {
			t.Errorf("%d things were put before any was taken, want %d", put, 2*workers)
		}
		for x := range p.Queue() {
			<-x.Done()
		}
		if put != 100 {
			t.Errorf("%d things were put, want 100", put)
		}
	})
}
