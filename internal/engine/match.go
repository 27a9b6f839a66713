package engine

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"ttpctl/internal/engine/prefilter"
	"ttpctl/internal/event"
)

// A patternMatcher is a match block compiled for each kind of the rule: the
// matcher of every rule that no lifter owns.
type patternMatcher struct {
	roots   [event.NumKinds]*block
	line    bool // some block asks what the commands of a line do
	tallies bool // some block asks what a session's events were tagged with

	machines *machines
}

func (m *patternMatcher) readsLine() bool { return m.line }

// Match reports whether the block tree of the event's kind holds.
func (m *patternMatcher) Match(ev *event.Event, h *Hit) bool {
	return m.matchAmong(allBranches, ev, h)
}

func (m *patternMatcher) matchAmong(branches branchSet, ev *event.Event, h *Hit) bool {
	root := m.roots[ev.Kind]
	return root != nil && root.holdsAmong(branches, ev, h)
}

// branches returns the branches of the clauses of its requirement of kind k.
func (m *patternMatcher) branches(k event.Kind) []uint32 {
	if root := m.roots[k]; root != nil {
		return root.branches()
	}
	return nil
}

// Reads returns the fields that the block tree of kind k reads.
func (m *patternMatcher) Reads(k event.Kind) []event.FieldID {
	var ids []event.FieldID
	if root := m.roots[k]; root != nil {
		root.reads(&ids)
	}
	if k == event.KindHTTPRequest && m.line {
		// The lines that its blocks look at are those of a request's parameters.
		ids = slices.DeleteFunc(ids, func(id event.FieldID) bool { return id.Field().Kind != k })
		ids = append(ids, requestSources...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// requirement returns what an event of kind k must show for the matcher to
// hold; ok is false when nothing can be said.
func (m *patternMatcher) requirement(k event.Kind) (req requirement, ok bool) {
	root := m.roots[k]
	if root == nil {
		return nil, false
	}
	req, ok = root.requirement()
	return req.of(k), ok && req.of(k) != nil
}

// A block is one match block: every condition must hold, in document order.
type block struct {
	conditions []condition
	gate       gate // of the conditions
	composed   bool // they are blocks, which are asked what is cheap by themselves
}

// A condition is a test of one field's values, or a composition of blocks.
type condition interface {
	holds(ev *event.Event, h *Hit) bool
	reads(ids *[]event.FieldID)
	requirement() (requirement, bool)
	explain(ev *event.Event, h *Hit) Part
	// mayHold is false when the condition cannot hold on a line; nil = there is none.
	mayHold(l *analysis) bool
}

func (b *block) holds(ev *event.Event, h *Hit) bool {
	if !b.gate.admits(h.line) || !b.composed && !b.inSketch(h.line) {
		return false
	}
	had := h.hasSpan
	for _, c := range b.conditions {
		if !c.holds(ev, h) {
			// What a part of a failed block noted is no reason to fire.
			h.hasSpan = had
			return false
		}
	}
	return true
}

func (b *block) reads(ids *[]event.FieldID) {
	for _, c := range b.conditions {
		c.reads(ids)
	}
}

// requirement is that of all conditions: each must hold.
func (b *block) requirement() (requirement, bool) {
	var all requirement
	for _, c := range b.conditions {
		if req, ok := c.requirement(); ok {
			all = all.and(req)
		}
	}
	return all, all != nil
}

// A fieldTest holds when one value of the field passes every operator and
// none of except. A none_of looks at all values of the event, so that a harmless
// command excuses a harmful one beside it; except looks at that value alone.
type fieldTest struct {
	ref       event.FieldRef
	operators []operator
	except    []operator

	spelled  []Spelling // operators, as the rule has them
	excepted []string   // the patterns of except
}

// An operator tests one text.
type operator struct {
	find  func(text string) (start, end int, ok bool) // the bytes that matched
	holds func(text string) bool                      // find without where
	need  prefilter.Set                               // literals of which a passing text shows one; zero = unknown
	// pattern is what a passing text matches, "" when that is not known: an index
	// asks for it together with the patterns of other rules.
	pattern string
	glance  func() *glance       // of a pattern on words
	late    func() prefilter.Set // need, when that is read late; nil = it is known
}

// needs returns need, however late it is read.
func (op *operator) needs() prefilter.Set {
	if op.late != nil {
		return op.late()
	}
	return op.need
}

// mayFind asks of a word what is cheap.
func (op *operator) mayFind(word string) bool { return op.glance().may(word) }

func (t *fieldTest) holds(ev *event.Event, h *Hit) bool {
	for name, text := range ev.Texts(t.ref) {
		if start, end, ok := t.find(text); ok {
			h.note(t.ref.ID, name, text, start, end)
			return true
		}
	}
	return false
}

// find returns the span of the first operator when text passes.
func (t *fieldTest) find(text string) (start, end int, ok bool) {
	if start, end, ok = t.operators[0].find(text); !ok {
		return 0, 0, false
	}
	for i := range t.operators[1:] {
		if !t.operators[i+1].holds(text) {
			return 0, 0, false
		}
	}
	for i := range t.except {
		if t.except[i].holds(text) {
			return 0, 0, false
		}
	}
	return start, end, true
}

func (t *fieldTest) reads(ids *[]event.FieldID) { *ids = append(*ids, t.ref.ID) }

func (t *fieldTest) requirement() (requirement, bool) {
	a := atom{field: t.ref.ID}
	from := "" // whose literals they are
	for _, op := range t.operators {
		if !op.need.IsZero() && (a.literals.IsZero() || op.need.Score() > a.literals.Score()) {
			a.literals, from = op.need, op.pattern
		}
		if a.pattern == "" {
			a.pattern = op.pattern
		}
	}
	a.leading = a.literals.Leading() && from == a.pattern
	// Few requests have an odd input: that there is one is worth asking.
	a.present = a.literals.IsZero() && t.ref.ID == oddInputs
	return requirement{{a}}, a.present || a.pattern != "" || !a.literals.IsZero()
}

// allOf, anyOf and noneOf compose blocks. An absent field makes its block
// false, so noneOf over it is true.
type (
	allOf  []*block
	anyOf  []*block
	noneOf []*block
)

func (bs allOf) holds(ev *event.Event, h *Hit) bool {
	for _, b := range bs {
		if !b.holds(ev, h) {
			return false
		}
	}
	return true
}

func (bs anyOf) holds(ev *event.Event, h *Hit) bool {
	for _, b := range bs {
		if b.holds(ev, h) {
			return true
		}
	}
	return false
}

func (bs noneOf) holds(ev *event.Event, h *Hit) bool {
	had := h.hasSpan
	held := anyOf(bs).holds(ev, h)
	h.hasSpan = had // only positive blocks are shown
	return !held
}

func (bs allOf) reads(ids *[]event.FieldID)  { readAll(bs, ids) }
func (bs anyOf) reads(ids *[]event.FieldID)  { readAll(bs, ids) }
func (bs noneOf) reads(ids *[]event.FieldID) { readAll(bs, ids) }

func readAll(bs []*block, ids *[]event.FieldID) {
	for _, b := range bs {
		b.reads(ids)
	}
}

func (bs allOf) requirement() (requirement, bool) {
	var all requirement
	for _, b := range bs {
		if req, ok := b.requirement(); ok {
			all = all.and(req)
		}
	}
	return all, all != nil
}

func (bs anyOf) requirement() (requirement, bool) {
	var all requirement
	for _, b := range bs {
		req, ok := b.requirement()
		if !ok {
			return nil, false
		}
		all = append(all, req...)
	}
	return all, len(all) > 0
}

func (noneOf) requirement() (requirement, bool) { return nil, false }

// The operators. Each takes what the rule gives it and returns a test; the
// literal ones with ignore_case compare as (?i) does, by simple folding.

func patternOperator(x *expression, need prefilter.Set) operator {
	return operator{find: x.find, holds: x.holds, need: need}
}

// lateOperator is patternOperator for a pattern that is known to compile: it is
// read when a text first comes to it, and built when one comes that may match.
func lateOperator(pattern string, m *machines) operator {
	re := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
	op := patternOperator(newExpression(pattern, re, m), prefilter.Set{})
	op.glance = glanceOf(pattern)
	op.late = func() prefilter.Set { return op.glance().need }
	return op
}

// literalOperator tests text against any of the literals, which are not
// empty but for equality.
func literalOperator(anchor literalAnchor, literals []string, ignoreCase bool, m *machines) operator {
	need := prefilter.Set{}
	if !slices.Contains(literals, "") {
		sets := make([]prefilter.Set, len(literals))
		for i, l := range literals {
			sets[i] = prefilter.Literal(l)
		}
		need = prefilter.Union(sets...)
	}
	if ignoreCase {
		pattern := foldedLiterals(anchor, literals)
		re := regexp.MustCompile(pattern)
		return patternOperator(newExpression(pattern, func() *regexp.Regexp { return re }, m), need)
	}
	find := anchor.finder(literals)
	return operator{find: find, holds: func(text string) bool {
		_, _, ok := find(text)
		return ok
	}, need: need}
}

// A literalAnchor says where in a text a literal must stand.
type literalAnchor uint8

const (
	anywhere literalAnchor = iota
	whole
	atStart
	atEnd
)

func (a literalAnchor) finder(literals []string) func(string) (int, int, bool) {
	switch a {
	case whole:
		if len(literals) > 8 {
			return inSet(literals)
		}
		return func(text string) (int, int, bool) { return 0, len(text), slices.Contains(literals, text) }
	case atStart:
		return func(text string) (int, int, bool) {
			for _, l := range literals {
				if strings.HasPrefix(text, l) {
					return 0, len(l), true
				}
			}
			return 0, 0, false
		}
	case atEnd:
		return func(text string) (int, int, bool) {
			for _, l := range literals {
				if strings.HasSuffix(text, l) {
					return len(text) - len(l), len(text), true
				}
			}
			return 0, 0, false
		}
	}
	return func(text string) (int, int, bool) { return leftmost(text, literals) }
}

func inSet(literals []string) func(string) (int, int, bool) {
	set := make(map[string]bool, len(literals))
	for _, l := range literals {
		set[l] = true
	}
	return func(text string) (int, int, bool) { return 0, len(text), set[text] }
}

func leftmost(text string, literals []string) (start, end int, ok bool) {
	for _, l := range literals {
		if i := strings.Index(text, l); i >= 0 && (!ok || i < start) {
			start, end, ok = i, i+len(l), true
		}
	}
	return start, end, ok
}

func foldedLiterals(anchor literalAnchor, literals []string) string {
	quoted := make([]string, len(literals))
	for i, l := range literals {
		quoted[i] = regexp.QuoteMeta(l)
	}
	expr := "(?i:" + strings.Join(quoted, "|") + ")"
	switch anchor {
	case whole:
		expr = `\A` + expr + `\z`
	case atStart:
		expr = `\A` + expr
	case atEnd:
		expr += `\z`
	}
	return expr
}
