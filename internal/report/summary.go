package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
	"ttpctl/internal/sorting"
)

// distinctLimit is how many distinct attackers, and sessions, a summary tells
// apart. At the limit a census takes about 8 MB and a set of all its members
// 31 kB, for any number of tags.
const distinctLimit = 250_000

// nameBytes is how much of an attacker's id is kept: a UUID and some.
const nameBytes = 64

// A Summary counts tags by technique. It belongs to one goroutine. Its size
// depends on how many rules and techniques there are, not on how many tags:
// at the limit of distinct attackers and sessions it takes about 40 MB.
type Summary struct {
	catalogue  *attack.Catalogue
	techniques map[techniqueKey]*tally
	attackers  census
	identities census // of tags without an attacker
	sessions   census
	names      []string // of the attackers, by number, for the few that are shown
	addresses  []string // beside names, "" where the tags carry none
	perName    []int    // tags, by number of the attacker
	tags       int
	seen       span
	activity   Activity
}

// A techniqueKey is one row of a summary: rules may see one technique under
// several tactics.
type techniqueKey struct{ tactic, id string }

// A tally is what is known about one technique.
type tally struct {
	domain     attack.Domain
	tags       int
	attackers  set
	identities set // of tags without an attacker
	sessions   set
	alone      int // tags of no session
	seen       span
	activity   Activity
	rules      map[string]*set // the sessions of each
	example    string
}

// hits returns how often the technique was seen: once for each session and
// rule, and each time where there is no session.
func (t *tally) hits() Count {
	c := Count{N: t.alone}
	for _, sessions := range t.rules {
		c.N += sessions.n
		c.More = c.More || sessions.more
	}
	return c
}

// A span is the time from the first to the last observation; zero when
// nothing was observed at a known time.
type span struct{ first, last time.Time }

func (s *span) add(at time.Time) {
	if at.IsZero() {
		return
	}
	if s.first.IsZero() || at.Before(s.first) {
		s.first = at
	}
	if at.After(s.last) {
		s.last = at
	}
}

// A TechniqueCount is one technique of a summary.
type TechniqueCount struct {
	Tactic     string // TAxxxx
	Technique  string // the most specific id
	Domain     attack.Domain
	Hits       Count // once for each session and rule
	Tags       int   // one for each event
	Attackers  Count
	Sessions   Count
	First      time.Time // zero = no tag had a time
	Last       time.Time
	Rules      []string // sorted ids
	Example    string   // an attacker's text, not escaped
	Identities Count    // with tags of no single attacker
}

// An AttackerCount is one attacker of a summary.
type AttackerCount struct {
	Attacker   string // its attacker_uuid, which need be no UUID, cut to 64 bytes
	Address    string // the address that it was derived from, "" when it was given
	Tags       int
	Techniques int
}

// NewSummary returns an empty summary that takes names from c.
func NewSummary(c *attack.Catalogue) *Summary {
	return newSummary(c, distinctLimit)
}

func newSummary(c *attack.Catalogue, limit int) *Summary {
	return &Summary{
		catalogue:  c,
		techniques: make(map[techniqueKey]*tally),
		attackers:  newCensus(limit),
		identities: newCensus(limit),
		sessions:   newCensus(limit),
	}
}

// Add counts tags. It keeps nothing of them.
func (s *Summary) Add(tags []event.Tag) {
	var at time.Time
	for i := range tags {
		t := &tags[i]
		if i == 0 || t.ObservedAt != tags[i-1].ObservedAt {
			// A text that is not a time counts as no time at all.
			at, _ = time.Parse(time.RFC3339, t.ObservedAt)
		}
		s.tags++
		s.seen.add(at)
		s.activity.Add(at)
		row := s.tally(t)
		row.tags++
		row.seen.add(at)
		row.activity.Add(at)
		s.addAttacker(row, t)
		s.addSession(row, t)
		if row.example == "" {
			row.example = exampleOf(t.Evidence)
		}
	}
}

