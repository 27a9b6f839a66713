package engine

import (
	"strconv"
	"strings"

	"ttpctl/internal/engine/program"
	"ttpctl/internal/event"
)

// A Tried is a simple command, or an effect, and what the keys of a block make
// of it.
type Tried struct {
	Text    string // the command
	Effect  string // of an effect block: the effect
	Passes  bool
	Checks  []Check // in the order in which they are made
	Command int     // index in the line's commands
}

// A Check is one key of a command or effect block.
type Check struct {
	Key   string
	Asked []string // as the rule has it
	OK    bool
}

// add keeps what was tried, within bounds.
func (p *Part) add(t Tried) {
	if len(p.Tried) >= maxTested && (p.Holds || !t.Passes) {
		p.Omitted++
	} else {
		p.Tried = append(p.Tried, t)
	}
	p.Holds = p.Holds || t.Passes
}

func (t *commandTest) explain(_ *event.Event, h *Hit) Part {
	p, l := Part{Op: "command"}, h.line
	if l == nil {
		return p
	}
	for i := range l.Commands {
		tried := Tried{Text: strings.Clone(l.Commands[i].Text), Passes: t.at(l, i), Command: i}
		for _, c := range t.checks {
			tried.Checks = append(tried.Checks, Check{c.key, c.asked, c.holds(l, i)})
		}
		p.add(tried)
	}
	return p
}

// explain tries the effects of the verb; commands without one are left out.
func (t lineEffect) explain(_ *event.Event, h *Hit) Part {
	p, l := Part{Op: "effect"}, h.line
	if l == nil {
		return p
	}
	for i := range l.Commands {
		c := &l.Commands[i]
		for k := range c.Effects {
			e := &c.Effects[k]
			if e.Verb != t.verb {
				continue
			}
			tried := Tried{Text: strings.Clone(c.Text), Effect: EffectText(e), Passes: t.effectTest.holds(e), Command: i}
			for _, check := range t.checks {
				tried.Checks = append(tried.Checks, Check{check.key, check.asked, check.holds(e)})
			}
			p.add(tried)
		}
	}
	return p
}

// EffectText returns an effect in words: `fetches http://h/x to /tmp/x`.
func EffectText(e *program.Effect) string {
	words := []string{e.Verb.String()}
	add := func(name, value string) {
		if value != "" {
			words = append(words, strings.TrimSpace(name+" "+value))
		}
	}
	add("", e.Action.String())
	add("", e.Target)
	if e.Class != program.NoHost && e.Class != program.Remote {
		add("", "("+e.Class.String()+")")
	}
	if how := e.How.Names(nil); len(how) > 0 {
		add("", "("+strings.Join(how, ", ")+")")
	}
	add("to", e.To)
	if e.Verb == program.Sends {
		add("from", e.From)
	}
	add("group", e.Group)
	if len(e.For) > 0 {
		add("for", strings.Join(e.For, ", "))
	}
	switch {
	case e.Unset:
		add("", "(unset)")
	case e.Verb == program.Sets:
		words = append(words, "to "+strconv.Quote(e.Value))
	}
	return strings.Join(words, " ")
}
