package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"ttpctl/internal/store"
)

// The SQL of leases.
const (
	sqlPutLease = `INSERT INTO ttp_lease (lease_id, what, pid, host, since, renewed_at, interval_ms) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (lease_id) DO UPDATE SET renewed_at = excluded.renewed_at, interval_ms = excluded.interval_ms`
	sqlDeleteLease = `DELETE FROM ttp_lease WHERE lease_id = ?`
	sqlForgetLease = `DELETE FROM ttp_lease WHERE renewed_at < ?`
	sqlLeases      = `SELECT lease_id, what, pid, host, since, renewed_at, interval_ms FROM ttp_lease ORDER BY since, lease_id`

	sqlClearInForce = `DELETE FROM ttp_rule_in_force WHERE lease_id = ?`
	sqlPutInForce   = `INSERT INTO ttp_rule_in_force (lease_id, rule_id, rule_version, name, description, applies_to, emits) VALUES (?, ?, ?, ?, ?, ?, ?)`
	sqlInForce      = `SELECT rule_id, rule_version, name, description, applies_to, emits FROM ttp_rule_in_force WHERE lease_id = ? ORDER BY rule_id`
)

// forgetAfter is how long a lease that is not renewed is kept.
const forgetAfter = 24 * time.Hour

// LeaseTable is the leases in a DB.
type LeaseTable struct{ db *DB }

// Leases returns the leases in the database.
func (db *DB) Leases() *LeaseTable { return &LeaseTable{db} }

// Renew implements [store.Leases].
func (t *LeaseTable) Renew(ctx context.Context, l store.Lease) error {
	now := t.db.now()
	return t.db.update(ctx, "renewing a lease", func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, sqlForgetLease, now.Add(-forgetAfter).UnixMilli()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, sqlPutLease, l.ID, l.What, l.PID, l.Host, l.Since.UnixMilli(), now.UnixMilli(), l.Every.Milliseconds())
		if err != nil || l.Rules == nil {
			return err
		}
		return recordRules(ctx, tx, l)
	})
}

func recordRules(ctx context.Context, tx *sql.Tx, l store.Lease) error {
	if _, err := tx.ExecContext(ctx, sqlClearInForce, l.ID); err != nil {
		return err
	}
	return insertEach(ctx, tx, sqlPutInForce, l.Rules, func(r store.InForce) []any {
		// Lists of strings, and of strings and numbers, always have a JSON form.
		kinds, _ := json.Marshal(r.AppliesTo)
		emits, _ := json.Marshal(r.Emits)
		return []any{l.ID, r.RuleID, r.Version, r.Name, r.Description, string(kinds), string(emits)}
	})
}

// Release implements [store.Leases].
func (t *LeaseTable) Release(ctx context.Context, id string) error {
	return t.db.update(ctx, "ending a lease", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, sqlDeleteLease, id)
		return err
	})
}

// Live implements [store.Leases].
func (t *LeaseTable) Live(ctx context.Context) (live []store.Lease, err error) {
	now := t.db.now()
	err = t.db.view(ctx, "reading the leases", func(ctx context.Context, tx *sql.Tx) error {
		leases, err := readLeases(ctx, tx)
		if err != nil {
			return err
		}
		for _, l := range leases {
			if !l.Holds(now) {
				continue
			}
			if l.Rules, err = readInForce(ctx, tx, l.ID); err != nil {
				return err
			}
			live = append(live, l)
		}
		return nil
	})
	return live, err
}

func readLeases(ctx context.Context, tx *sql.Tx) (leases []store.Lease, err error) {
	err = query(ctx, tx, func(rows *sql.Rows) error {
		var l store.Lease
		var since, renewed, every int64
		if err := rows.Scan(&l.ID, &l.What, &l.PID, &l.Host, &since, &renewed, &every); err != nil {
			return err
		}
		l.Since, l.RenewedAt = time.UnixMilli(since).UTC(), time.UnixMilli(renewed).UTC()
		l.Every = time.Duration(every) * time.Millisecond
		leases = append(leases, l)
		return nil
	}, sqlLeases)
	return leases, err
}

func readInForce(ctx context.Context, tx *sql.Tx, lease string) (rules []store.InForce, err error) {
	err = query(ctx, tx, func(rows *sql.Rows) error {
		var r store.InForce
		var kinds, emits []byte
		if err := rows.Scan(&r.RuleID, &r.Version, &r.Name, &r.Description, &kinds, &emits); err != nil {
			return err
		}
		if err := json.Unmarshal(kinds, &r.AppliesTo); err != nil {
			return err
		}
		rules = append(rules, r)
		return json.Unmarshal(emits, &rules[len(rules)-1].Emits)
	}, sqlInForce, lease)
	return rules, err
}
