package sqldb

import (
	"cmp"
	"context"
	"sync"

	"ttpctl/internal/event"
	"ttpctl/internal/sorting"
)

// A link says that an identity has an attacker.
type link struct{ identity, attacker string }

// linksOf calls note for the links that tags show.
func linksOf(tags []event.Tag, note func(link)) {
	last := ""
	for i := range tags {
		t := &tags[i]
		if t.AttackerUUID == "" || t.BelowFloor() {
			continue
		}
		if t.IdentityUUID != "" {
			note(link{t.IdentityUUID, t.AttackerUUID})
		}
		if t.AttackerUUID != last { // tags of one attacker come in runs
			last = t.AttackerUUID
			note(link{event.IdentityUUID(last).String(), last})
		}
	}
}

// An origin says that an attacker came from an address; of a tag without an
// attacker, its identity.
type origin struct{ address, anchor string }

// originsOf calls note for the origins of tags.
func originsOf(tags []event.Tag, note func(origin)) {
	var last origin
	for i := range tags {
		t := &tags[i]
		if t.AttackerIP == "" || t.BelowFloor() {
			continue
		}
		o := origin{t.AttackerIP, cmp.Or(t.AttackerUUID, t.IdentityUUID)}
		if o != last {
			last = o
			note(o)
		}
	}
}

// A saying is a technique that one version of a rule tagged with.
type saying struct {
	rule, technique string
	version         int
}

// sayingsOf calls note for what rules said in tags.
func sayingsOf(tags []event.Tag, note func(saying)) {
	for i := range tags {
		if t := &tags[i]; !t.BelowFloor() {
			note(saying{t.RuleID, t.Technique, t.RuleVersion})
		}
	}
}

// A memo knows what tags have shown besides themselves that is stored already.
type memo struct {
	links   cache[link]
	origins cache[origin]
	sayings cache[saying]
}

func (m *memo) reset() {
	m.links.reset()
	m.origins.reset()
	m.sayings.reset()
}

// insertNew stores what the tags of one Insert show besides themselves and the
// caches do not know, and returns a function that remembers it: to be called
// once the transaction is through.
func (m *memo) insertNew(ctx context.Context, tx *Tx, tags []event.Tag) (remember func(), err error) {
	links := m.links.missing(func(note func(link)) { linksOf(tags, note) }, func(a, b link) int {
		return cmp.Or(cmp.Compare(a.identity, b.identity), cmp.Compare(a.attacker, b.attacker))
	})
	_, err = insertEach(ctx, tx, sqlInsertLink, links, func(l link) []any { return []any{tx.key(l.identity), tx.key(l.attacker)} })
	if err != nil {
		return nil, err
	}
	origins := m.origins.missing(func(note func(origin)) { originsOf(tags, note) }, func(a, b origin) int {
		return cmp.Or(cmp.Compare(a.address, b.address), cmp.Compare(a.anchor, b.anchor))
	})
	_, err = insertEach(ctx, tx, sqlInsertOrigin, origins, func(o origin) []any { return []any{o.address, tx.key(o.anchor)} })
	if err != nil {
		return nil, err
	}
	sayings := m.sayings.missing(func(note func(saying)) { sayingsOf(tags, note) }, func(a, b saying) int {
		return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.version, b.version), cmp.Compare(a.technique, b.technique))
	})
	_, err = insertEach(ctx, tx, sqlInsertVersion, sayings, func(s saying) []any { return []any{s.rule, s.version} })
	if err != nil {
		return nil, err
	}
	_, err = insertEach(ctx, tx, sqlInsertTechnique, sayings, func(s saying) []any { return []any{s.technique, s.rule} })
	return func() { m.links.add(links); m.origins.add(origins); m.sayings.add(sayings) }, err
}

// cacheSize bounds the rows remembered as stored; past it a cache starts anew.
const cacheSize = 1 << 16

// A cache knows rows that are in the database already, so that each is written
// once and not with every tag. It is safe for concurrent use, and right because
// no process ever deletes such a row.
type cache[K comparable] struct {
	mu     sync.Mutex
	stored map[K]bool
}

// missing returns the keys that keys notes and c does not know, each once, in
// order: transactions that insert the same rows wait for each other, and never
// in a circle.
func (c *cache[K]) missing(keys func(note func(K)), order func(a, b K) int) (missing []K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := map[K]bool{}
	keys(func(k K) {
		if !c.stored[k] && !seen[k] {
			seen[k] = true
			missing = append(missing, k)
		}
	})
	sorting.By(missing, order)
	return missing
}

// reset forgets everything: the database is another one.
func (c *cache[K]) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stored = nil
}

// add remembers keys as stored.
func (c *cache[K]) add(keys []K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stored == nil || len(c.stored)+len(keys) > cacheSize {
		c.stored = map[K]bool{}
	}
	for _, k := range keys {
		c.stored[k] = true
	}
}
