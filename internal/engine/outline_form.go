package engine

import (
	"slices"
	"strings"

	"ttpctl/internal/engine/prefilter"
	"ttpctl/internal/engine/program"
	"ttpctl/internal/event"
)

func (c *codec) outline(o *outline) {
	r := o.rule
	c.text(&o.id.V)
	c.text(&o.hash)
	c.span(&o.id.Span)
	c.at(&o.title)
	c.at(&o.release)
	c.at(&o.review)
	c.rule(r)
	c.facts(&r.facts)
	c.piece(&o.requires)
	if c.reading {
		r.ID, r.Name = o.id.V, o.title.V
	}
}

// rule is what is shown of a rule.
func (c *codec) rule(r *Rule) {
	c.number(&r.Version)
	c.text(&r.Description)
	all(c, &r.AppliesTo, c.kind)
	all(c, &r.Emits, func(e *Emit) {
		c.text(&e.Tactic)
		c.text(&e.Technique)
		c.text(&e.SubTechnique)
		c.fraction(&e.Confidence)
	})
	c.texts(&r.EvidenceFields)
	c.texts(&r.FalsePositives)
	all(c, &r.Changes, func(ch *Change) {
		c.number(&ch.Version)
		c.text(&ch.What)
		c.text(&ch.Why)
	})
	c.text(&r.Lifter)
}

func (c *codec) facts(f *facts) {
	c.needs(&f.needs)
	c.ruleReading(&f.reading.line)
	c.ruleReading(&f.reading.request)
	c.flag(&f.line)
	c.flag(&f.tallies)
	c.flag(&f.files)
	all(c, &f.steps, func(s *stepFacts) { c.kind(&s.kind) })
	c.texts(&f.extras)
	all(c, &f.withheld, c.field)
}

func (c *codec) ruleReading(r *ruleReading) {
	c.flag(&r.any)
	c.flag(&r.apart)
	all(c, &r.more, c.field)
}

func (c *codec) kind(k *event.Kind) {
	word := k.String()
	c.text(&word)
	if *k = event.ParseKind(word); *k == event.KindUnknown {
		c.broken = true
	}
}

// field is a payload field, as kind.name.
func (c *codec) field(id *event.FieldID) {
	word := ""
	if !c.reading {
		word = id.Field().Kind.String() + "." + id.Field().Name
	}
	c.text(&word)
	if !c.reading {
		return
	}
	kind, name, _ := strings.Cut(word, ".")
	found, ok := event.LookupField(event.ParseKind(kind), name)
	*id, c.broken = found, c.broken || !ok
}

// needs is a set of fields, and of the kinds that they are of.
func (c *codec) needs(s **event.FieldSet) {
	var kinds []event.Kind
	var ids []event.FieldID
	if c.reading {
		*s = event.NewFieldSet()
	} else {
		kinds = slices.DeleteFunc(event.Kinds(), func(k event.Kind) bool { return !(*s).Kind(k) })
		for _, k := range kinds {
			ids = append(ids, slices.DeleteFunc(event.FieldsOf(k), func(id event.FieldID) bool { return !(*s).Has(id) })...)
		}
	}
	all(c, &kinds, c.kind)
	all(c, &ids, c.field)
	if !c.reading {
		return
	}
	for _, k := range kinds {
		(*s).AddKind(k)
	}
	for _, id := range ids {
		(*s).Add(id)
	}
}

// required is what a rule requires of events, and the steps of one that is sequenced.
func (c *codec) demands(d *demands) {
	all(c, &d.kinds, c.requirement)
	all(c, &d.steps, c.requirement)
	all(c, &d.branches, c.ids)
	all(c, &d.stepBranches, c.ids)
}

func (c *codec) requirement(r *requirement) { all(c, (*[]clause)(r), c.clause) }

func (c *codec) clause(cl *clause) { all(c, (*[]atom)(cl), c.atom) }

// atom is what to look for in a line, or a field and what to look for in it.
func (c *codec) atom(a *atom) {
	optional(c, &a.line, c.lineAtom)
	if a.line != nil {
		return
	}
	c.field(&a.field)
	c.flag(&a.present)
	c.literals(&a.literals)
	c.text(&a.pattern)
	c.flag(&a.leading)
}

func (c *codec) literals(s *prefilter.Set) {
	literals, score := s.Literals(), s.Score()
	c.texts(&literals)
	c.number(&score)
	if c.reading {
		*s = prefilter.Known(literals, score)
	}
}

func (c *codec) lineAtom(a *lineAtom) {
	optional(c, &a.effect, c.effectAtom)
	if a.effect != nil {
		return
	}
	c.texts(&a.programs)
	c.texts(&a.heads)
	c.texts(&a.options)
	c.texts(&a.vias)
	c.flag(&a.pathed)
}

func (c *codec) effectAtom(a *effectAtom) {
	word := a.verb.String()
	c.text(&word)
	verb, ok := program.VerbOf(word)
	a.verb, c.broken = verb, c.broken || !ok
	c.texts(&a.key.bases)
	c.texts(&a.key.dirs)
	c.texts(&a.key.hosts)
	c.literals(&a.key.words)
	all(c, &a.key.actions, c.action)
	c.flag(&a.key.single)
	c.flag(&a.sought)
}

func (c *codec) action(a *program.Action) {
	word := a.String()
	c.text(&word)
	action, ok := program.ActionOf(word)
	*a, c.broken = action, c.broken || !ok
}
