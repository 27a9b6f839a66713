package engine

import (
	"slices"

	"ttpctl/internal/event"
)

// facts are what a ruleset asks of a rule before any event comes: what it reads,
// which steps it has. The matcher tells them once,
// when the rule is compiled; from then on only a judgement needs the matcher.
type facts struct {
	needs    *event.FieldSet // what the matcher and the evidence read
	reading  ruleReadings    // what it reads of command lines and requests
	line     bool            // it asks what the commands of a line do
	tallies  bool            // it counts what a session was tagged with: the stage judges it
	files    bool            // its steps have a file in common
	steps    []stepFacts     // of a sequence over a session or an attacker
	extras   []string        // evidence keys that its hits may carry
	withheld []event.FieldID // those of its evidence fields that are not shown
}

// stepFacts are those of one step.
type stepFacts struct{ kind event.Kind }

// demands are what events must show for a rule; nil = nothing is known. The index asks
// for them, and of the shipped pack it is made already: see [late.asks].
type demands struct {
	kinds []requirement // by place in AppliesTo
	steps []requirement
	// Of the clauses of these, see [block.branches].
	branches, stepBranches [][]uint32
}

// tell fills in the facts of r and its evidence plans, once its matcher is there.
func tell(r *Rule) {
	f := &r.facts
	if m, ok := r.matcher.(lineReader); ok {
		f.line = m.readsLine()
	}
	switch m := r.matcher.(type) {
	case sessionSequence:
		f.files = m.same == sameFile
		for i := range m.steps {
			req, _ := m.steps[i].root.requirement()
			f.steps = append(f.steps, stepFacts{m.steps[i].kind})
			r.demands.steps = append(r.demands.steps, req)
			r.demands.stepBranches = append(r.demands.stepBranches, branchesOfAll(req, m.steps[i].root.branches()))
		}
	case *patternMatcher:
		f.tallies = m.tallies
	}
	for _, k := range r.AppliesTo {
		req := requirementOf(r.matcher, k)
		var branches []uint32
		if m, ok := r.matcher.(*patternMatcher); ok {
			branches = m.branches(k)
		}
		r.demands.kinds = append(r.demands.kinds, req)
		r.demands.branches = append(r.demands.branches, branchesOfAll(req, branches))
	}
	f.tellEvidence(r)
	planEvidence(r)
	f.needs, f.reading = needsOfRule(r), memoReadsOf(r)
}

// tellEvidence notes what the matcher adds to the evidence, and keeps out of it.
func (f *facts) tellEvidence(r *Rule) {
	if m, ok := r.matcher.(Explainer); ok {
		f.extras = m.EvidenceKeys()
	}
	m, ok := r.matcher.(Withholder)
	if !ok {
		return
	}
	for _, k := range r.AppliesTo {
		for _, name := range r.EvidenceFields {
			if id, known := event.LookupField(k, name); known && m.Withholds(k, name) {
				f.withheld = append(f.withheld, id)
			}
		}
	}
}

// indexed is a Matcher that can say what its matches require.
type indexed interface {
	requirement(event.Kind) (requirement, bool)
}

// requirementOf returns what m requires of events of kind k, nil when it does not
// say.
func requirementOf(m Matcher, k event.Kind) requirement {
	switch m := m.(type) {
	case indexed:
		if req, known := m.requirement(k); known {
			return req
		}
	case Demander:
		var req requirement
		for _, id := range m.Demands(k) {
			req = append(req, clause{{field: id, present: true}})
		}
		return req
	}
	return nil
}

// branchesOfAll returns branches when these are of all clauses.
func branchesOfAll(req requirement, branches []uint32) []uint32 {
	if len(branches) != len(req) {
		return nil
	}
	return branches
}

// requirement returns what events of kind k, which is one of the rule's, must show.
func (r *Rule) requirement(k event.Kind) requirement {
	return r.asks().kinds[slices.Index(r.AppliesTo, k)]
}

// stepRequirement returns what an event must show for a step.
func (r *Rule) stepRequirement(step int) requirement { return r.asks().steps[step] }

// branches returns the branches of the clauses of requirement.
func (r *Rule) branches(k event.Kind) []uint32 {
	return r.asks().branches[slices.Index(r.AppliesTo, k)]
}

// stepBranches returns the branches of the clauses of stepRequirement.
func (r *Rule) stepBranches(step int) []uint32 { return r.asks().stepBranches[step] }

func (r *Rule) asks() *demands {
	if r.late != nil {
		return r.late.asks()
	}
	return &r.demands
}

// sequenced reports whether the rule is a sequence over a session or an attacker.
func (f *facts) sequenced() bool { return len(f.steps) > 0 }

// ordered reports whether the stage judges the rule.
func (f *facts) ordered() bool { return f.sequenced() || f.tallies }