func (s *Summary) addSession(row *tally, t *event.Tag) {
	hits := row.rules[t.RuleID]
	if hits == nil {
		hits = &set{}
		row.rules[strings.Clone(t.RuleID)] = hits
	}
	if !t.SessionID.Valid {
		row.alone++
		return
	}
	id, _, ok := s.sessions.id(t.SessionID.Value)
	row.sessions.note(id, ok)
	hits.note(id, ok)
}

func (s *Summary) addAttacker(row *tally, t *event.Tag) {
	name := t.AttackerUUID
	if name == "" {
		if t.IdentityUUID != "" {
			id, _, ok := s.identities.id(t.IdentityUUID)
			row.identities.note(id, ok)
		}
		return
	}
	id, fresh, ok := s.attackers.id(name)
	if fresh {
		s.names = append(s.names, strings.Clone(name[:min(len(name), nameBytes)]))
		s.addresses = append(s.addresses, strings.Clone(t.AttackerIP))
		s.perName = append(s.perName, 0)
	}
	if ok {
		s.perName[id]++
	}
	row.attackers.note(id, ok)
}

// tally returns the row that t counts in.
func (s *Summary) tally(t *event.Tag) *tally {
	key := techniqueKey{t.Tactic, t.MostSpecific()}
	row := s.techniques[key]
	if row == nil {
		row = &tally{domain: domainOf(t.AttackRelease), rules: make(map[string]*set)}
		s.techniques[techniqueKey{strings.Clone(key.tactic), strings.Clone(key.id)}] = row
	}
	return row
}

// domainOf returns the domain that a tag's attack_release (ics-v19.1) names.
func domainOf(release string) attack.Domain {
	name, _, _ := strings.Cut(release, "-v")
	for _, d := range attack.Domains() {
		if string(d) == name+"-attack" {
			return d
		}
	}
	return attack.Enterprise
}

// Techniques returns the techniques, the one with most hits first, ties by
// technique id and tactic.
func (s *Summary) Techniques() []TechniqueCount {
	counts := make([]TechniqueCount, 0, len(s.techniques))
	for key, row := range s.techniques {
		counts = append(counts, TechniqueCount{
			Tactic: key.tactic, Technique: key.id, Domain: row.domain,
			Hits: row.hits(), Tags: row.tags, Attackers: row.attackers.count(), Identities: row.identities.count(), Sessions: row.sessions.count(),
			First: row.seen.first, Last: row.seen.last,
			Rules: slices.Sorted(maps.Keys(row.rules)), Example: row.example,
		})
	}
	sorting.By(counts, func(a, b TechniqueCount) int {
		return cmp.Or(cmp.Compare(b.Hits.N, a.Hits.N), cmp.Compare(a.Technique, b.Technique), cmp.Compare(a.Tactic, b.Tactic))
	})
	return counts
}

// Attackers returns the n attackers with most tags, ties by id. Beyond the
// limit of distinct attackers, those that came later are not among them.
func (s *Summary) Attackers(n int) []AttackerCount {
	order := func(a, b uint32) int {
		return cmp.Or(cmp.Compare(s.perName[b], s.perName[a]), cmp.Compare(s.names[a], s.names[b]), cmp.Compare(a, b))
	}
	var top []uint32
	for id := range uint32(len(s.perName)) {
		at, _ := slices.BinarySearchFunc(top, id, order)
		if at >= n {
			continue
		}
		if len(top) == n {
			top = top[:n-1]
		}
		top = slices.Insert(top, at, id)
	}
	counts := make([]AttackerCount, len(top))
	for i, id := range top {
		counts[i] = AttackerCount{s.names[id], s.addresses[id], s.perName[id], s.techniquesOf(id)}
	}
	return counts
}

// techniquesOf returns how many techniques the attacker showed.
func (s *Summary) techniquesOf(attacker uint32) int {
	ids := make(map[string]struct{})
	for key, row := range s.techniques {
		if row.attackers.has(attacker) {
			ids[key.id] = struct{}{}
		}
	}
	return len(ids)
}
