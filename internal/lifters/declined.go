package lifters

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// Bounds of what is remembered for one rule: less than a megabyte.
const (
	declinedSets    = 1 << 9
	declinedWays    = 4
	maxDeclinedText = 512 // bytes
)

// declined are texts that a dear test turned down, so that it is not asked again:
// every request of a client has the same User-Agent, and pages that link have the
// same address. A text is the whole key, and the test depends on nothing else. The
// first time only its hash is kept, for what a stranger makes up comes once.
//
// It is safe for concurrent use, and takes no lock.
type declined struct {
	seed maphash.Seed
	sets [declinedSets]struct {
		seen [declinedWays]atomic.Uint64
		text [declinedWays]atomic.Pointer[string]
		next atomic.Uint32 // the way that goes next
	}
}

func newDeclined() *declined { return &declined{seed: maphash.MakeSeed()} }

// or reports what test says of text, which it is not asked when it said no before.
func (d *declined) or(text string, test func(text string) bool) bool {
	if len(text) > maxDeclinedText {
		return test(text)
	}
	hash := maphash.String(d.seed, text)
	set, way := &d.sets[hash%declinedSets], -1
	for i := range set.seen {
		if set.seen[i].Load() == hash {
			way = i
		}
	}
	if way >= 0 {
		if known := set.text[way].Load(); known != nil && *known == text {
			return false
		}
	}
	if test(text) {
		return true
	}
	if way < 0 {
		set.seen[set.next.Add(1)%declinedWays].Store(hash)
	} else {
		own := strings.Clone(text)
		set.text[way].Store(&own)
	}
	return false
}
