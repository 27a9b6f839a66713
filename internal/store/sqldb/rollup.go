package sqldb

import (
	"math"
	"strings"

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
)

// byMember returns the grouping by what a table m (id, seq) says of tags.
func byMember(members string) Grouping {
	return Grouping{`SELECT m.id, '', ` + subjectColumns + ` FROM (` + members + `) m JOIN ttp_tag t ON t.seq = m.seq`, ``, ` GROUP BY m.id ORDER BY m.id`}
}

var groupings = [store.Dimensions]Grouping{
	store.ByTechnique: GroupBy("technique_id", `''`, subjectColumns, ``),
	store.ByAttacker:  GroupBy("attacker_uuid", `coalesce(max(t.attacker_ip), '')`, subjectColumns, `t.attacker_uuid IS NOT NULL`),
	store.BySession:   GroupBy("session_id", `''`, subjectColumns, `t.session_id IS NOT NULL`),
	store.ByRule:      GroupBy("rule_id", `''`, subjectColumns, ``),
	store.ByIdentity: byMember(`SELECT identity_uuid AS id, seq FROM ttp_tag WHERE identity_uuid IS NOT NULL
UNION
SELECT i.identity_uuid, a.seq FROM (SELECT DISTINCT identity_uuid FROM ttp_tag WHERE identity_uuid IS NOT NULL) i
JOIN ttp_identity_attacker l ON l.identity_uuid = i.identity_uuid JOIN ttp_tag a ON a.attacker_uuid = l.attacker_uuid`),
	store.ByCampaign: byMember(`SELECT c.campaign AS id, a.seq FROM ttp_campaign_identity c JOIN ttp_tag a ON a.identity_uuid = c.identity_uuid
UNION
SELECT c.campaign, a.seq FROM ttp_campaign_identity c
JOIN ttp_identity_attacker l ON l.identity_uuid = c.identity_uuid JOIN ttp_tag a ON a.attacker_uuid = l.attacker_uuid`),
}

// reading is how the tags of a server are read.
var reading = Reading{
	Select:     func(f store.Filter) Selection { return selectionOf(f).Selection },
	Techniques: sqlTechniques, GroupTechniques: sqlGroupTechniques,
	Groupings: groupings,
	Tags:      `SELECT ` + TagColumns + `, t.seq FROM ttp_tag t`,
	Counted:   `SELECT ` + CountedColumns + `t.long_ids FROM ttp_tag t`,
	Newest:    ` ORDER BY t.seq DESC`, Limit: ` LIMIT ?`,
	Most: func(limit int) any {
		if limit == 0 {
			return int64(math.MaxInt64)
		}
		return int64(limit)
	},
}

type selection struct{ Selection }

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
	s.Conditions = append(s.Conditions, condition)
	s.Args = append(s.Args, args...)
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
			s.Args = append(s.Args, v)
		}
	}
	s.Conditions = append(s.Conditions, condition)
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
