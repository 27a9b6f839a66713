package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

// Techniques returns the distinct techniques of scope, in the order of their
// ids.
func (t *TagTable) Techniques(ctx context.Context, scope store.Scope) (ts []store.TechniqueCount, err error) {
	err = t.db.view(ctx, "reading techniques", func(ctx context.Context, tx *sql.Tx) error {
		return query(ctx, tx, func(rows *sql.Rows) error {
			var c store.TechniqueCount
			var first, last float64
			if err := rows.Scan(&c.Tactic, &c.Technique, &c.SubTechnique, &c.Tags, &c.Rules, &c.Confidence, &first, &last); err != nil {
				return err
			}
			c.First, c.Last = fromSeconds(first), fromSeconds(last)
			ts = append(ts, c)
			return nil
		}, sqlTechniques+scopes[scope.By]+sqlGroupTechniques, scope.ID)
	})
	return ts, err
}

// Subjects returns the subjects of a dimension in the order of their ids.
// Identities are those that tags are anchored to.
func (t *TagTable) Subjects(ctx context.Context, by store.Dimension) (ss []store.Subject, err error) {
	if by == store.AllTags {
		return nil, nil
	}
	err = t.db.view(ctx, "reading subjects", func(ctx context.Context, tx *sql.Tx) error {
		return query(ctx, tx, func(rows *sql.Rows) error {
			var s store.Subject
			var first, last float64
			if err := rows.Scan(&s.ID, &s.Tags, &s.Techniques, &first, &last); err != nil {
				return err
			}
			s.First, s.Last = fromSeconds(first), fromSeconds(last)
			ss = append(ss, s)
			return nil
		}, subjects[by])
	})
	return ss, err
}

func fromSeconds(s float64) time.Time { return time.UnixMilli(int64(math.Round(s * 1000))).UTC() }

// Details returns the tags of scope, those stored last first.
func (t *TagTable) Details(ctx context.Context, scope store.Scope, page store.Page) (tags []store.StoredTag, err error) {
	limit, created, row := page.Limit, int64(math.MaxInt64), int64(0)
	if limit == 0 {
		limit = -1
	}
	if page.After != nil {
		created, row = page.After.CreatedAt.UnixMilli(), page.After.Row
	}
	err = t.db.view(ctx, "reading tags", func(ctx context.Context, tx *sql.Tx) error {
		return query(ctx, tx, func(rows *sql.Rows) error {
			tag, err := scanTag(rows)
			tags = append(tags, tag)
			return err
		}, sqlSelectTags+scopes[scope.By]+sqlNewestFirst, scope.ID, created, row, limit)
	})
	return tags, err
}

func scanTag(rows *sql.Rows) (t store.StoredTag, err error) {
	var uuid, evidence string
	var attacker, identity, sub, observed sql.NullString
	var session, decky sql.NullString
	var created int64
	err = rows.Scan(&uuid, &t.SourceKind, &t.SourceID, &attacker, &identity, &session, &decky, &t.Tactic, &t.Technique,
		&sub, &t.Confidence, &t.RuleID, &t.RuleVersion, &evidence, &t.AttackRelease, &t.MitreURL, &observed, &created, &t.Row)
	if err != nil {
		return t, err
	}
	t.UUID, err = parseUUID(uuid)
	t.AttackerUUID, t.IdentityUUID = attacker.String, identity.String
	t.SessionID = event.OptString{Value: session.String, Valid: session.Valid}
	t.DeckyID = event.OptString{Value: decky.String, Valid: decky.Valid}
	t.SubTechnique, t.ObservedAt = sub.String, observed.String
	t.Evidence = []byte(evidence)
	t.CreatedAt = time.UnixMilli(created).UTC()
	return t, err
}

func parseUUID(s string) (u event.UUID, err error) {
	if n, err := hex.Decode(u[:], []byte(strings.ReplaceAll(s, "-", ""))); err != nil || n != len(u) {
		return u, fmt.Errorf("uuid %q in ttp_tag: malformed", s)
	}
	return u, nil
}
