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
	"ttpctl/internal/store/sqldb"
)

// A selection is a [store.Filter] as SQL: what must hold of a tag t.
type selection struct {
	conditions []string
	args       []any // named
}

func selectionOf(f store.Filter) selection {
	var s selection
	if f.MinConfidence > 0 {
		s.add(whenConfidence, "confidence", f.MinConfidence)
	}
	s.moment(whenSince, "since", f.Since)
	s.moment(whenUntil, "until", f.Until)
	s.list(whenTechnique, "techniques", f.Techniques)
	if len(f.Techniques) > 0 && !chooses(f) {
		s.conditions = append(s.conditions, whenSaid)
	}
	s.list(whenTactic, "tactics", f.Tactics)
	s.list(whenRule, "rules", f.Rules)
	s.list(whenSession, "sessions", f.Sessions)
	s.attackers(f.Attackers)
	s.text(whenIdentity, "identity", f.Identity)
	s.text(whenCampaign, "campaign", f.Campaign)
	if f.Before > 0 {
		s.add(whenBefore, "before", f.Before)
	}
	if !f.AllVersions {
		s.conditions = append(s.conditions, whenNewest)
	}
	return s
}

// chooses reports whether f has a member that an index of ttp_tag finds, and
// that fewer tags have than a technique.
func chooses(f store.Filter) bool {
	return len(f.Rules)+len(f.Sessions)+len(f.Attackers) > 0 || f.Identity != "" || f.Campaign != ""
}

// where returns the WHERE clause of s and of one condition more, if that is
// not empty.
func (s *selection) where(more string) string {
	all := s.conditions
	if more != "" {
		all = append([]string{more}, all...)
	}
	if len(all) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(all, " AND ")
}

func (s *selection) add(condition, name string, value any) {
	if condition != "" {
		s.conditions = append(s.conditions, condition)
	}
	s.args = append(s.args, sql.Named(name, value))
}

func (s *selection) moment(condition, name string, t time.Time) {
	if !t.IsZero() {
		s.add(condition, name, float64(t.UnixMilli())/1000)
	}
}

func (s *selection) text(condition, name, value string) {
	if value != "" {
		s.add(condition, name, value)
	}
}

func (s *selection) list(condition, name string, values []string) {
	if len(values) > 0 {
		s.add(condition, name, jsonList(values))
	}
}

func (s *selection) attackers(as []store.Attacker) {
	if len(as) == 0 {
		return
	}
	var uuids, addresses []string
	for _, a := range as {
		uuids = append(uuids, a.UUID)
		if a.Address != "" {
			addresses = append(addresses, a.Address)
		}
	}
	s.add(whenAttacker, "attackers", jsonList(uuids))
	s.add("", "addresses", jsonList(addresses))
}

// jsonList returns values for json_each.
func jsonList(values []string) string {
	list := []byte{'['}
	for i, v := range values {
		if i > 0 {
			list = append(list, ',')
		}
		list = event.AppendQuoted(list, v)
	}
	return string(append(list, ']'))
}

// Techniques implements [store.Tags].
func (t *TagTable) Techniques(ctx context.Context, f store.Filter) (ts []store.TechniqueCount, err error) {
	s := selectionOf(f)
	err = t.db.view(ctx, "reading techniques", func(ctx context.Context, tx *sqldb.Tx) error {
		return tx.Query(ctx, func(rows *sqldb.Rows) error {
			var c store.TechniqueCount
			var first, last float64
			if err := rows.Scan(&c.Tactic, &c.Technique, &c.SubTechnique, &c.Hits, &c.Tags, &c.Rules, &c.Confidence, &first, &last); err != nil {
				return err
			}
			c.First, c.Last = fromSeconds(first), fromSeconds(last)
			ts = append(ts, c)
			return nil
		}, sqlTechniques+s.where("")+sqlGroupTechniques, s.args...)
	})
	return ts, err
}

// Subjects implements [store.Tags].
func (t *TagTable) Subjects(ctx context.Context, by store.Dimension, f store.Filter) (ss []store.Subject, err error) {
	s, g := selectionOf(f), groupings[by]
	err = t.db.view(ctx, "reading subjects", func(ctx context.Context, tx *sqldb.Tx) error {
		return tx.Query(ctx, func(rows *sqldb.Rows) error {
			var s store.Subject
			var first, last float64
			if err := rows.Scan(&s.ID, &s.Address, &s.Hits, &s.Tags, &s.Techniques, &first, &last); err != nil {
				return err
			}
			s.First, s.Last = fromSeconds(first), fromSeconds(last)
			ss = append(ss, s)
			return nil
		}, g.from+s.where(g.when)+g.to, s.args...)
	})
	return ss, err
}

func fromSeconds(s float64) time.Time { return time.UnixMilli(int64(math.Round(s * 1000))).UTC() }

// Each implements [store.Tags].
func (t *TagTable) Each(ctx context.Context, f store.Filter, limit int, yield func(*store.StoredTag) error) error {
	if limit == 0 {
		limit = -1
	}
	s := selectionOf(f)
	err := t.db.view(ctx, "reading tags", func(ctx context.Context, tx *sqldb.Tx) error {
		return tx.Query(ctx, func(rows *sqldb.Rows) error {
			tag, err := scanTag(rows)
			if err != nil {
				return err
			}
			return sqldb.Yielded(yield(&tag))
		}, sqlSelectTags+s.where("")+sqlNewestFirst, append(s.args, sql.Named("limit", limit))...)
	})
	return sqldb.Outcome(err)
}

// EachCounted implements [store.Tags].
func (t *TagTable) EachCounted(ctx context.Context, f store.Filter, yield func(*event.Tag) error) error {
	s := selectionOf(f)
	return sqldb.Outcome(t.db.view(ctx, "reading tags", func(ctx context.Context, tx *sqldb.Tx) error {
		return tx.Query(ctx, sqldb.Counted(yield), sqlCountedTags+s.where("")+` ORDER BY t.rowid DESC`, s.args...)
	}))
}

func scanTag(rows *sqldb.Rows) (t store.StoredTag, err error) {
	var uuid, evidence string
	var address, attacker, identity, sub, observed sql.NullString
	var session, decky sql.NullString
	var created int64
	err = rows.Scan(&uuid, &address, &t.SourceKind, &t.SourceID, &attacker, &identity, &session, &decky, &t.Tactic, &t.Technique,
		&sub, &t.Confidence, &t.RuleID, &t.RuleVersion, &evidence, &t.AttackRelease, &t.MitreURL, &observed, &created, &t.Seq)
	if err != nil {
		return t, err
	}
	t.UUID, err = parseUUID(uuid)
	t.AttackerIP, t.AttackerUUID, t.IdentityUUID = address.String, attacker.String, identity.String
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
