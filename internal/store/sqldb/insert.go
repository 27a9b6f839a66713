package sqldb

import (
	"context"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

const sqlInsertCampaign = `INSERT INTO ttp_campaign_identity (campaign, identity_uuid) VALUES (?, ?) ON CONFLICT DO NOTHING`

// A TagWriter is the writing half of a repository of tags.
type TagWriter struct{ *Tables }

// Insert stores tags, all or none. Thousands in a call are several times
// faster than one by one.
func (t TagWriter) Insert(ctx context.Context, tags []event.Tag) (store.Inserted, error) {
	const op = "storing tags"
	var in store.Inserted
	for i := range tags {
		if err := store.CheckTag(&tags[i]); err != nil {
			return in, t.db.Fail(op, err)
		}
	}
	var remember func()
	err := t.db.Update(ctx, op, func(ctx context.Context, tx *Tx) (err error) {
		if in, err = t.db.PutTags(ctx, tx, tags, t.db.Now()); err != nil {
			return err
		}
		remember, err = t.memo.insertNew(ctx, tx, tags)
		return err
	})
	if err != nil {
		return store.Inserted{}, err
	}
	remember()
	return in, nil
}

// LinkCampaigns implements [store.TagTable].
func (t TagWriter) LinkCampaigns(ctx context.Context, links []store.CampaignLink) (added int, err error) {
	err = t.db.Update(ctx, "storing campaigns", func(ctx context.Context, tx *Tx) error {
		added, err = insertEach(ctx, tx, sqlInsertCampaign, links, func(l store.CampaignLink) []any { return []any{l.Campaign, l.Identity} })
		return err
	})
	if err != nil {
		return 0, err
	}
	return added, nil
}
