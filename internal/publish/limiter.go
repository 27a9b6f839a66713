package publish

import (
	"context"
	"encoding/json"
	"maps"
	"sync"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

// trackedKeys bounds the rules and attackers that a Limiter counts in a minute.
// What comes after them in that minute is published.
const trackedKeys = 100_000

// A Limiter makes the messages of commits: of each rule and attacker at most a
// number of tags a minute, by the clock, and for the first tag beyond it, one
// that says so. The others are stored and counted, and not published. It is safe
// for concurrent use.
type Limiter struct {
	limit   int // 0 = none
	now     func() time.Time
	tracked int // trackedKeys
	bury    bool

	mu         sync.Mutex
	minute     time.Time
	seen       map[limitKey]int // tags in minute
	suppressed map[string]int64 // by rule, since the start
}

// A limitKey is a rule and an attacker, or without one an identity.
type limitKey struct{ rule, attacker, identity string }

func keyOf(t *event.Tag) limitKey {
	if t.AttackerUUID != "" {
		return limitKey{rule: t.RuleID, attacker: t.AttackerUUID}
	}
	return limitKey{rule: t.RuleID, identity: t.IdentityUUID}
}

// NewLimiter returns a Limiter of limit tags, 0 = of any number.
func NewLimiter(limit int, now func() time.Time) *Limiter {
	return &Limiter{limit: limit, now: now, tracked: trackedKeys, seen: map[limitKey]int{}, suppressed: map[string]int64{}}
}

// Bury has commits published what they set aside, too.
func (l *Limiter) Bury() { l.bury = true }

// Commit commits c to ledger, with its tags published as far as l allows: it
// sets c.Publish, unless that is set. A commit that fails counts for nothing, and may be tried
// again.
func (l *Limiter) Commit(ctx context.Context, ledger store.Ledger, c *store.Commit) (fresh []int, err error) {
	if c.Publish != nil {
		return ledger.Commit(ctx, c)
	}
	r := &ration{limiter: l}
	c.Publish = func(fresh []int) []store.Message {
		r.giveBack()
		ms := r.choose(c.Tags, fresh)
		if l.bury {
			ms = append(ms, burials(c.Dead)...)
		}
		return ms
	}
	defer func() { c.Publish = nil }() // who tries again gets another
	fresh, err = ledger.Commit(ctx, c)
	if err != nil {
		r.giveBack()
	}
	return fresh, err
}

// Ledger returns ledger with commits that publish as far as l allows.
func (l *Limiter) Ledger(ledger store.Ledger) store.Ledger { return &limitedLedger{ledger, l} }

type limitedLedger struct {
	store.Ledger
	limiter *Limiter
}

func (l *limitedLedger) Commit(ctx context.Context, c *store.Commit) ([]int, error) {
	return l.limiter.Commit(ctx, l.Ledger, c)
}

// Suppressed returns how many tags of each rule were stored and not published.
func (l *Limiter) Suppressed() map[string]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.suppressed)
}

// A ration is what one commit took of a Limiter.
type ration struct {
	limiter    *Limiter
	minute     time.Time
	seen       map[limitKey]int
	suppressed map[string]int64
}

// giveBack undoes what an attempt at the commit took.
func (r *ration) giveBack() {
	l := r.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.minute.Equal(r.minute) {
		for key, n := range r.seen {
			if l.seen[key] -= n; l.seen[key] <= 0 {
				delete(l.seen, key)
			}
		}
	}
	for rule, n := range r.suppressed {
		l.suppressed[rule] -= n
	}
	r.seen, r.suppressed = nil, nil
}

// choose returns the messages of the tags with the indexes fresh.
func (r *ration) choose(tags []event.Tag, fresh []int) []store.Message {
	l := r.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn()
	r.minute, r.seen, r.suppressed = l.minute, map[limitKey]int{}, map[string]int64{}
	ms := make([]store.Message, 0, len(fresh))
	var bodies []byte
	for _, i := range fresh {
		switch r.count(&tags[i]) {
		case published:
			from := len(bodies)
			bodies = tags[i].AppendJSON(bodies)
			ms = append(ms, store.Message{Topic: store.Tagged, Body: bodies[from:len(bodies):len(bodies)]})
		case firstBeyond:
			ms = append(ms, l.suppression(keyOf(&tags[i])))
		}
	}
	return ms
}

// turn begins another minute when the clock shows one.
func (l *Limiter) turn() {
	if minute := l.now().UTC().Truncate(time.Minute); !minute.Equal(l.minute) {
		l.minute = minute
		clear(l.seen)
	}
}

// What becomes of a tag.
const (
	published = iota
	firstBeyond
	beyond
)

// count counts a tag and returns what becomes of it.
func (r *ration) count(t *event.Tag) int {
	l := r.limiter
	if l.limit <= 0 {
		return published
	}
	key := keyOf(t)
	n, tracked := l.seen[key]
	if !tracked && len(l.seen) >= l.tracked {
		return published
	}
	l.seen[key] = n + 1
	r.seen[key]++
	if n < l.limit {
		return published
	}
	l.suppressed[t.RuleID]++
	r.suppressed[t.RuleID]++
	if n == l.limit {
		return firstBeyond
	}
	return beyond
}

// suppression returns the message that says that more of key is not published.
func (l *Limiter) suppression(key limitKey) store.Message {
	// Texts, a number and a time always have a JSON form.
	body, _ := json.Marshal(store.Suppression{
		RuleID: key.rule, AttackerUUID: key.attacker, IdentityUUID: key.identity, Minute: l.minute, Limit: l.limit,
	})
	return store.Message{Topic: store.Suppressed, Body: body}
}
