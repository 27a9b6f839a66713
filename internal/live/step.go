package live

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/report/html"
	"ttpctl/internal/secrets"
	"ttpctl/internal/store"
)

// step looks at what has changed, once.
func (b *Board) step(ctx context.Context) {
	snap := b.cfg.InForce()
	if b.empty() {
		if !b.cfg.Now().Before(b.next) {
			b.renew(ctx, snap)
		}
		return
	}
	if err := b.look(ctx); err != nil {
		b.fail(ctx, "looking for new tags", err)
	}
	now := b.cfg.Now()
	if now.Before(b.next) {
		b.switched(snap)
		return
	}
	settled := !b.settles.IsZero() && !now.Before(b.settles)
	if b.stale || settled || now.Sub(b.made) >= anew {
		b.renew(ctx, snap)
		return
	}
	b.switched(snap)
}

func (b *Board) empty() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.report == nil
}

// fail tells of an error, of many in a row of the first alone.
func (b *Board) fail(ctx context.Context, doing string, err error) {
	b.failures++
	if ctx.Err() == nil && b.failures == 1 {
		b.cfg.Warn(&Error{doing, err})
	}
}

// An Error is what kept the page from being renewed.
type Error struct {
	Doing string
	Err   error
}

func (e *Error) Error() string { return "the live page: " + e.Doing + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// errSeen ends a reading at the first tag that is known.
var errSeen = errors.New("seen")

// look finds the tags that were stored since, and tells of the last of them.
func (b *Board) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, b.cfg.Patience)
	defer cancel()
	var fresh []html.Hit
	n, newest := 0, b.lastSeq
	err := b.cfg.Tags.Each(ctx, store.Filter{}, mostNews, func(t *store.StoredTag) error {
		if t.Seq <= b.lastSeq {
			return errSeen
		}
		if n++; len(fresh) < mostHits {
			fresh = append(fresh, b.hit(t))
		}
		newest = max(newest, t.Seq)
		return nil
	})
	if err != nil && !errors.Is(err, errSeen) {
		return err
	}
	if n == 0 {
		return nil
	}
	b.lastSeq, b.stale, b.settles = newest, true, b.cfg.Now().Add(straggle)
	b.tags += n
	b.sum = b.sum && n < mostNews
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hits = slices.Concat(fresh, b.hits)
	b.hits = b.hits[:min(len(b.hits), mostHits)]
	b.hitNo += int64(n)
	b.count = b.counted()
	b.pages = [2]*Page{} // which have the hits; it is no new one for those who are told of them
	b.tell()
	return nil
}

// counted returns how many tags there are, 0 = that is not known.
func (b *Board) counted() int {
	if !b.sum {
		return 0
	}
	return b.tags
}

func (b *Board) hit(t *store.StoredTag) html.Hit {
	at, err := time.Parse(time.RFC3339, t.ObservedAt)
	if err != nil {
		at = t.CreatedAt
	}
	id := t.MostSpecific()
	h := html.Hit{
		At: at.UTC().Format("2006-01-02 15:04:05"), Technique: id, Name: cmp.Or(b.cfg.Catalogue.FullName(id), id),
		Attacker: cmp.Or(t.AttackerIP, t.AttackerUUID, t.IdentityUUID), Rule: t.RuleID, Text: secrets.Mask(report.Example(t.Evidence)),
	}
	return h.Shown()
}

// renew puts the report together again.
func (b *Board) renew(ctx context.Context, snap *engine.Snapshot) {
	begin := b.cfg.Now()
	r, err := b.readInTime(ctx, snap)
	took := b.cfg.Now().Sub(begin)
	if err == nil {
		took -= r.once
	}
	b.next = b.cfg.Now().Add(max(b.cfg.Every, rest*took))
	if err != nil {
		b.next = b.cfg.Now().Add(max(b.cfg.Every, min(rest*took, again)))
		b.fail(ctx, "reading the tags", err)
		return
	}
	if took < b.cfg.Patience/8 {
		b.most = min(2*b.most, b.cfg.Most)
	}
	b.failures, b.stale, b.made = 0, false, begin
	if !begin.Before(b.settles) {
		b.settles = time.Time{}
	}
	b.lastSeq, b.tags, b.sum = r.newest, r.tags, !r.more // SQLite counts anew where all tags were pruned
	b.inForce = hashes(snap)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.report, b.rules, b.count = r.pieces, b.rulesOf(snap), b.counted()
	b.hits = r.hits
	b.hitNo += int64(r.fresh)
	b.asOf = begin
	b.changed()
	select {
	case <-b.first:
	default:
		close(b.first)
	}
}

// readInTime reads fewer tags where it takes too long.
func (b *Board) readInTime(ctx context.Context, snap *engine.Snapshot) (*reading, error) {
	for {
		within, cancel := context.WithTimeout(ctx, b.cfg.Patience)
		r, err := b.read(within, snap)
		late := within.Err() != nil
		cancel()
		if err == nil || !late || ctx.Err() != nil || b.most <= leastTags {
			return r, err
		}
		b.most = max(leastTags, b.most/2)
	}
}

// changed notes that pages are made of something else. b.mu is held.
func (b *Board) changed() {
	b.rev++
	b.pages = [2]*Page{}
	b.tell()
}

// switched takes in rules and states that changed.
func (b *Board) switched(snap *engine.Snapshot) {
	if is := hashes(snap); is != b.inForce {
		b.inForce, b.stale = is, true // the report names their hashes
		b.mu.Lock()
		defer b.mu.Unlock()
		b.rules = b.rulesOf(snap)
		b.changed()
	}
}

func hashes(snap *engine.Snapshot) string { return snap.Ruleset().Hash() + snap.StateHash() }

// rulesOf returns the rules in force with their states.
func (b *Board) rulesOf(snap *engine.Snapshot) (list []html.LiveRule) {
	states, now := snap.States(), b.cfg.Now()
	for _, r := range snap.Ruleset().Rules() {
		list = append(list, RuleOf(r, states[r.ID].At(now)))
	}
	return list
}

// RuleOf returns a rule as pages show it.
func RuleOf(r *engine.Rule, st event.State) html.LiveRule {
	out := html.LiveRule{ID: r.ID, Name: r.Name, About: r.Description, State: st}
	for i := range r.Emits {
		if id := cmp.Or(r.Emits[i].SubTechnique, r.Emits[i].Technique); !slices.Contains(out.Techniques, id) {
			out.Techniques = append(out.Techniques, id)
		}
	}
	return out
}
