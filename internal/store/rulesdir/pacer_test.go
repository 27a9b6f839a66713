package rulesdir

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// paced runs a pacer in a bubble and returns when it looked, counted from the
// start, until d has passed. feed pokes; look is called at each look.
func paced(t *testing.T, d time.Duration, look func(at time.Duration) (again time.Duration), feed func(poke func())) (looks []time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		pokes := make(chan struct{}, 1)
		p := &pacer{now: time.Now, look: func(bool) time.Duration {
			at := time.Since(start)
			looks = append(looks, at)
			return look(at)
		}}
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		if feed != nil {
			go feed(func() {
				select {
				case pokes <- struct{}{}:
				default:
				}
			})
		}
		p.run(ctx, pokes)
	})
	return looks
}

func ms(n ...int) []time.Duration {
	var ds []time.Duration
	for _, v := range n {
		ds = append(ds, time.Duration(v)*time.Millisecond)
	}
	return ds
}

func TestPacer(t *testing.T) {
	t.Parallel()
	still := func(time.Duration) time.Duration { return 0 }
	cases := []struct {
		name string
		run  time.Duration
		look func(at time.Duration) time.Duration
		feed func(poke func())
		want []time.Duration
	}{
		{"nothing happens", 29 * time.Second, still, nil, ms(0)},
		{"checksum poll", 61 * time.Second, still, nil, ms(0, 30000, 60000)},
		{"a poke: at once and after settling", 10 * time.Second, still, func(poke func()) {
			time.Sleep(time.Second)
			poke()
		}, ms(0, 1000, 1050)},
		{"a burst", 10 * time.Second, still, func(poke func()) {
			time.Sleep(time.Second)
			for range 5 {
				poke()
				time.Sleep(20 * time.Millisecond)
			}
		}, ms(0, 1000, 1050, 1100, 1150)},
		{"something moves", 10 * time.Second, func(at time.Duration) time.Duration {
			if at < 100*time.Millisecond {
				return settle
			}
			return 0
		}, nil, ms(0, 50, 100)},
		{"a file held back does not hurry, a poke does", 10 * time.Second, func(at time.Duration) time.Duration {
			if at < 2*time.Second {
				return 2*time.Second - at
			}
			return 0
		}, func(poke func()) {
			time.Sleep(time.Second)
			poke()
		}, ms(0, 1000, 1050, 2000)},
		{"slow looks make room", 490 * time.Millisecond, func(at time.Duration) time.Duration {
			time.Sleep(20 * time.Millisecond)
			return settle
		}, nil, ms(0, 100, 200, 300, 400)},
		{"slow looks take a save within 500 ms", 10 * time.Second, func(at time.Duration) time.Duration {
			time.Sleep(100 * time.Millisecond)
			return 0
		}, func(poke func()) {
			time.Sleep(time.Second)
			poke()
		}, ms(0, 1000, 1350)},
		{"never a longer pause under a storm", 4 * time.Second, func(at time.Duration) time.Duration {
			time.Sleep(time.Second)
			return settle
		}, func(poke func()) {
			for range 400 {
				poke()
				time.Sleep(10 * time.Millisecond)
			}
		}, ms(0, 1250, 2500, 3750)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := paced(t, c.run, c.look, c.feed)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("looks at (-want +got):\n%s", diff)
			}
		})
	}
}

// A poke that arrives while a look is under way leads to another look.
func TestPacerPokeDuringLook(t *testing.T) {
	t.Parallel()
	pokers := make(chan func(), 1)
	looks := paced(t, time.Second, func(at time.Duration) time.Duration {
		if at == 0 {
			time.Sleep(time.Millisecond)
			(<-pokers)()
		}
		return 0
	}, func(poke func()) { pokers <- poke })
	if diff := cmp.Diff(ms(0, 51, 101), looks); diff != "" {
		t.Errorf("looks at (-want +got):\n%s", diff)
	}
}
