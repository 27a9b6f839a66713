package sqldb

import (
	"bytes"
	"context"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/sorting"
	"ttpctl/internal/store"
)

// The planes of ttp_change.
const (
	definition = "definition"
	state      = "state"
)

// RuleTable is the definitions in a DB: a RuleSource that can be written.
type RuleTable struct{ db Host }

// Write implements [store.Definitions].
func (t *RuleTable) Write(ctx context.Context, puts []store.StoredRule, deletes []string) (changed int, err error) {
	now := t.db.Now().UnixMilli()
	err = t.db.Update(ctx, "writing rules", func(ctx context.Context, tx *Tx) error {
		changed = 0
		if err := tx.lockChanges(ctx); err != nil {
			return err
		}
		for i := range puts {
			put, err := putRule(ctx, tx, &puts[i], now)
			if err != nil {
				return err
			}
			if put {
				changed++
			}
		}
		for _, id := range deletes {
			gone := 0
			if err := count(&gone)(tx.Exec(ctx, sqlDeleteRule, id)); err != nil {
				return err
			}
			if gone == 0 {
				continue
			}
			changed++
			if err := tx.note(ctx, id, definition, store.Delete); err != nil {
				return err
			}
		}
		return nil
	})
	return changed, err
}

// putRule stores r, unless it is stored as it is already: that is no change.
func putRule(ctx context.Context, tx *Tx, r *store.StoredRule, now int64) (changed bool, err error) {
	there, err := ReadRules(ctx, tx, sqlRule, r.ID)
	if err != nil {
		return false, err
	}
	for _, t := range there {
		if bytes.Equal(t.Content, r.Content) && t.Version == r.Version && t.Path == r.Path {
			return false, nil
		}
	}
	if _, err := tx.Exec(ctx, sqlPutRule, r.ID, r.Version, r.Path, string(r.Content), now, r.UpdatedBy); err != nil {
		return false, err
	}
	return true, tx.note(ctx, r.ID, definition, store.Put)
}

// All implements [store.Definitions].
func (t *RuleTable) All(ctx context.Context) (rules []store.StoredRule, err error) {
	err = t.db.View(ctx, "reading rules", func(ctx context.Context, tx *Tx) error {
		rules, err = ReadRules(ctx, tx, AllRules)
		return err
	})
	return rules, err
}

// Watch implements [store.RuleSource].
func (t *RuleTable) Watch(ctx context.Context) ([]engine.Source, *store.Subscription[store.RuleChange], error) {
	rules, sub, err := t.db.WatchRules(ctx)
	if err != nil {
		return nil, nil, err
	}
	sources := make([]engine.Source, len(rules))
	for i, r := range rules {
		sources[i] = r.Source()
	}
	sorting.By(sources, store.ByName)
	return sources, sub, nil
}

// ReadRules returns the definitions that a statement such as AllRules chooses.
func ReadRules(ctx context.Context, tx *Tx, statement string, args ...any) (rules []store.StoredRule, err error) {
	err = tx.Query(ctx, func(rows *Rows) error {
		var r store.StoredRule
		var content string
		var at int64
		if err := rows.Scan(&r.ID, &r.Version, &r.Path, &content, &at, &r.UpdatedBy); err != nil {
			return err
		}
		r.Content, r.UpdatedAt = []byte(content), time.UnixMilli(at).UTC()
		rules = append(rules, r)
		return nil
	}, statement, args...)
	return rules, err
}
