package engine

import (
	"fmt"
	"slices"
	"strings"

	"ttpctl/internal/attack"
)

// lowConfidence is the confidence below which a tag misleads more often than
// it helps (RULES.md).
const lowConfidence = 0.6

// emits checks what the rule emits against the catalogue. A rule that emits
// at 0.0 only never tags, and may do so on purpose.
func (l *linter) emits() {
	silent := l.p.silent()
	first := map[[2]string]Span{}
	for _, e := range l.p.Emits {
		l.confidence(e.Confidence, silent)
		l.technique(e)
		if !e.Technique.given() {
			continue
		}
		key := [2]string{e.Technique.V, e.SubTechnique.V}
		if at, repeated := first[key]; repeated {
			most := e.mostSpecific()
			l.diags.add(NewDiagnostic(CodeRepeatedEmit, most.Span, "%s is emitted twice", short(most.V)).
				WithLabel("first on line %d", at.Start.Line))
			continue
		}
		first[key] = e.Technique.Span
	}
}

// silent reports whether every emit has confidence 0.0.
func (p *ParsedRule) silent() bool {
	return len(p.Emits) > 0 && !slices.ContainsFunc(p.Emits, func(e ParsedEmit) bool {
		return !e.Confidence.given() || e.Confidence.V != 0
	})
}

func (e *ParsedEmit) mostSpecific() At[string] {
	if e.SubTechnique.given() {
		return e.SubTechnique
	}
	return e.Technique
}

func (l *linter) confidence(c At[float64], silent bool) {
	switch {
	case !c.given():
	case !(c.V >= 0 && c.V <= 1):
		d := NewDiagnostic(CodeConfidence, c.Span, "confidence %v is outside [0, 1]", c.V)
		if c.V > 1 && c.V <= 100 {
			d = d.WithHelp("write %.4g", c.V/100) // 1.8/100 is 0.018000000000000002
		}
		l.diags.add(d)
	case c.V < lowConfidence && !silent:
		l.diags.add(NewDiagnostic(CodeLowConfidence, c.Span, "confidence %v is below %v: better to miss than to mislabel", c.V, lowConfidence))
	}
}

// technique checks an emit's ids, and adds the emit to the rule when they
// belong together.
func (l *linter) technique(e ParsedEmit) {
	tactic, tacticOK := l.tactic(e.Tactic)
	t, ok := l.lookup(e.Technique)
	if ok && t.Sub {
		l.diags.add(subAsTechnique(e, t))
		ok = false
	}
	if e.SubTechnique.given() {
		sub, subOK := l.lookup(e.SubTechnique)
		if subOK {
			ok = l.parent(e, sub) && ok
			t = sub
		}
		ok = ok && subOK
	}
	if !ok || !tacticOK {
		return
	}
	if !slices.Contains(t.Tactics, tactic.ID) {
		l.diags.add(l.mismatch(e.Tactic, tactic, t))
		return
	}
	l.rule.Emits = append(l.rule.Emits, Emit{
		Tactic: tactic.ID, Technique: e.Technique.V, SubTechnique: e.SubTechnique.V, Confidence: e.Confidence.V,
		Release: l.cfg.Catalogue.ReleaseTag(t.Domain), URL: t.URL,
	})
}

func subAsTechnique(e ParsedEmit, t attack.Technique) Diagnostic {
	d := NewDiagnostic(CodeParent, e.Technique.Span, "%s is a sub-technique: technique_id names its parent", t.ID).
		WithLabel("its parent is %s", t.Parent)
	if e.SubTechnique.given() {
		return d.WithHelp("write technique_id: %s", t.Parent)
	}
	return d.WithHelp("write technique_id: %s, sub_technique_id: %s", t.Parent, t.ID)
}

// parent reports a sub_technique_id that belongs to another technique_id.
func (l *linter) parent(e ParsedEmit, sub attack.Technique) bool {
	at := e.SubTechnique.Span
	if !sub.Sub {
		l.diags.add(NewDiagnostic(CodeParent, at, "%s is a technique, not a sub-technique", sub.ID).
			WithHelp("write technique_id: %s without a sub_technique_id, or choose one of its sub-techniques", sub.ID))
		return false
	}
	if !e.Technique.given() || sub.Parent == e.Technique.V {
		return true
	}
	// A technique_id that is itself a sub-technique has been reported.
	if t, ok := l.cfg.Catalogue.Find(e.Technique.V); ok && t.Sub {
		return false
	}
	l.diags.add(NewDiagnostic(CodeParent, at, "%s is not a sub-technique of %s", sub.ID, short(e.Technique.V)).
		WithLabel("its parent is %s", sub.Parent).
		WithHelp("write technique_id: %s (ATT&CK %s)", sub.Parent, l.cfg.Catalogue.Release()))
	return false
}

