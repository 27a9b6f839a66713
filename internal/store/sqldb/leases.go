package sqldb

import (
	"context"
	"encoding/json"
	"time"

	"ttpctl/internal/store"
)

// The SQL of leases.
const (
	sqlPutLease = `INSERT INTO ttp_lease (lease_id, what, pid, host, since, renewed_at, interval_ms, about, beats) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)
ON CONFLICT (lease_id) DO UPDATE SET renewed_at = excluded.renewed_at, interval_ms = excluded.interval_ms, about = excluded.about, beats = ttp_lease.beats + 1`
	sqlDeleteLease = `DELETE FROM ttp_lease WHERE lease_id = ?`
	sqlForgetLease = `DELETE FROM ttp_lease WHERE renewed_at < ?`
	sqlLeases      = `SELECT lease_id, what, pid, host, since, renewed_at, interval_ms, beats, about FROM ttp_lease ORDER BY since, lease_id`

	sqlClearInForce = `DELETE FROM ttp_rule_in_force WHERE lease_id = ?`
	sqlPutInForce   = `INSERT INTO ttp_rule_in_force (lease_id, rule_id, rule_version, name, description, applies_to, emits) VALUES (?, ?, ?, ?, ?, ?, ?)`
	sqlInForce      = `SELECT rule_id, rule_version, name, description, applies_to, emits FROM ttp_rule_in_force WHERE lease_id = ? ORDER BY rule_id`
)

// forgetAfter is how long a lease that is not renewed is kept.
const forgetAfter = 24 * time.Hour

// LeaseTable is the leases in a DB.
type LeaseTable struct{ db Host }

// Renew implements [store.Leases].
func (t *LeaseTable) Renew(ctx context.Context, l store.Lease) error {
	now := t.db.Now()
	about, _ := json.Marshal(l.Worker) // strings and numbers always have a JSON form
	return t.db.Update(ctx, "renewing a lease", func(ctx context.Context, tx *Tx) error {
		if _, err := tx.Exec(ctx, sqlForgetLease, now.Add(-forgetAfter).UnixMilli()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, sqlPutLease, l.ID, l.What, l.PID, l.Host, l.Since.UnixMilli(), now.UnixMilli(), l.Every.Milliseconds(), string(about))
		if err != nil || l.Rules == nil {
			return err
		}
		return recordRules(ctx, tx, l)
	})
}

func recordRules(ctx context.Context, tx *Tx, l store.Lease) error {
	if _, err := tx.Exec(ctx, sqlClearInForce, l.ID); err != nil {
		return err
	}
	_, err := insertEach(ctx, tx, sqlPutInForce, l.Rules, func(r store.InForce) []any {
		// Lists of strings, and of strings and numbers, always have a JSON form.
		kinds, _ := json.Marshal(r.AppliesTo)
		emits, _ := json.Marshal(r.Emits)
		return []any{l.ID, r.RuleID, r.Version, r.Name, r.Description, string(kinds), string(emits)}
	})
	return err
}

// Release implements [store.Leases].
func (t *LeaseTable) Release(ctx context.Context, id string) error {
	return t.db.Update(ctx, "ending a lease", func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, sqlDeleteLease, id)
		return err
	})
}

// Live implements [store.Leases].
func (t *LeaseTable) Live(ctx context.Context) (live []store.Lease, err error) {
	now := t.db.Now()
	err = t.db.View(ctx, "reading the leases", func(ctx context.Context, tx *Tx) error {
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

// All implements [store.Leases].
func (t *LeaseTable) All(ctx context.Context) (all []store.Lease, err error) {
	err = t.db.View(ctx, "reading the leases", func(ctx context.Context, tx *Tx) (err error) {
		all, err = readLeases(ctx, tx)
		return err
	})
	return all, err
}

func readLeases(ctx context.Context, tx *Tx) (leases []store.Lease, err error) {
	err = tx.Query(ctx, func(rows *Rows) error {
		var l store.Lease
		var since, renewed, every int64
		var about string
		if err := rows.Scan(&l.ID, &l.What, &l.PID, &l.Host, &since, &renewed, &every, &l.Beats, &about); err != nil {
			return err
		}
		if about != "" { // as one is that a program left which knows nothing of it
			if err := json.Unmarshal([]byte(about), &l.Worker); err != nil {
				return err
			}
		}
		l.Since, l.RenewedAt = time.UnixMilli(since).UTC(), time.UnixMilli(renewed).UTC()
		l.Every = time.Duration(every) * time.Millisecond
		leases = append(leases, l)
		return nil
	}, sqlLeases)
	return leases, err
}

func readInForce(ctx context.Context, tx *Tx, lease string) (rules []store.InForce, err error) {
	err = tx.Query(ctx, func(rows *Rows) error {
		var r store.InForce
		var kinds, emits string
		if err := rows.Scan(&r.RuleID, &r.Version, &r.Name, &r.Description, &kinds, &emits); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(kinds), &r.AppliesTo); err != nil {
			return err
		}
		rules = append(rules, r)
		return json.Unmarshal([]byte(emits), &rules[len(rules)-1].Emits)
	}, sqlInForce, lease)
	return rules, err
}
