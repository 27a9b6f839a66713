package fleet

import (
	"slices"
	"strings"
	"time"

	"ttpctl/internal/store"
)

// A watch remembers since when counters stand still, by the observer's clock.
type watch struct {
	dead   time.Duration
	seen   map[string]sighting
	last   time.Time // of the last look
	leases []store.Lease
	claims []store.Claim
	// gone are the leases of those whose claims counted as dead, which shows sooner, and
	// their beats at that time: until they move.
	gone map[string]int64
}

// A sighting is what a counter was, and since when.
type sighting struct {
	epoch, counter int64
	since          time.Time
	moved          bool // by the holder that it has, while it was looked at
}

// look takes in what was read at now, which has a monotonic reading. Who did not
// look for a while cannot say that nothing moved since.
func (w *watch) look(now time.Time, claims []store.Claim, leases []store.Lease) {
	blind := now.Sub(w.last) > w.dead/2
	seen := make(map[string]sighting, len(claims)+len(leases))
	note := func(key string, epoch, counter int64) {
		s, ok := w.seen[key]
		if !ok || blind || s.epoch != epoch || s.counter != counter {
			s = sighting{epoch, counter, now, ok && s.epoch == epoch && s.counter != counter}
		}
		seen[key] = s
	}
	for _, c := range claims {
		note("claim "+c.Name, c.Epoch, c.Counter)
	}
	for _, l := range leases {
		note("lease "+l.ID, 0, l.Beats)
	}
	w.seen, w.last, w.claims, w.leases = seen, now, claims, leases
	w.bury()
}

// bury notes who is gone.
func (w *watch) bury() {
	dead := map[string]bool{}
	for _, c := range w.claims {
		if w.still("claim "+c.Name) >= w.dead {
			dead[c.Owner] = true
		}
	}
	gone := map[string]int64{}
	for _, l := range w.leases {
		if beats, ok := w.gone[l.ID]; dead[l.ID] || ok && beats == l.Beats {
			gone[l.ID] = l.Beats
		}
	}
	w.gone = gone
}

// claim returns the claim called name as it was seen, and whether its counter stands
// still for so long that its holder counts as dead.
func (w *watch) claim(name string) (c store.Claim, dead bool) {
	i, ok := slices.BinarySearchFunc(w.claims, name, func(c store.Claim, name string) int { return strings.Compare(c.Name, name) })
	if !ok {
		return store.Claim{Name: name}, false
	}
	return w.claims[i], w.still("claim "+name) >= w.dead
}

func (w *watch) still(key string) time.Duration { return w.last.Sub(w.seen[key].since) }

// living returns the leases whose holders live, in the order of their ids. A lease
// is renewed less often than a claim, so that it is given longer.
func (w *watch) living() (all []store.Lease) {
	for _, l := range w.leases {
		if _, gone := w.gone[l.ID]; !gone && w.still("lease "+l.ID) < max(w.dead, missed*l.Every) {
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(a, b store.Lease) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// missed is how many renewals of its lease a process misses before it counts as
// dead.
const missed = 3
