package sqlite

import (
	"context"
	"database/sql"
	"sync"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

// A link says that an identity has an attacker.
type link struct{ identity, attacker string }

// linksOf calls note for the links that tags show.
func linksOf(tags []event.Tag, note func(link)) {
	last := ""
	for i := range tags {
		t := &tags[i]
		if t.AttackerUUID == "" || t.Confidence < event.Floor {
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

// A ruleVersion is one version of a rule.
type ruleVersion struct {
	rule    string
	version int
}

// versionsOf calls note for the versions of rules that made tags.
func versionsOf(tags []event.Tag, note func(ruleVersion)) {
	for i := range tags {
		if tags[i].Confidence >= event.Floor {
			note(ruleVersion{tags[i].RuleID, tags[i].RuleVersion})
		}
	}
}

// insertNew stores what the tags of one Insert show besides themselves and the
// caches do not know, and returns a function that remembers it: to be called
// once the transaction is through.
func (db *DB) insertNew(ctx context.Context, tx *sql.Tx, tags []event.Tag) (remember func(), err error) {
	links := db.links.missing(func(note func(link)) { linksOf(tags, note) })
	err = insertEach(ctx, tx, sqlInsertLink, links, func(l link) []any { return []any{l.identity, l.attacker} })
	if err != nil {
		return nil, err
	}
	versions := db.versions.missing(func(note func(ruleVersion)) { versionsOf(tags, note) })
	err = insertEach(ctx, tx, sqlInsertVersion, versions, func(v ruleVersion) []any { return []any{v.rule, v.version} })
	return func() { db.links.add(links); db.versions.add(versions) }, err
}

func insertEach[K any](ctx context.Context, tx *sql.Tx, statement string, keys []K, args func(K) []any) error {
	if len(keys) == 0 {
		return nil
	}
	stmt, err := tx.PrepareContext(ctx, statement)
	if err != nil {
		return err
	}
	defer stmt.Close()
	for _, k := range keys {
		if _, err := stmt.ExecContext(ctx, args(k)...); err != nil {
			return err
		}
	}
	return nil
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

// missing returns the keys that keys notes and c does not know, each once.
func (c *cache[K]) missing(keys func(note func(K))) (missing []K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := map[K]bool{}
	keys(func(k K) {
		if !c.stored[k] && !seen[k] {
			seen[k] = true
			missing = append(missing, k)
		}
	})
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

// LinkCampaigns stores links, all or none, and returns how many were not
// stored before.
func (t *TagTable) LinkCampaigns(ctx context.Context, links []store.CampaignLink) (added int, err error) {
	err = t.db.update(ctx, "storing campaigns", func(ctx context.Context, tx *sql.Tx) error {
		added, err = insertCampaigns(ctx, tx, links)
		return err
	})
	if err != nil {
		return 0, err
	}
	return added, nil
}

func insertCampaigns(ctx context.Context, tx *sql.Tx, links []store.CampaignLink) (added int, err error) {
	stmt, err := tx.PrepareContext(ctx, sqlInsertCampaign)
	if err != nil {
		return 0, err
	}
	defer stmt.Close()
	each := context.WithoutCancel(ctx) // as in prepareInserter
	for _, l := range links {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		n := 0
		if err := count(&n)(stmt.ExecContext(each, l.Campaign, l.Identity)); err != nil {
			return 0, err
		}
		added += n
	}
	return added, nil
}
