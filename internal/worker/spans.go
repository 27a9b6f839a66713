package worker

import (
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/trace"
)

// traced is Evaluate with a span of it, and in that one for each rule that fired
// and each technique that it showed.
func (e *evaluator) traced(dst []event.Tag, ev *event.Event, rules *engine.Ruleset) []event.Tag {
	span := e.tagger.Tracer.Start(trace.Eval)
	n := len(dst)
	dst = e.Judge.Evaluate(dst, ev)
	if !span.On() {
		return dst
	}
	span.Set(trace.SourceKind, ev.Kind.String())
	for i := n; i < len(dst); {
		rule := dst[i].RuleID
		owner := span.Child(trace.Lifter + ownerOf(rules.Rule(rule)))
		for ; i < len(dst) && dst[i].RuleID == rule; i++ {
			fire := owner.Child(trace.Fire)
			fire.Set(trace.RuleID, rule)
			fire.Set(trace.TechniqueID, dst[i].MostSpecific())
			fire.End()
		}
		owner.End()
	}
	span.End()
	return dst
}

// ownerOf returns who judges for a rule: the engine, or the lifter of its
// match.kind, lifter:<owner>_<predicate>.
func ownerOf(r *engine.Rule) trace.Name {
	if r == nil || r.Lifter == "" {
		return "engine"
	}
	owner, _, _ := strings.Cut(strings.TrimPrefix(r.Lifter, "lifter:"), "_")
	return trace.Name(owner)
}
