package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

// A limited is a limiter with its clock and a ledger to commit to.
type limited struct {
	*Limiter
	ledger *store.MemoryLedger
	now    time.Time
	epoch  int64
	passed int64
}

func newLimited(t *testing.T, limit int) *limited {
	t.Helper()
	l := &limited{ledger: newLedger(), now: time.Date(2026, 11, 30, 9, 0, 30, 0, time.UTC)}
	l.Limiter = NewLimiter(limit, func() time.Time { return l.now })
	p, err := l.ledger.Resume(t.Context(), "s", "test")
	if err == nil {
		l.epoch, err = p.Epoch, l.ledger.Outputs(t.Context(), "s", []string{"out"})
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// hits returns n tags of a rule on an attacker.
func hits(rule, attacker string, n int) []event.Tag {
	tags := make([]event.Tag, n)
	for i := range tags {
		tags[i] = event.Tag{RuleID: rule, AttackerUUID: attacker, Confidence: 0.9, Technique: "T1110", SourceID: fmt.Sprint(i), Evidence: []byte("{}")}
	}
	return tags
}

func (l *limited) commit(t *testing.T, ctx context.Context, tags ...[]event.Tag) error {
	t.Helper()
	c := &store.Commit{Source: "s", Epoch: l.epoch}
	for _, ts := range tags {
		c.Tags = append(c.Tags, ts...)
	}
	_, err := l.Commit(ctx, l.ledger, c)
	return err
}

// said returns what the outbox got since the last call: tags as rule and
// source_id, suppressions as their text.
func (l *limited) said(t *testing.T) (said []string) {
	t.Helper()
	ms, err := l.ledger.Next(t.Context(), "out", "s", l.passed, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range ms {
		l.passed = m.Seq
		if m.Topic == store.Suppressed {
			said = append(said, string(m.Body))
			continue
		}
		tag, err := parseTag(m.Body)
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, tag.RuleID+" "+tag.SourceID)
	}
	return said
}

func wantSaid(t *testing.T, l *limited, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, l.said(t)); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLimiter(t *testing.T) {
	l := newLimited(t, 2)
	ctx := t.Context()
	must(t, l.commit(t, ctx, hits("R1", "a", 1), hits("R2", "a", 1), hits("R1", "b", 1)))
	wantSaid(t, l, "R1 0", "R2 0", "R1 0")
	must(t, l.commit(t, ctx, hits("R1", "a", 4), hits("R1", "b", 1)))
	notice := `{"rule_id":"R1","attacker_uuid":"a","minute":"2026-11-30T09:00:00Z","limit":2}`
	wantSaid(t, l, "R1 0", notice, "R1 0")
	must(t, l.commit(t, ctx, hits("R1", "a", 3))) // it was said
	wantSaid(t, l)
	l.now = l.now.Add(30 * time.Second) // another minute
	must(t, l.commit(t, ctx, hits("R1", "a", 3)))
	wantSaid(t, l, "R1 0", "R1 1", `{"rule_id":"R1","attacker_uuid":"a","minute":"2026-11-30T09:01:00Z","limit":2}`)
	l.now = l.now.Add(-time.Hour) // a clock that is set back is another minute, too
	must(t, l.commit(t, ctx, hits("R1", "a", 1)))
	wantSaid(t, l, "R1 0")
	if diff := cmp.Diff(map[string]int64{"R1": 7}, l.Suppressed()); diff != "" {
		t.Errorf("Suppressed() (-want +got):\n%s", diff)
	}
}

// Without a limit everything is published; findings about identities are
// counted by identity.
func TestLimiterKeys(t *testing.T) {
	l := newLimited(t, 0)
	must(t, l.commit(t, t.Context(), hits("R1", "a", 50)))
	if got := len(l.said(t)); got != 50 {
		t.Errorf("%d messages without a limit, want 50", got)
	}
	l = newLimited(t, 1)
	tags := hits("R1", "", 3)
	for i := range tags {
		tags[i].IdentityUUID = fmt.Sprint("i", i%2)
	}
	must(t, l.commit(t, t.Context(), tags))
	wantSaid(t, l, "R1 0", "R1 1", `{"rule_id":"R1","identity_uuid":"i0","minute":"2026-11-30T09:00:00Z","limit":1}`)
}

// A commit that fails counts for nothing, and says the same when it is tried
// again.
func TestLimiterRetry(t *testing.T) {
	l := newLimited(t, 2)
	must(t, l.commit(t, t.Context(), hits("R1", "a", 1)))
	l.said(t)
	tags := hits("R1", "a", 3)
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := l.commit(t, ctx, tags); !errors.Is(err, context.Canceled) {
			t.Fatalf("Commit() error = %v, want %v", err, context.Canceled)
		}
		if n := l.Suppressed()["R1"]; n != 0 {
			t.Errorf("a commit that failed has %d tags suppressed", n)
		}
	}
	must(t, l.commit(t, t.Context(), tags))
	wantSaid(t, l, "R1 0", `{"rule_id":"R1","attacker_uuid":"a","minute":"2026-11-30T09:00:00Z","limit":2}`)
	if n := l.Suppressed()["R1"]; n != 2 {
		t.Errorf("Suppressed() = %d, want 2", n)
	}
	// A ledger may ask again within one commit.
	twice := askTwice{l.ledger}
	l.now = l.now.Add(time.Minute)
	_, err := l.Commit(t.Context(), twice, &store.Commit{Source: "s", Epoch: l.epoch, Tags: hits("R2", "a", 2)})
	must(t, err)
	wantSaid(t, l, "R2 0", "R2 1")
}

// askTwice is a ledger whose first attempt at a commit fails midway.
type askTwice struct{ store.Ledger }

func (a askTwice) Commit(ctx context.Context, c *store.Commit) ([]int, error) {
	all := make([]int, len(c.Tags))
	for i := range all {
		all[i] = i
	}
	c.Publish(all)
	return a.Ledger.Commit(ctx, c)
}

// More rules and attackers than are counted are published.
func TestLimiterBounded(t *testing.T) {
	l := newLimited(t, 1)
	l.tracked = 100
	var tags []event.Tag
	for i := range l.tracked + 10 {
		tags = append(tags, hits("R1", fmt.Sprint(i), 1)...)
	}
	must(t, l.commit(t, t.Context(), tags))
	l.said(t)
	must(t, l.commit(t, t.Context(), hits("R1", fmt.Sprint(l.tracked+5), 2), hits("R1", "0", 1)))
	said := l.said(t)
	var s store.Suppression
	if len(said) != 3 || json.Unmarshal([]byte(said[2]), &s) != nil || s.AttackerUUID != "0" {
		t.Errorf("published %v, want two of an attacker that is not counted, and that 0 is suppressed", said)
	}
	if len(l.seen) != l.tracked {
		t.Errorf("%d attackers are counted, want %d", len(l.seen), l.tracked)
	}
}
