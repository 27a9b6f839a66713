// Package cases gathers tags for those to whom they are passed on: not a tag an
// event but, for each attacker and session, which techniques were seen, how often,
// from when to when, by which rules, and what there is to look for elsewhere.
//
// Invariants:
//   - What comes out depends on the tags and their order only.
//   - Memory is bounded ([Limits]): beyond so many sessions a new one counts with
//     its attacker's others, beyond so many attackers a new one counts without a
//     name. [Set.Folded] says how many tags came to count so.
//   - Every text is fit for a document that leaves the house (package traces).
//
// For example:
//
//	set := cases.New(cases.DefaultLimits())
//	set.Add(tags)
//	for _, c := range set.Cases() { ... c.Sightings ... c.Traces }
package cases

import (
	"slices"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/report/traces"
)

// Limits bound what a [Set] remembers.
type Limits struct {
	Cases     int // attackers and sessions told apart
	Sightings int // techniques in them
	Traces    int // distinct commands, URLs and files
	PerCase   int // of them in one case
}

// DefaultLimits keep a set below 100 MB and a document below some 100 MB, which
// is more than those who import one take.
func DefaultLimits() Limits {
	return Limits{Cases: 20_000, Sightings: 50_000, Traces: 20_000, PerCase: 32}
}

// A Span is from the first to the last observation, zero when no tag had a time.
type Span struct{ First, Last time.Time }

func (s *Span) add(at time.Time) {
	if at.IsZero() {
		return
	}
	if s.First.IsZero() || at.Before(s.First) {
		s.First = at
	}
	if at.After(s.Last) {
		s.Last = at
	}
}

// A Case is one attacker in one session. Attacker and Session are "" where the tags
// have none, and beyond the limits.
type Case struct {
	Attacker  string // attacker_uuid
	Address   string // canonical, "" = not known
	Session   string
	Decoy     string
	Span      Span
	Tags      int
	Sightings []*Sighting // in the order of their first tags
	Traces    []*Trace    // likewise
	key       key
}

// A Sighting is one technique in one case.
type Sighting struct {
	Technique  string   // the most specific id
	Tactics    []string // TAxxxx
	Release    string   // enterprise-v19.1
	Confidence float64  // the highest
	Span       Span
	Tags       int
	Rules      []string // in the order of their first tags
}

// A Kind says what a trace is of.
type Kind byte

// The kinds.
const (
	Command Kind = iota
	URL
	File
)

// A Trace is something to look for, whoever showed it.
type Trace struct {
	Kind    Kind
	Command string
	URL     traces.URL
	File    traces.File
	Span    Span
}

// A name tells traces apart.
type name struct {
	kind Kind
	text string
}

// A key tells cases apart.
type key struct{ attacker, address, session string }

// A Set gathers tags. It belongs to one goroutine.
type Set struct {
	limits    Limits
	byKey     map[key]*Case
	list      []*Case
	traces    map[name]*Trace
	order     []*Trace
	sightings int
	folded    int
	tags      int
	span      Span

	// Tags of one event follow each other.
	lastTime string
	at       time.Time
	last     *Case
	reader   traces.Reader
	shown    []byte // the evidence read last
	found    []*Trace
}

// New returns an empty set.
func New(l Limits) *Set {
	return &Set{limits: l, byKey: make(map[key]*Case), traces: make(map[name]*Trace)}
}

// Cases returns the cases in the order of their first tags.
func (s *Set) Cases() []*Case { return s.list }

// Traces returns all traces in the order in which they were met.
func (s *Set) Traces() []*Trace { return s.order }

// Span returns the time from the first to the last tag.
func (s *Set) Span() Span { return s.span }

// Tags returns how many tags were added.
func (s *Set) Tags() int { return s.tags }

// Folded returns how many tags count without their session, or their attacker.
func (s *Set) Folded() int { return s.folded }

// Add counts tags. It keeps nothing of them.
func (s *Set) Add(tags []event.Tag) {
	for i := range tags {
		s.add(&tags[i])
	}
	s.shown, s.found = nil, nil // the bytes may be another evidence in the next batch
}

func (s *Set) add(t *event.Tag) {
	if t.ObservedAt != s.lastTime {
		s.lastTime = strings.Clone(t.ObservedAt)
		// A text that is not a time counts as no time at all, and so does a year
		// that the documents cannot write.
		at, err := time.Parse(time.RFC3339, t.ObservedAt)
		if err != nil || at.Year() < 1 || at.Year() > 9999 {
			at = time.Time{}
		}
		s.at = at.UTC()
	}
	s.tags++
	s.span.add(s.at)
	c, sighting := s.place(t)
	c.Tags++
	c.Span.add(s.at)
	if c.Decoy == "" && t.DeckyID.Value != "" {
		c.Decoy = strings.Clone(traces.Text(t.DeckyID.Value))
	}
	sighting.add(t, s.at)
	s.addTraces(c, t.Evidence)
}

