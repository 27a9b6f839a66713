package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"ttpctl/internal/engine"
)

// A StoredRule is a definition in the database.
type StoredRule struct {
	ID        string
	Version   int
	Path      string // of the file it came from
	Content   []byte
	UpdatedAt time.Time // set by Put
	UpdatedBy string
}

// Source returns the rule as rule sources hand it out. Its name is made of
// the id, so that the same rule is the same file wherever it came from.
func (r StoredRule) Source() engine.Source {
	return engine.Source{Name: sourceName(r.ID), Data: r.Content}
}

func sourceName(ruleID string) string { return ruleID + ".yaml" }

// RuleTable is the definitions in a DB: a RuleSource that can be written.
type RuleTable struct{ db *DB }

// Rules returns the definitions in the database.
func (db *DB) Rules() *RuleTable { return &RuleTable{db} }

// Put stores rules, all or none, each a change of its own. One that is stored
// as it is already is no change. It returns how many were.
func (t *RuleTable) Put(ctx context.Context, rules ...StoredRule) (changed int, err error) {
	return t.write(ctx, rules, nil)
}

// Delete removes rules, all or none, and returns how many were there.
func (t *RuleTable) Delete(ctx context.Context, ids ...string) (changed int, err error) {
	return t.write(ctx, nil, ids)
}

func (t *RuleTable) write(ctx context.Context, puts []StoredRule, deletes []string) (changed int, err error) {
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

// All returns the definitions in id order.
func (t *RuleTable) All(ctx context.Context) (rules []StoredRule, err error) {
	err = t.db.view(ctx, "reading rules", func(ctx context.Context, tx *sql.Tx) error {
		rules, err = readRules(ctx, tx, sqlRules)
		return err
	})
	return rules, err
}

// Watch implements RuleSource.
func (t *RuleTable) Watch(ctx context.Context) ([]engine.Source, *Subscription[RuleChange], error) {
	rules, sub, err := t.db.tail.watchRules(ctx)
	if err != nil {
		return nil, nil, err
	}
	sources := make([]engine.Source, len(rules))
	for i, r := range rules {
		sources[i] = r.Source()
	}
	slices.SortFunc(sources, compareNames)
	return sources, sub, nil
}

func readRules(ctx context.Context, tx *sql.Tx, statement string, args ...any) (rules []StoredRule, err error) {
	err = query(ctx, tx, func(rows *sql.Rows) error {
		var r StoredRule
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

// An InForce is a rule that a running tagger has in force.
type InForce struct {
	RuleID     string
	Version    int
	Name       string
	RecordedAt time.Time // set by RecordInForce
}

// RecordInForce replaces the record of the rules in force, so that other
// processes know them.
func (t *RuleTable) RecordInForce(ctx context.Context, rules []InForce) error {
	now := t.db.now().UnixMilli()
	return t.db.update(ctx, "recording the rules in force", func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, sqlClearInForce); err != nil {
			return err
		}
		for _, r := range rules {
			if _, err := tx.ExecContext(ctx, sqlPutInForce, r.RuleID, r.Version, r.Name, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// InForce returns what RecordInForce stored last, in id order.
func (t *RuleTable) InForce(ctx context.Context) (rules []InForce, err error) {
	err = t.db.view(ctx, "reading the rules in force", func(ctx context.Context, tx *sql.Tx) error {
		return query(ctx, tx, func(rows *sql.Rows) error {
			var r InForce
			var at int64
			if err := rows.Scan(&r.RuleID, &r.Version, &r.Name, &at); err != nil {
				return err
			}
			r.RecordedAt = time.UnixMilli(at).UTC()
			rules = append(rules, r)
			return nil
		}, sqlInForce)
	})
	return rules, err
}
