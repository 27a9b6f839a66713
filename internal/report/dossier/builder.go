package dossier

import (
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/corpus"
	"ttpctl/internal/engine/program"
	"ttpctl/internal/engine/shell"
	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/report/sessions"
	"ttpctl/internal/secrets"
	"ttpctl/internal/store"
)

// Bounds of what a Builder remembers.
const (
	maxAttackers  = 250_000
	maxSessions   = 1_000_000
	maxHours      = 50_000
	maxRuleCounts = 20_000
	maxIndicators = 20_000
	maxPairs      = 500_000  // of indicators with sessions, and with attackers
	maxTexts      = 20_000   // whose indicators, and whose shapes, are known
	maxKept       = 60_000   // sessions whose lines may be known
	maxKeptBytes  = 40 << 20 // of these lines, roughly
	maxValue      = 1 << 10  // bytes of an indicator
	maxName       = 160      // bytes of an attacker's name
)

// Config is what a Builder needs to know.
type Config struct {
	Catalogue *attack.Catalogue
	Countries *Countries // nil = no table was given
	Stored    bool       // the tags come from a database, and no events with them
}

// A Builder counts. It belongs to one goroutine, but for Recorder.
type Builder struct {
	config  Config
	fields  *fields
	keeper  *sessions.Keeper
	stored  *storedSessions // what keeper has not, of tags that come without events
	summary *report.Summary
	notes   []record // of the batch whose tags come next
	tagged  map[string]struct{}
	seed    maphash.Seed

	tags        int
	first, last time.Time
	rules       map[ruleKey]*Rule
	ruleIDs     map[string]struct{}
	attackers   map[string]uint32
	people      []person
	sessions    map[uint64]struct{}
	hours       map[int64]map[string]int
	at          time.Time // of stamp
	stamp       string

	commands int
	untagged corpus.Untagged

	indicators *indicators
	shapes     map[string]string // of command lines
	limits     map[string]struct{}
	names      map[string]string // that come again and again, each once
	examples   map[string]string // of evidence
}

type ruleKey struct{ tactic, technique, rule string }

// A person is an attacker while all is counted.
type person struct {
	name        string
	sessions    int
	tags        int
	techniques  []string
	first, last time.Time
}

// New returns a Builder of an empty dossier.
func New(c Config) *Builder {
	programs, err := program.NewTable()
	if err != nil {
		panic("dossier: " + err.Error()) // the table is part of the program, and its tests read it
	}
	b := &Builder{
		config: c, fields: newFields(), keeper: sessions.NewKeeper(sessions.Options{Sessions: maxKept, Bytes: maxKeptBytes}), summary: report.NewSummary(c.Catalogue),
		tagged: map[string]struct{}{}, seed: maphash.MakeSeed(), rules: map[ruleKey]*Rule{}, ruleIDs: map[string]struct{}{},
		attackers: map[string]uint32{}, sessions: map[uint64]struct{}{}, hours: map[int64]map[string]int{},
		limits: map[string]struct{}{}, names: map[string]string{}, examples: map[string]string{}, shapes: map[string]string{},
		indicators: newIndicators(shell.NewParser(), programs.NewAnalyzer()),
	}
	if c.Stored {
		b.stored = &storedSessions{entries: map[sessionKey]*sessions.Session{}}
	}
	return b
}

// Kept takes sessions that a database kept: they come before its tags.
func (b *Builder) Kept(l *store.KeptLines) error { return b.keeper.Restore(l) }

// Needs returns the payload fields that a run keeps for a dossier besides those
// that rules read.
func Needs() *event.FieldSet { return sessions.Needs() }

// limit remembers that something was left out.
func (b *Builder) limit(what string) { b.limits[what] = struct{}{} }

// Add takes what a Recorder noted of a batch. Batches come in input order, and the
// tags of each behind it.
func (b *Builder) Add(noted any) {
	n, ok := noted.(*notes)
	if !ok {
		return
	}
	b.keeper.Add(n.sessions)
	b.notes = n.list
}

// Tag takes tags, those of the batch that was added last if there is one. It keeps
// nothing of them.
func (b *Builder) Tag(tags []event.Tag) {
	b.summary.Add(tags)
	b.keeper.Tag(tags)
	for i := range tags {
		b.tag(&tags[i])
	}
	b.settle(tags)
}

// tag counts one tag.
func (b *Builder) tag(t *event.Tag) {
	b.tags++
	if t.ObservedAt != b.stamp {
		b.stamp = strings.Clone(t.ObservedAt)
		b.at, _ = time.Parse(time.RFC3339, t.ObservedAt) // what is no time counts as none
	}
	widen(&b.first, &b.last, b.at)
	b.rule(t)
	b.hour(t)
	p := b.person(t)
	if p != nil {
		p.tags++
		widen(&p.first, &p.last, b.at)
		p.techniques = addName(p.techniques, b.name(t.MostSpecific()))
		if t.SessionID.Valid && b.newSession(t.DeckyID.Value, t.SessionID.Value) {
			p.sessions++
		}
	}
	if b.stored != nil {
		b.remember(t)
	}
}