// place returns where t counts: as near to its attacker and session as the limits
// allow.
func (s *Set) place(t *event.Tag) (*Case, *Sighting) {
	k := key{t.AttackerUUID, t.AttackerIP, t.SessionID.Value}
	for _, k := range [...]key{k, {attacker: k.attacker, address: k.address}, {}} {
		c := s.find(k)
		if c == nil {
			continue
		}
		if sighting := s.sighting(c, t, k == key{}); sighting != nil {
			if k.session != t.SessionID.Value || k.attacker != t.AttackerUUID {
				s.folded++
			}
			return c, sighting
		}
	}
	panic("cases: the case of nobody takes every tag")
}

// find returns the case of k, nil when there is none and no room for it. Of an
// attacker without a session there may be half as many again, and for nobody there
// is always room.
func (s *Set) find(k key) *Case {
	if s.last != nil && s.last.key == k {
		return s.last
	}
	c := s.byKey[k]
	if c == nil {
		limit := s.limits.Cases
		switch {
		case k == key{}:
			limit = len(s.list) + 1
		case k.session == "":
			limit += limit / 2
		}
		if len(s.list) >= limit || s.sightings >= s.limits.Sightings && k != (key{}) {
			return nil
		}
		k = key{strings.Clone(k.attacker), strings.Clone(k.address), strings.Clone(k.session)}
		c = &Case{Attacker: traces.Text(k.attacker), Address: k.address, Session: traces.Text(k.session), key: k}
		s.byKey[k] = c
		s.list = append(s.list, c)
	}
	s.last = c
	return c
}

// sighting returns what t counts in, nil when there is no room for it.
func (s *Set) sighting(c *Case, t *event.Tag, always bool) *Sighting {
	id := t.MostSpecific()
	for _, x := range c.Sightings {
		if x.Technique == id {
			return x
		}
	}
	if s.sightings >= s.limits.Sightings && !always {
		return nil
	}
	s.sightings++
	x := &Sighting{Technique: strings.Clone(id), Release: strings.Clone(t.AttackRelease)}
	c.Sightings = append(c.Sightings, x)
	return x
}

// maxRules is how many rules of a sighting are named.
const maxRules = 32

func (x *Sighting) add(t *event.Tag, at time.Time) {
	x.Tags++
	x.Span.add(at)
	x.Confidence = max(x.Confidence, t.Confidence)
	if !slices.Contains(x.Tactics, t.Tactic) {
		x.Tactics = append(x.Tactics, strings.Clone(t.Tactic))
	}
	if len(x.Rules) < maxRules && !slices.Contains(x.Rules, t.RuleID) {
		x.Rules = append(x.Rules, strings.Clone(t.RuleID))
	}
}

// addTraces adds what the evidence shows to the case.
func (s *Set) addTraces(c *Case, evidence []byte) {
	// The tags of one hit share their evidence.
	if len(evidence) == 0 {
		return
	}
	if len(evidence) != len(s.shown) || &evidence[0] != &s.shown[0] {
		s.shown, s.found = evidence, s.found[:0]
		s.read(s.reader.Read(evidence))
	}
	for _, x := range s.found {
		x.Span.add(s.at)
		if len(c.Traces) < s.limits.PerCase && !slices.Contains(c.Traces, x) {
			c.Traces = append(c.Traces, x)
		}
	}
}

// read fills found.
func (s *Set) read(t traces.Traces) {
	if t.Command != "" {
		s.note(name{Command, t.Command}, Trace{Kind: Command, Command: t.Command})
	}
	for _, u := range t.URLs {
		s.note(name{URL, u.Text}, Trace{Kind: URL, URL: u})
	}
	if t.File.Hash != "" {
		s.note(name{File, t.File.Hash}, Trace{Kind: File, File: t.File})
	}
}

func (s *Set) note(n name, x Trace) {
	known := s.traces[n]
	if known == nil {
		if len(s.order) >= s.limits.Traces {
			return
		}
		known = new(Trace) // not &x, which would be one for every call
		*known = x
		s.traces[n] = known
		s.order = append(s.order, known)
	}
	s.found = append(s.found, known)
}
