package sqldb

import (
	"context"
	"database/sql"
	"math"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

// Conditions on a tag t, for the members of a [store.Filter]; %s is a list of
// parameters. What several indexes lead to is a table of its own: a condition
// with OR would read all tags.
const (
	whenTechnique = `t.technique_id IN %s AND (t.technique_id IN %s OR t.sub_technique_id IN %s)`
	// What leads to the tags of a technique, where nothing else chooses better.
	whenSaid     = `t.rule_id IN (SELECT rule_id FROM ttp_rule_technique WHERE technique_id IN %s)`
	whenAttacker = `t.attacker_uuid IN %s`
	// An address stands for the attacker that is derived from it too.
	whenAddress = `t.seq IN (SELECT u.seq FROM (
SELECT a.seq FROM ttp_tag a WHERE a.attacker_uuid IN %s
UNION
SELECT a.seq FROM ttp_address o JOIN ttp_tag a ON a.attacker_uuid = o.anchor WHERE o.address IN %s AND a.attacker_ip IN %s
UNION
SELECT a.seq FROM ttp_address o JOIN ttp_tag a ON a.identity_uuid = o.anchor WHERE o.address IN %s AND a.attacker_ip IN %s) u)`
	whenIdentity = `t.seq IN (SELECT u.seq FROM (
SELECT a.seq FROM ttp_tag a WHERE a.identity_uuid = ?
UNION
SELECT a.seq FROM ttp_identity_attacker l JOIN ttp_tag a ON a.attacker_uuid = l.attacker_uuid WHERE l.identity_uuid = ?) u)`
	whenCampaign = `t.seq IN (SELECT u.seq FROM (
SELECT a.seq FROM ttp_campaign_identity c JOIN ttp_tag a ON a.identity_uuid = c.identity_uuid WHERE c.campaign = ?
UNION
SELECT a.seq FROM ttp_campaign_identity c JOIN ttp_identity_attacker l ON l.identity_uuid = c.identity_uuid
JOIN ttp_tag a ON a.attacker_uuid = l.attacker_uuid WHERE c.campaign = ?) u)`
	// Rules of one version, which most are, cost no look at other tags.
	whenNewest = `NOT (t.rule_id IN (SELECT rule_id FROM ttp_tag_version GROUP BY rule_id HAVING count(*) > 1)
AND EXISTS (SELECT 1 FROM ttp_tag n WHERE n.rule_id = t.rule_id AND n.source_id = t.source_id AND n.source_kind = t.source_kind AND n.rule_version > t.rule_version))`
)

// hits counts sessions and rules; a tag of no session is one of its own. A
// rule_id has no slash.
const hits = `count(DISTINCT coalesce(t.session_id, CAST(t.uuid AS CHAR(36))) || '/' || t.rule_id`

const (
	sqlTechniques = `SELECT t.tactic, t.technique_id, coalesce(t.sub_technique_id, ''), ` + hits + `), count(*), count(DISTINCT t.rule_id), max(t.confidence),
min(t.seen_at), max(t.seen_at) FROM ttp_tag t`
	sqlGroupTechniques = ` GROUP BY t.technique_id, t.sub_technique_id, t.tactic ORDER BY t.technique_id, coalesce(t.sub_technique_id, ''), t.tactic`

	subjectColumns = hits + ` || '/' || coalesce(t.sub_technique_id, t.technique_id)), count(*), count(DISTINCT coalesce(t.sub_technique_id, t.technique_id)), min(t.seen_at), max(t.seen_at)`

	sqlSelectTags  = `SELECT ` + TagColumns + `, t.seq FROM ttp_tag t`
	sqlCountedTags = `SELECT ` + CountedColumns + `t.long_ids FROM ttp_tag t`
	sqlNewestFirst = ` ORDER BY t.seq DESC LIMIT ?`
)

// A grouping lists what a Dimension has, with the tags of each: from, then a
// condition of its own and those of a filter, then to.
type grouping struct{ from, when, to string }

// by returns the grouping by a column of tags.
func by(column, address, when string) grouping {
	return grouping{`SELECT t.` + column + `, ` + address + `, ` + subjectColumns + ` FROM ttp_tag t`, when, ` GROUP BY t.` + column + ` ORDER BY t.` + column}
}

// byMember returns the grouping by what a table m (id, seq) says of tags.
func byMember(members string) grouping {
	return grouping{`SELECT m.id, '', ` + subjectColumns + ` FROM (` + members + `) m JOIN ttp_tag t ON t.seq = m.seq`, ``, ` GROUP BY m.id ORDER BY m.id`}
}

var groupings = [...]grouping{
	store.ByTechnique: by("technique_id", `''`, ``),
	store.ByAttacker:  by("attacker_uuid", `coalesce(max(t.attacker_ip), '')`, `t.attacker_uuid IS NOT NULL`),
	store.BySession:   by("session_id", `''`, `t.session_id IS NOT NULL`),
	store.ByRule:      by("rule_id", `''`, ``),
	store.ByIdentity: byMember(`SELECT identity_uuid AS id, seq FROM ttp_tag WHERE identity_uuid IS NOT NULL
UNION
SELECT i.identity_uuid, a.seq FROM (SELECT DISTINCT identity_uuid FROM ttp_tag WHERE identity_uuid IS NOT NULL) i
JOIN ttp_identity_attacker l ON l.identity_uuid = i.identity_uuid JOIN ttp_tag a ON a.attacker_uuid = l.attacker_uuid`),
	store.ByCampaign: byMember(`SELECT c.campaign AS id, a.seq FROM ttp_campaign_identity c JOIN ttp_tag a ON a.identity_uuid = c.identity_uuid
UNION
SELECT c.campaign, a.seq FROM ttp_campaign_identity c
JOIN ttp_identity_attacker l ON l.identity_uuid = c.identity_uuid JOIN ttp_tag a ON a.attacker_uuid = l.attacker_uuid`),
}

// A selection is a [store.Filter] as SQL: what must hold of a tag t.
type selection struct {
	conditions []string
	args       []any
}

func selectionOf(f store.Filter) selection {
	var s selection
	if f.MinConfidence > 0 {
		s.add(`t.confidence >= ?`, f.MinConfidence)
	}
	if !f.Since.IsZero() {
		s.add(`t.seen_at >= ?`, f.Since.UnixMilli())
	}
	if !f.Until.IsZero() {
		s.add(`t.seen_at < ?`, f.Until.UnixMilli())
	}
	s.techniques(f)
	s.lists(`t.tactic IN %s`, f.Tactics)
	s.lists(`t.rule_id IN %s`, f.Rules)
	s.lists(`t.session_id IN %s`, keys(f.Sessions))
	s.attackers(f.Attackers)
	if f.Identity != "" {
		s.add(whenIdentity, Key(f.Identity), Key(f.Identity))
	}
	if f.Campaign != "" {
		s.add(whenCampaign, f.Campaign, f.Campaign)
	}
	if f.Before > 0 {
		s.add(`t.seq < ?`, f.Before)
	}
	if !f.AllVersions {
		s.add(whenNewest)
	}
	return s
}

func (s *selection) add(condition string, args ...any) {
	s.conditions = append(s.conditions, condition)
	s.args = append(s.args, args...)
}

// lists adds a condition with a list for each %s, unless the first is empty. Of
// the others an empty one has nothing in it.
func (s *selection) lists(condition string, values ...[]string) {
	if len(values[0]) == 0 {
		return
	}
	for _, vs := range values {
		in := "(NULL)"
		if len(vs) > 0 {
			in = list(len(vs))
		}
		condition = strings.Replace(condition, "%s", in, 1)
		for _, v := range vs {
			s.args = append(s.args, v)
		}
	}
	s.conditions = append(s.conditions, condition)
}

func (s *selection) techniques(f store.Filter) {
	var parents []string
	for _, id := range f.Techniques {
		parent, _, _ := strings.Cut(id, ".")
		parents = append(parents, parent)
	}
	s.lists(whenTechnique, parents, f.Techniques, f.Techniques)
	if len(f.Rules)+len(f.Sessions)+len(f.Attackers) == 0 && f.Identity == "" && f.Campaign == "" {
		s.lists(whenSaid, parents)
	}
}

func (s *selection) attackers(as []store.Attacker) {
	var uuids, addresses []string
	for _, a := range as {
		uuids = append(uuids, Key(a.UUID))
		if a.Address != "" {
			addresses = append(addresses, a.Address)
		}
	}
	if len(addresses) == 0 {
		s.lists(whenAttacker, uuids)
		return
	}
	s.lists(whenAddress, uuids, addresses, addresses, addresses, addresses)
}

func keys(ids []string) (keys []string) {
	for _, id := range ids {
		keys = append(keys, Key(id))
	}
	return keys
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

// Techniques implements [store.Tags].
func (t *TagTable) Techniques(ctx context.Context, f store.Filter) (ts []store.TechniqueCount, err error) {
	s := selectionOf(f)
	err = t.db.View(ctx, "reading techniques", func(ctx context.Context, tx *Tx) error {
		return tx.Query(ctx, func(rows *Rows) error {
			var c store.TechniqueCount
			var first, last int64
			err := rows.Scan(&c.Tactic, &c.Technique, &c.SubTechnique, &c.Hits, &c.Tags, &c.Rules, &c.Confidence, &first, &last)
			c.First, c.Last = time.UnixMilli(first).UTC(), time.UnixMilli(last).UTC()
			ts = append(ts, c)
			return err
		}, sqlTechniques+s.where("")+sqlGroupTechniques, s.args...)
	})
	return ts, err
}

// Subjects implements [store.Tags].
func (t *TagTable) Subjects(ctx context.Context, by store.Dimension, f store.Filter) (ss []store.Subject, err error) {
	s, g := selectionOf(f), groupings[by]
	err = t.db.View(ctx, "reading subjects", func(ctx context.Context, tx *Tx) error {
		return tx.Query(ctx, func(rows *Rows) error {
			var s store.Subject
			var first, last int64
			err := rows.Scan(&s.ID, &s.Address, &s.Hits, &s.Tags, &s.Techniques, &first, &last)
			s.First, s.Last = time.UnixMilli(first).UTC(), time.UnixMilli(last).UTC()
			ss = append(ss, s)
			return err
		}, g.from+s.where(g.when)+g.to, s.args...)
	})
	return ss, err
}

// Each implements [store.Tags].
func (t *TagTable) Each(ctx context.Context, f store.Filter, limit int, yield func(*store.StoredTag) error) error {
	most := int64(math.MaxInt64)
	if limit > 0 {
		most = int64(limit)
	}
	s := selectionOf(f)
	return Outcome(t.db.View(ctx, "reading tags", func(ctx context.Context, tx *Tx) error {
		return tx.Query(ctx, func(rows *Rows) error {
			tag, err := scanTag(rows)
			if err != nil {
				return err
			}
			return Yielded(yield(&tag))
		}, sqlSelectTags+s.where("")+sqlNewestFirst, append(s.args, most)...)
	}))
}

// EachCounted implements [store.Tags].
func (t *TagTable) EachCounted(ctx context.Context, f store.Filter, yield func(*event.Tag) error) error {
	s := selectionOf(f)
	return Outcome(t.db.View(ctx, "reading tags", func(ctx context.Context, tx *Tx) error {
		return tx.Query(ctx, Counted(yield), sqlCountedTags+s.where("")+` ORDER BY t.seq DESC`, s.args...)
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
