package sqldb

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

// A Selection is a [store.Filter] as SQL: what must hold of a tag t.
type Selection struct {
	Conditions []string
	Args       []any
}

// Where returns the WHERE clause of s and of one condition more, if that is not
// empty.
func (s *Selection) Where(more string) string {
	all := s.Conditions
	if more != "" {
		all = append([]string{more}, all...)
	}
	if len(all) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(all, " AND ")
}

// A Grouping lists what a Dimension has, with the tags of each: From, then a
// condition of its own and those of a filter, then To.
type Grouping struct{ From, When, To string }

// GroupBy returns the grouping by a column of tags; columns are those of a subject
// behind its address.
func GroupBy(column, address, columns, when string) Grouping {
	return Grouping{
		From: `SELECT t.` + column + `, ` + address + `, ` + columns + ` FROM ttp_tag t`,
		When: when, To: ` GROUP BY t.` + column + ` ORDER BY t.` + column,
	}
}

// A Reading is the SQL by which a kind of database gives tags t. Instants are
// milliseconds since 1970.
type Reading struct {
	Select func(store.Filter) Selection
	// Techniques has the columns of a [store.TechniqueCount]; behind it come
	// conditions, then GroupTechniques.
	Techniques, GroupTechniques string
	Groupings                   [store.Dimensions]Grouping // columns of a [store.Subject]
	Tags                        string                     // TagColumns and a number
	Counted                     string                     // CountedColumns, and long_ids or NULL
	Newest                      string                     // orders either by the number, the last first
	Limit                       string                     // bounds their count by a parameter
	Most                        func(limit int) any        // that parameter; 0 = no bound
}

// A TagReader reads the tags of a Host.
type TagReader struct {
	Host Host
	SQL  *Reading
}

// Techniques implements [store.Tags].
func (t *TagReader) Techniques(ctx context.Context, f store.Filter) (ts []store.TechniqueCount, err error) {
	s := t.SQL.Select(f)
	err = t.Host.View(ctx, "reading techniques", func(ctx context.Context, tx *Tx) error {
		return tx.Query(ctx, func(rows *Rows) error {
			var c store.TechniqueCount
			var first, last int64
			err := rows.Scan(&c.Tactic, &c.Technique, &c.SubTechnique, &c.Hits, &c.Tags, &c.Rules, &c.Confidence, &first, &last)
			c.First, c.Last = time.UnixMilli(first).UTC(), time.UnixMilli(last).UTC()
			ts = append(ts, c)
			return err
		}, t.SQL.Techniques+s.Where("")+t.SQL.GroupTechniques, s.Args...)
	})
	return ts, err
}

// Subjects implements [store.Tags].
func (t *TagReader) Subjects(ctx context.Context, by store.Dimension, f store.Filter) (ss []store.Subject, err error) {
	s, g := t.SQL.Select(f), t.SQL.Groupings[by]
	err = t.Host.View(ctx, "reading subjects", func(ctx context.Context, tx *Tx) error {
		return tx.Query(ctx, func(rows *Rows) error {
			var s store.Subject
			var first, last int64
			err := rows.Scan(&s.ID, &s.Address, &s.Hits, &s.Tags, &s.Techniques, &first, &last)
			s.First, s.Last = time.UnixMilli(first).UTC(), time.UnixMilli(last).UTC()
			ss = append(ss, s)
			return err
		}, g.From+s.Where(g.When)+g.To, s.Args...)
	})
	return ss, err
}

// Each implements [store.Tags].
func (t *TagReader) Each(ctx context.Context, f store.Filter, limit int, yield func(*store.StoredTag) error) error {
	s := t.SQL.Select(f)
	return Outcome(t.Host.View(ctx, "reading tags", func(ctx context.Context, tx *Tx) error {
		return tx.Query(ctx, func(rows *Rows) error {
			tag, err := scanTag(rows)
			if err != nil {
				return err
			}
			return Yielded(yield(&tag))
		}, t.SQL.Tags+s.Where("")+t.SQL.Newest+t.SQL.Limit, append(s.Args, t.SQL.Most(limit))...)
	}))
}

// EachCounted implements [store.Tags].
func (t *TagReader) EachCounted(ctx context.Context, f store.Filter, yield func(*event.Tag) error) error {
	s := t.SQL.Select(f)
	return Outcome(t.Host.View(ctx, "reading tags", func(ctx context.Context, tx *Tx) error {
		return tx.Query(ctx, Counted(yield), t.SQL.Counted+s.Where("")+t.SQL.Newest, s.Args...)
	}))
}

func scanTag(rows *Rows) (t store.StoredTag, err error) {
	var uuid, evidence string
	var address, attacker, identity, sub, observed, session, decky, long sql.NullString
	var seen, created int64
	err = rows.Scan(&uuid, &address, &t.SourceKind, &t.SourceID, &attacker, &identity, &session, &decky, &t.Tactic, &t.Technique,
		&sub, &t.Confidence, &t.RuleID, &t.RuleVersion, &evidence, &t.AttackRelease, &t.MitreURL, &observed, &seen, &created, &long, &t.Seq)
	if err != nil {
		return t, err
	}
	t.AttackerIP, t.AttackerUUID, t.IdentityUUID = address.String, attacker.String, identity.String
	t.SessionID = event.OptString{Value: session.String, Valid: session.Valid}
	t.DeckyID = event.OptString{Value: decky.String, Valid: decky.Valid}
	t.SubTechnique, t.ObservedAt = sub.String, observed.String
	t.Evidence = []byte(evidence)
	t.CreatedAt = time.UnixMilli(created).UTC()
	if long.Valid {
		if err := restoreLong(&t.Tag, long.String); err != nil {
			return t, err
		}
	}
	t.UUID, err = parseUUID(uuid)
	return t, err
}

func parseUUID(s string) (u event.UUID, err error) {
	if n, err := hex.Decode(u[:], []byte(strings.ReplaceAll(s, "-", ""))); err != nil || n != len(u) {
		return u, fmt.Errorf("uuid %q in ttp_tag: malformed", s)
	}
	return u, nil
}
