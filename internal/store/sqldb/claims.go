package sqldb

import (
	"context"

	"ttpctl/internal/store"
)

// The SQL of claims.
const (
	sqlClaims   = `SELECT name, owner, epoch, counter, note FROM ttp_claim ORDER BY name`
	sqlNewClaim = `INSERT INTO ttp_claim (name, owner, epoch, counter, note) VALUES (?, '', 0, 0, '') ON CONFLICT (name) DO NOTHING`
	sqlTake     = `UPDATE ttp_claim SET owner = ?, epoch = epoch + 1, counter = counter + 1, note = ? WHERE name = ? AND epoch = ? AND counter = ?`
	sqlRenew    = `UPDATE ttp_claim SET counter = counter + 1 WHERE name = ? AND owner = ? AND epoch = ?`
	sqlGiveUp   = `UPDATE ttp_claim SET owner = '', counter = counter + 1, note = '' WHERE name = ? AND owner = ? AND epoch = ?`
)

// ClaimTable is the claims in a DB.
type ClaimTable struct{ db Host }

// All implements [store.Claims].
func (t *ClaimTable) All(ctx context.Context) (all []store.Claim, err error) {
	err = t.db.View(ctx, "reading the claims", func(ctx context.Context, tx *Tx) error {
		all = nil
		return tx.Query(ctx, func(rows *Rows) error {
			var c store.Claim
			err := rows.Scan(&c.Name, &c.Owner, &c.Epoch, &c.Counter, &c.Note)
			all = append(all, c)
			return err
		}, sqlClaims)
	})
	return all, err
}

// Take implements [store.Claims]. Where a commit fails with its connection the claim
// may be taken all the same: nobody renews it, and it is free again after a while.
func (t *ClaimTable) Take(ctx context.Context, seen store.Claim, owner, note string) (store.Claim, error) {
	err := t.db.Update(ctx, "taking the claim "+seen.Name, func(ctx context.Context, tx *Tx) error {
		if seen.Epoch == 0 {
			if _, err := tx.Exec(ctx, sqlNewClaim, seen.Name); err != nil {
				return err
			}
		}
		var rows int
		if err := count(&rows)(tx.Exec(ctx, sqlTake, owner, note, seen.Name, seen.Epoch, seen.Counter)); err != nil {
			return err
		}
		if rows == 0 {
			return store.ErrClaimed
		}
		return nil
	})
	if err != nil {
		return store.Claim{}, err
	}
	return store.Claim{Name: seen.Name, Owner: owner, Epoch: seen.Epoch + 1, Counter: seen.Counter + 1, Note: note}, nil
}

// Renew implements [store.Claims].
func (t *ClaimTable) Renew(ctx context.Context, owner string, held []store.Claim) (lost []string, err error) {
	err = t.db.Update(ctx, "renewing claims", func(ctx context.Context, tx *Tx) error {
		lost = nil
		for _, c := range held {
			var rows int
			if err := count(&rows)(tx.Exec(ctx, sqlRenew, c.Name, owner, c.Epoch)); err != nil {
				return err
			}
			if rows == 0 {
				lost = append(lost, c.Name)
			}
		}
		return nil
	})
	return lost, err
}

// GiveUp implements [store.Claims].
func (t *ClaimTable) GiveUp(ctx context.Context, owner string, held store.Claim) error {
	return t.db.Update(ctx, "giving up the claim "+held.Name, func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, sqlGiveUp, held.Name, owner, held.Epoch)
		return err
	})
}
