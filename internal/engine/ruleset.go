package engine

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"sync/atomic"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine/program"
	"ttpctl/internal/event"
	"ttpctl/internal/sorting"
)

// A Ruleset is a set of compiled rules and their index. It is immutable and
// safe for concurrent use.
type Ruleset struct {
	rules    []*Rule // rule_id order
	indexing sync.Once
	indexed  atomic.Bool
	before   *Ruleset // whose indexes those of rs may be made from, until they are
	index    [event.NumKinds]lateIndex
	outlines *Outlines // of the index
	needs    *event.FieldSet
	derived  derivation     // what the rules read of the view of a shell
	table    *program.Table // by which lines are analysed, whether a rule asks or not
	steps    []stepRef      // of sequences over sessions; the index knows them by len(rules) + index
	tallies  bool           // some rule counts what a session's events were tagged with
	follows  bool           // some sequence over sessions binds files
	changed  []int          // the rules that index has on top of what it was built with
	hash     string
	reading  [event.NumKinds]memoReading
	twins    twins
	// catalogue is the one that the rules were checked against.
	catalogue *attack.Catalogue

	replaced map[string]*Rule // by rules of higher layers; by file name
}

// newRuleset puts together rules, whose ids are distinct. before, when not nil, is
// the ruleset that this one replaces: what did not change is taken from it.
func newRuleset(rules []*Rule, table *program.Table, before *Ruleset) *Ruleset {
	byID := func(a, b *Rule) int { return cmp.Compare(a.ID, b.ID) }
	if !slices.IsSortedFunc(rules, byID) {
		rules = sorting.Values(slices.Values(rules), byID)
	}
	rs := &Ruleset{table: table, rules: rules}
	for i, r := range rs.rules {
		for k := range r.steps {
			rs.steps = append(rs.steps, stepRef{uint32(i), k})
		}
		rs.follows = rs.follows || r.files
		rs.tallies = rs.tallies || r.tallies
	}
	if before != nil && before.indexed.Load() {
		rs.before = before
	}
	rs.needs = needsOf(rs.rules, before)
	rs.reading = memoReadingsOf(rs.rules)
	rs.derived = derivationFor(rs.needs, rs.rules, table)
	rs.hash = hashOf(rs.rules)
	rs.twins = twinsAmong(rs.rules)
	return rs
}

// makeIndex makes the indexes that are sure to be asked for: those of the kinds that
// the ruleset before has met events of. That of another kind is made when an event of
// it comes, for most inputs are of one kind. Whoever only lists rules needs none: the
// first snapshot of rs makes them.
func (rs *Ruleset) makeIndex() {
	rs.indexing.Do(func() {
		if before := rs.before; before != nil && !rs.reindex(before) {
			var wg sync.WaitGroup
			for _, k := range event.Kinds() {
				if before.index[k].made.Load() {
					wg.Go(func() { rs.indexOf(k) })
				}
			}
			wg.Wait()
		}
		rs.before = nil
		rs.indexed.Store(true)
	})
}

// indexOf returns the index of one kind, nil when no rule asks for any. It is safe
// for concurrent use.
func (rs *Ruleset) indexOf(k event.Kind) *kindIndex {
	x := &rs.index[k]
	x.once.Do(func() { x.set(newKindIndex(k, rs)) })
	return x.ix
}

// A lateIndex is made once, by whoever asks first.
type lateIndex struct {
	once sync.Once
	made atomic.Bool
	ix   *kindIndex
}

func (x *lateIndex) set(ix *kindIndex) {
	x.ix = ix
	x.made.Store(true)
}

// Catalogue returns the one that the rules were checked against.
func (rs *Ruleset) Catalogue() *attack.Catalogue { return rs.catalogue }

// Rules returns the rules in rule_id order. The slice is shared.
func (rs *Ruleset) Rules() []*Rule { return rs.rules }

// Replaced returns the rules that those of higher layers stand in for, by the
// names of their files. The map is shared.
func (rs *Ruleset) Replaced() map[string]*Rule { return rs.replaced }

// Rule returns the rule with that id, or nil.
func (rs *Ruleset) Rule(id string) *Rule {
	i, ok := rs.find(id)
	if !ok {
		return nil
	}
	return rs.rules[i]
}

func (rs *Ruleset) find(id string) (i int, ok bool) {
	return slices.BinarySearchFunc(rs.rules, id, func(r *Rule, id string) int { return cmp.Compare(r.ID, id) })
}

// stepsAmong returns those of ids, which ascend, that are steps, as indexes in
// rs.steps behind the rules.
func (rs *Ruleset) stepsAmong(ids []uint32) []uint32 {
	n := len(ids)
	for n > 0 && int(ids[n-1]) >= len(rs.rules) {
		n--
	}
	return ids[n:]
}

// Hash returns the ruleset hash in hex: SHA-256 over, for each rule in
// rule_id order, its id, a zero byte and the SHA-256 of its file's bytes.
func (rs *Ruleset) Hash() string { return rs.hash }

// Needs returns the payload fields that the rules, and the evidence of their
// hits, can read.
func (rs *Ruleset) Needs() *event.FieldSet { return rs.needs }

func hashOf(rules []*Rule) string {
	h := sha256.New()
	for _, r := range rules {
		h.Write([]byte(r.ID))
		h.Write([]byte{0})
		h.Write(r.Hash[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// needsOf returns what rules read. before may have the same set.
func needsOf(rules []*Rule, before *Ruleset) *event.FieldSet {
	if before != nil && slices.EqualFunc(rules, before.rules, func(a, b *Rule) bool { return a == b || a.needs.Equal(b.needs) }) {
		return before.needs
	}
	needs := event.NewFieldSet()
	for _, r := range rules {
		needs.Join(r.needs)
	}
	return needs
}

// needsOfRule returns what r and the evidence of its hits read.
func needsOfRule(r *Rule) *event.FieldSet {
	needs := event.NewFieldSet()
	reader, _ := r.matcher.(Reader)
	for _, k := range r.AppliesTo {
		needs.AddKind(k)
		if reader == nil {
			needs.AddAll(k)
			continue
		}
		for _, id := range reader.Reads(k) {
			addWithSource(needs, id)
		}
		for _, id := range r.evidence[k].fields {
			addWithSource(needs, id)
		}
	}
	return needs
}

// addWithSource adds to s a field and, when it is derived, what it derives from.
func addWithSource(s *event.FieldSet, id event.FieldID) {
	s.Add(id)
	switch f := id.Field(); {
	case f.Derived && f.Kind == event.KindHTTPRequest:
		for _, source := range requestSources {
			s.Add(source)
		}
	case f.Derived:
		s.Add(commandText)
	}
}
