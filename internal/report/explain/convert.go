package explain

import (
	"unicode/utf8"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/engine/shell"
	"ttpctl/internal/event"
)

// json returns an input as `-o json` writes it.
func (r *Input) json(c *attack.Catalogue) jsonExplained {
	j := jsonExplained{Line: r.Line, Events: []jsonExplEvent{}, UnknownKind: r.Unknown}
	if r.showsText() {
		j.Input = r.Text
	}
	if r.Err != nil {
		j.Error = r.Err.Error()
	}
	for i := range r.Events {
		e := &r.Events[i]
		j.Events = append(j.Events, jsonExplEvent{
			SourceKind: e.Kind.String(), SourceID: e.SourceID, Command: e.Command, Request: requestJSON(e.Request), Shell: shellJSON(e.Shell),
			Commands: commandsJSON(e.Line),
			Matches:  explanationsJSON(c, e.Matches, false), Rules: explanationsJSON(c, e.Asked, true),
		})
	}
	return j
}

func shellJSON(v *shell.View) *jsonShell {
	if v == nil {
		return nil
	}
	j := &jsonShell{Commands: []jsonCommand{}, Redirects: []jsonRedirect{}, Truncated: v.Truncated,
		CommandsLeftOut: v.CommandsLeftOut, BytesLeftOut: v.BytesLeftOut}
	for i := range v.Commands {
		c := &v.Commands[i]
		j.Commands = append(j.Commands, jsonCommand{c.Text, c.Name, c.Path, append([]string{}, c.Args...), c.Assigns, c.Via, c.Parent, c.Depth})
	}
	for _, r := range v.Redirects {
		j.Redirects = append(j.Redirects, jsonRedirect{r.Text, r.FD, r.Op, r.Target, r.Command})
	}
	return j
}

// explanationsJSON writes explanations, those of asked rules with the
// parameters of lifters.
func explanationsJSON(c *attack.Catalogue, xs []engine.Explanation, asked bool) []jsonExplanation {
	js := []jsonExplanation{}
	for i := range xs {
		j := explanationJSON(c, &xs[i])
		if asked {
			j.Parameters = parameters(&xs[i])
		}
		js = append(js, j)
	}
	return js
}

func explanationJSON(c *attack.Catalogue, x *engine.Explanation) jsonExplanation {
	j := jsonExplanation{
		RuleID: x.Rule.ID, RuleVersion: x.Rule.Version, Name: x.Rule.Name, Verdict: x.Verdict.String(),
		State: x.State.Mode.String(), StateReason: x.State.Reason, Tags: []jsonTag{}, BelowFloor: x.BelowFloor,
		Lifter: x.Rule.Lifter, Parts: partJSON(x.Parts),
	}
	if x.State.Mode == event.Clipped {
		j.ConfidenceMax = &x.State.Max
	}
	for i := range x.Tags {
		j.Tags = append(j.Tags, tagJSON(c, &x.Tags[i]))
		j.Evidence = x.Tags[i].Evidence
	}
	if x.Match != nil {
		text := textJSON(x.Match)
		j.Match = &text
	}
	for _, s := range x.Steps {
		j.Steps = append(j.Steps, jsonStep(s))
	}
	for _, r := range x.Readings {
		j.Fields = append(j.Fields, jsonReading{r.Field, r.Present, r.JSON, r.Hidden, r.Cut})
	}
	return j
}

func tagJSON(c *attack.Catalogue, t *event.Tag) jsonTag {
	j := jsonTag{
		Tactic: t.Tactic, TacticName: c.TacticName(t.Tactic),
		TechniqueID: t.Technique, TechniqueName: c.FullName(t.MostSpecific()), Confidence: t.Confidence,
	}
	if t.SubTechnique != "" {
		j.SubTechniqueID = &t.SubTechnique
	}
	return j
}

func textJSON(s *engine.ShownText) jsonText {
	j := jsonText{Field: s.Field, Header: s.Member, Excerpt: s.Excerpt, Start: s.Start, End: s.End}
	if s.Hidden {
		return j
	}
	text := head(s.Text)
	j.Text, j.Cut, j.Matched = &text, len(text) < len(s.Text), head(s.Text[s.Start:s.End])
	return j
}

// head bounds a text that JSON repeats for each part that looked at it.
func head(s string) string {
	const limit = 1 << 10 // bytes
	if len(s) <= limit {
		return s
	}
	n := limit
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func triedJSON(v *engine.Tried) jsonTried {
	j := jsonTried{Text: head(v.Text), Effect: v.Effect, Passes: v.Passes, Checks: []jsonCheck{}}
	for _, c := range v.Checks {
		j.Checks = append(j.Checks, jsonCheck(c))
	}
	return j
}

func partJSON(p *engine.Part) *jsonPart {
	if p == nil {
		return nil
	}
	j := &jsonPart{Op: p.Op, Holds: p.Holds, Field: p.Field, Omitted: p.Omitted}
	for i := range p.Parts {
		j.Parts = append(j.Parts, *partJSON(&p.Parts[i]))
	}
	for i := range p.Tried {
		j.Tried = append(j.Tried, triedJSON(&p.Tried[i]))
	}
	for _, s := range p.Tests {
		j.Tests = append(j.Tests, jsonSpelling(s))
	}
	for i := range p.Texts {
		v := &p.Texts[i]
		t := jsonTestedText{jsonText: textJSON(&v.ShownText), Passes: v.Passes}
		t.Field = "" // the part's
		for _, f := range v.Found {
			t.Found = append(t.Found, jsonFound(f))
		}
		j.Texts = append(j.Texts, t)
	}
	return j
}
