package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/store"
)

// RuleTable is the definitions in a DB: a RuleSource that can be written.
type RuleTable struct{ db *DB }

// Rules returns the definitions in the database.
func (db *DB) Rules() *RuleTable { return &RuleTable{db} }

// Write implements [store.Definitions].
func (t *RuleTable) Write(ctx context.Context, puts []store.StoredRule, deletes []string) (changed int, err error) {
	now := t.db.now().UnixMilli()
	err = t.db.update(ctx, "writing rules", func(ctx context.Context, tx *sql.Tx) error {
		for _, r := range puts {
			if err := count(&changed)(tx.ExecContext(ctx, sqlPutRule, r.ID, r.Version, r.Path, string(r.Content), now, r.UpdatedBy)); err != nil {
				return err
			}
		}
		for _, id := range deletes {
			if err := count(&changed)(tx.ExecContext(ctx, sqlDeleteRule, id)); err != nil {
				return err
			}
		}
		return nil
	})
	return changed, err
}

// count returns a function that adds a statement's rows to n.
func count(n *int) func(sql.Result, error) error {
	return func(r sql.Result, err error) error {
		if err != nil {
			return err
		}
		rows, err := r.RowsAffected()
		*n += int(rows)
		return err
	}
}

// All implements [store.Definitions].
func (t *RuleTable) All(ctx context.Context) (rules []store.StoredRule, err error) {
	err = t.db.view(ctx, "reading rules", func(ctx context.Context, tx *sql.Tx) error {
		rules, err = readRules(ctx, tx, sqlRules)
		return err
	})
	return rules, err
}

// Watch implements [store.RuleSource].
func (t *RuleTable) Watch(ctx context.Context) ([]engine.Source, *store.Subscription[store.RuleChange], error) {
	rules, sub, err := t.db.tail.watchRules(ctx)
	if err != nil {
		return nil, nil, err
	}
	sources := make([]engine.Source, len(rules))
	for i, r := range rules {
		sources[i] = r.Source()
	}
	slices.SortFunc(sources, store.ByName)
	return sources, sub, nil
}

func readRules(ctx context.Context, tx *sql.Tx, statement string, args ...any) (rules []store.StoredRule, err error) {
	err = query(ctx, tx, func(rows *sql.Rows) error {
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