// widen makes a span hold at, unless that is no time.
func widen(first, last *time.Time, at time.Time) {
	if at.IsZero() {
		return
	}
	if first.IsZero() || at.Before(*first) {
		*first = at
	}
	if at.After(*last) {
		*last = at
	}
}

func (b *Builder) rule(t *event.Tag) {
	key := ruleKey{t.Tactic, t.MostSpecific(), t.RuleID}
	r := b.rules[key]
	if r == nil {
		if len(b.rules) == maxRuleCounts {
			b.limit("Rules beyond the first 20,000 pairs of rule and technique are not listed with their techniques.")
			return
		}
		r = &Rule{ID: strings.Clone(t.RuleID), Lowest: t.Confidence, Highest: t.Confidence}
		r.Example = secrets.Mask(report.Example(t.Evidence))
		b.rules[ruleKey{strings.Clone(key.tactic), strings.Clone(key.technique), r.ID}] = r
		b.ruleIDs[r.ID] = struct{}{}
	}
	r.Tags++
	r.Lowest, r.Highest = min(r.Lowest, t.Confidence), max(r.Highest, t.Confidence)
}

func (b *Builder) hour(t *event.Tag) {
	if b.at.IsZero() {
		return
	}
	h := floorDiv(b.at.Unix(), 3600)
	row := b.hours[h]
	if row == nil {
		if len(b.hours) == maxHours {
			b.limit("The timeline leaves out hours beyond the first 50,000.")
			return
		}
		row = map[string]int{}
		b.hours[h] = row
	}
	if n, ok := row[t.Tactic]; ok || len(row) < 64 {
		if !ok {
			row[strings.Clone(t.Tactic)] = 1
		} else {
			row[t.Tactic] = n + 1
		}
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// person returns who a tag is of, nil where nobody more is remembered.
func (b *Builder) person(t *event.Tag) *person {
	name := t.AttackerIP
	if name == "" {
		name = nameOf(t.AttackerUUID, t.IdentityUUID)
	}
	if i, ok := b.who(name); ok {
		return &b.people[i]
	}
	return nil
}

func (b *Builder) who(name string) (uint32, bool) {
	name = event.CutText(name, maxName)
	i, ok := b.attackers[name]
	if !ok {
		if len(b.attackers) == maxAttackers {
			b.limit("Attackers beyond the first 250,000 are counted in the totals only.")
			return 0, false
		}
		i, name = uint32(len(b.people)), strings.Clone(name)
		b.attackers[name] = i
		b.people = append(b.people, person{name: name})
	}
	return i, true
}

// newSession reports whether a session is seen for the first time.
func (b *Builder) newSession(sensor, session string) bool {
	h := b.hash(sensor, session)
	if _, ok := b.sessions[h]; ok {
		return false
	}
	if len(b.sessions) == maxSessions {
		b.limit("Sessions of an attacker are counted up to a million sessions in all.")
		return false
	}
	b.sessions[h] = struct{}{}
	return true
}

func (b *Builder) hash(sensor, session string) uint64 {
	var h maphash.Hash
	h.SetSeed(b.seed)
	_, _ = h.WriteString(sensor)
	_ = h.WriteByte(0)
	_, _ = h.WriteString(session)
	return h.Sum64()
}

// name returns a copy of a name of which there are few, the same each time.
func (b *Builder) name(s string) string {
	known, ok := b.names[s]
	if !ok {
		known = strings.Clone(s)
		if len(b.names) < maxRuleCounts {
			b.names[known] = known
		}
	}
	return known
}

// addName adds a name to a sorted list of few.
func addName(list []string, name string) []string {
	lo, hi := 0, len(list)
	for lo < hi {
		mid := (lo + hi) / 2
		switch {
		case list[mid] == name:
			return list
		case list[mid] < name:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	list = append(list, "")
	copy(list[lo+1:], list[lo:])
	list[lo] = name
	return list
}

// settle takes in what was noted of the events whose tags have come.
func (b *Builder) settle(tags []event.Tag) {
	if len(b.notes) == 0 {
		return
	}
	clear(b.tagged)
	for i := range tags {
		b.tagged[tags[i].SourceID] = struct{}{}
	}
	for i := range b.notes {
		n := &b.notes[i]
		if n.kind == event.KindCommand {
			b.commands++
			if _, ok := b.tagged[n.id]; !ok {
				b.untagged.AddText(n.text)
			}
		}
		b.indicate(n)
	}
	b.notes = nil
}

// Rules returns the rules that fired, sorted.
func (b *Builder) Rules() []string { return slices.Sorted(maps.Keys(b.ruleIDs)) }

// shape returns the shape of a command line; most lines come again and again.
func (b *Builder) shape(text string) string {
	shape, ok := b.shapes[text]
	if !ok {
		shape = corpus.Shape(text)
		if len(b.shapes) < maxTexts {
			b.shapes[text] = shape
		}
	}
	return shape
}
