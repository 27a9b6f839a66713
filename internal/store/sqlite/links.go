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

// linkCacheSize bounds the links remembered as stored; past it the cache
// starts anew.
const linkCacheSize = 1 << 16

// A linkCache knows links that are in the database already, so that each is
// written once and not with every tag. It is safe for concurrent use, and right
// because no process ever deletes a link.
type linkCache struct {
	mu     sync.Mutex
	stored map[link]bool
}

// insert stores the links that tags show and the cache does not know, and
// returns them: they are known once the transaction is through.
func (c *linkCache) insert(ctx context.Context, tx *sql.Tx, tags []event.Tag) ([]link, error) {
	links := c.unknown(tags)
	if len(links) == 0 {
		return nil, nil
	}
	stmt, err := tx.PrepareContext(ctx, sqlInsertLink)
	if err != nil {
		return nil, err
	}
	defer stmt.Close()
	for _, l := range links {
		if _, err := stmt.ExecContext(ctx, l.identity, l.attacker); err != nil {
			return nil, err
		}
	}
	return links, nil
}

func (c *linkCache) unknown(tags []event.Tag) (links []link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := map[link]bool{}
	note := func(l link) {
		if !c.stored[l] && !seen[l] {
			seen[l] = true
			links = append(links, l)
		}
	}
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
	return links
}

// add remembers links as stored.
func (c *linkCache) add(links []link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stored == nil || len(c.stored)+len(links) > linkCacheSize {
		c.stored = map[link]bool{}
	}
	for _, l := range links {
		c.stored[l] = true
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