// lookup returns the active technique of that id, and reports any other.
func (l *linter) lookup(id At[string]) (attack.Technique, bool) {
	if !id.given() {
		return attack.Technique{}, false
	}
	t, ok := l.cfg.Catalogue.Find(id.V)
	switch {
	case !ok:
		l.diags.add(l.unknownTechnique(id))
	case t.Status == attack.Revoked:
		l.diags.add(l.revoked(id, t))
	case t.Status == attack.Deprecated:
		l.diags.add(NewDiagnostic(CodeDeprecated, id.Span, "%s (%s) is deprecated", t.ID, t.Name).
			WithLabel("ATT&CK %s names no successor", l.cfg.Catalogue.Release()))
	}
	return t, ok && t.Status == attack.Active
}

func (l *linter) unknownTechnique(id At[string]) Diagnostic {
	d := NewDiagnostic(CodeUnknownTechnique, id.Span, "ATT&CK %s has no technique %q", l.cfg.Catalogue.Release(), short(id.V))
	for _, s := range l.cfg.Catalogue.Suggest(id.V) {
		if t, ok := l.cfg.Catalogue.Find(s); ok {
			d = d.WithHelp("did you mean %s (%s)?", s, t.Name)
		}
	}
	return d
}

func (l *linter) revoked(id At[string], t attack.Technique) Diagnostic {
	d := NewDiagnostic(CodeRevoked, id.Span, "%s (%s) was revoked", t.ID, t.Name)
	if t.Successor == "" {
		return d.WithLabel("ATT&CK %s names no successor", l.cfg.Catalogue.Release())
	}
	next, _ := l.cfg.Catalogue.Find(t.Successor)
	d = d.WithLabel("replaced by %s", next.ID)
	if next.Sub {
		return d.WithHelp("write technique_id: %s, sub_technique_id: %s (%s), under %s",
			next.Parent, next.ID, next.Name, l.tacticNames(next.Tactics))
	}
	return d.WithHelp("write technique_id: %s (%s), under %s", next.ID, next.Name, l.tacticNames(next.Tactics))
}

func (l *linter) tactic(id At[string]) (attack.Tactic, bool) {
	if !id.given() {
		return attack.Tactic{}, false
	}
	t, ok := l.cfg.Catalogue.Tactic(id.V)
	switch {
	case !ok:
		l.diags.add(l.unknownTactic(id))
	case t.Status != attack.Active:
		l.diags.add(NewDiagnostic(CodeUnknownTactic, id.Span, "tactic %s (%s) is no longer in use", t.ID, t.Name))
		ok = false
	}
	return t, ok
}

// unknownTactic suggests ids that look alike, and the id of a tactic that was
// given by name.
func (l *linter) unknownTactic(id At[string]) Diagnostic {
	c := l.cfg.Catalogue
	d := NewDiagnostic(CodeUnknownTactic, id.Span, "ATT&CK %s has no tactic %q", c.Release(), short(id.V))
	for _, s := range c.Suggest(id.V) {
		if t, ok := c.Tactic(s); ok {
			d = d.WithHelp("did you mean %s (%s)?", t.ID, t.Name)
		}
	}
	for _, domain := range attack.Domains() {
		for t := range c.Tactics(domain) {
			if t.Status == attack.Active && (strings.EqualFold(id.V, t.Name) || strings.EqualFold(id.V, t.Shortname)) {
				return d.WithHelp("write the id: %s", t.ID)
			}
		}
	}
	return d
}

func (l *linter) mismatch(at At[string], tactic attack.Tactic, t attack.Technique) Diagnostic {
	d := NewDiagnostic(CodeTacticMismatch, at.Span, "ATT&CK %s does not list %s (%s) under %s (%s)",
		l.cfg.Catalogue.Release(), t.ID, t.Name, tactic.ID, tactic.Name).
		WithLabel("%s", strings.Join(t.Tactics, ", "))
	return d.WithHelp("write %s", l.tacticNames(t.Tactics))
}

func (l *linter) tacticNames(ids []string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		t, _ := l.cfg.Catalogue.Tactic(id)
		names[i] = fmt.Sprintf("%s (%s)", id, t.Name)
	}
	return strings.Join(names, " or ")
}
