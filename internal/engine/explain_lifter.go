package engine

import "ttpctl/internal/event"

// A Setting is a parameter as a lifter rule gives it.
type Setting struct {
	Name string
	JSON []byte
}

// settingsOf reads the parameters again from the rule's file: matchers keep
// them in forms of their own.
func settingsOf(r *Rule) []Setting {
	p, _ := Parse(r.Source)
	if p == nil || p.Match == nil {
		return nil
	}
	var out []Setting
	for i, key := range p.Match.Keys {
		if key.Value == "kind" {
			continue
		}
		v := (&exampleReader{}).value(p.Match.Items[i])
		budget := maxRuleBytes
		out = append(out, Setting{key.Value, v.AppendJSON(nil, &budget)})
	}
	return out
}

// A Reading is a payload field that a lifter rule reads, and its value.
type Reading struct {
	Field   string
	Present bool
	Hidden  bool   // present, and not to be shown
	JSON    []byte // the value when it may be shown, its text cut to 4 KiB
	Cut     bool   // JSON is not all of it
}

// readingsOf returns the fields of the event's kind that m reads; those that
// are present when m does not say.
func readingsOf(m Matcher, ev *event.Event) []Reading {
	reader, tells := m.(Reader)
	ids := event.FieldsOf(ev.Kind)
	if tells {
		ids = reader.Reads(ev.Kind)
	}
	var out []Reading
	for _, id := range ids {
		if v := ev.Value(id); v != nil || tells {
			out = append(out, readingOf(id, v))
		}
	}
	return out
}

// readingOf shows no headers at all: which of them mattered, only the lifter
// knows, and its evidence says.
func readingOf(id event.FieldID, v *event.Value) Reading {
	f := id.Field()
	x := Reading{Field: f.Name, Present: v != nil}
	switch {
	case v == nil:
	case !f.Evidence || f.Type == event.TypeHeaders:
		x.Hidden = true
	default:
		budget := maxEvidenceValue
		x.JSON = v.AppendJSON(nil, &budget)
		x.Cut = budget <= 0
	}
	return x
}
