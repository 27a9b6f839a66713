package engine

import (
	"slices"

	"ttpctl/internal/engine/program"
	"ttpctl/internal/engine/shell"
	"ttpctl/internal/event"
)

// shellFields are the fields derived from command_text: what a shell would
// make of the line, one value per command or redirection in order.
//
//   - simple_command: each simple command, its base name first, words joined
//     by one blank.
//   - direct_command: the same without what find -exec, xargs, watch, screen and
//     tmux run.
//   - command_path: the same with the name as it was typed, of those typed
//     with a path.
//   - command_name: the base name alone.
//   - redirect: descriptor, operator, one blank, target.
var shellFields = []struct {
	id      event.FieldID
	collect func(dst []event.Value, v *shell.View) []event.Value
}{
	{event.MustField(event.KindCommand, "simple_command"), func(dst []event.Value, v *shell.View) []event.Value {
		for i := range v.Commands {
			dst = append(dst, event.StringValue(v.Commands[i].Text))
		}
		return dst
	}},
	{event.MustField(event.KindCommand, "direct_command"), func(dst []event.Value, v *shell.View) []event.Value {
		for i := range v.Commands {
			if !repeated(v, i) {
				dst = append(dst, event.StringValue(v.Commands[i].Text))
			}
		}
		return dst
	}},
	{event.MustField(event.KindCommand, "command_path"), func(dst []event.Value, v *shell.View) []event.Value {
		for i := range v.Commands {
			if c := &v.Commands[i]; c.Path != "" {
				dst = append(dst, event.StringValue(c.Path+c.Text[len(c.Name):]))
			}
		}
		return dst
	}},
	{event.MustField(event.KindCommand, "command_name"), func(dst []event.Value, v *shell.View) []event.Value {
		for i := range v.Commands {
			if c := &v.Commands[i]; c.Name != "" {
				dst = append(dst, event.StringValue(c.Name))
			}
		}
		return dst
	}},
	{event.MustField(event.KindCommand, "redirect"), func(dst []event.Value, v *shell.View) []event.Value {
		for i := range v.Redirects {
			dst = append(dst, event.StringValue(v.Redirects[i].Text))
		}
		return dst
	}},
}

// What a view that was cut short left out, each absent when that is nothing.
var (
	commandsLeftOut = event.MustField(event.KindCommand, "commands_left_out")
	bytesLeftOut    = event.MustField(event.KindCommand, "bytes_left_out")
)

// repeated reports whether command i, or what runs it, is run again and again
// by find -exec, xargs or watch, or handed to a terminal of its own by screen or
// tmux: a harmless user's habit more often than not.
func repeated(v *shell.View, i int) bool {
	for ; i >= 0; i = v.Commands[i].Parent {
		if via := v.Commands[i].Via; via == "find" || via == "xargs" || via == "watch" || via == "screen" || via == "tmux" {
			return true
		}
	}
	return false
}

// A derivation is what to derive for some rules. The zero one is nothing.
type derivation struct {
	view bool  // a field that they read comes from the view of a shell
	rows []int // of shellFields that they read
	// programs is the table by which lines are analysed; nil = no rule asks
	// what their commands do.
	programs    *program.Table
	request     []event.FieldID // derived fields of requests that they read
	requestLine bool            // they ask what commands within requests do
}

// derivationFor returns what rules, which need needs, read. table analyses
// lines.
func derivationFor(needs *event.FieldSet, rules []*Rule, table *program.Table) derivation {
	d := derivation{view: needs.Has(commandsLeftOut) || needs.Has(bytesLeftOut)}
	for _, r := range rules {
		if r.line {
			d.programs = table
			d.view = d.view || slices.Contains(r.AppliesTo, event.KindCommand)
			d.requestLine = d.requestLine || slices.Contains(r.AppliesTo, event.KindHTTPRequest)
		}
	}
	for _, id := range webFields {
		if needs.Has(id) || id == requestInputs && needs.Has(shortInputs) {
			d.request = append(d.request, id)
		}
	}
	for i, f := range shellFields {
		if needs.Has(f.id) {
			d.rows, d.view = append(d.rows, i), true
		}
	}
	return d
}

// any reports whether anything is derived from events of kind k.
func (d *derivation) any(k event.Kind) bool {
	switch k {
	case event.KindCommand:
		return d.view
	case event.KindHTTPRequest:
		return len(d.request) > 0 || d.requestLine
	}
	return false
}

// A shellScratch is the working memory of derive. The values it gives an
// event are valid until the next event.
type shellScratch struct {
	parser *shell.Parser
	view   shell.View
	values [][]event.Value // by row of shellFields

	table    *program.Table // that analyzer was made for
	analyzer *program.Analyzer
	line     program.Line
	sketch   lineSketch
	result   analysis
}

// derive gives an event the derived fields that some rule reads, and costs
// nothing when none does. A panic, a bug in what reads a hostile text, costs the
// event what is derived from that text, and no other event anything.
func (rs *Ruleset) derive(ev *event.Event, sc *Scratch) {
	sc.hit.line = nil
	if rs.derived.any(ev.Kind) {
		rs.deriveFrom(ev, sc)
	}
}

func (rs *Ruleset) deriveFrom(ev *event.Event, sc *Scratch) {
	defer func() {
		if v := recover(); v != nil {
			sc.shell, sc.web, sc.hit.line = shellScratch{}, webScratch{}, nil
			sc.notePanic("", ev, v)
		}
	}()
	switch ev.Kind {
	case event.KindCommand:
		rs.deriveLine(ev, sc)
	case event.KindHTTPRequest:
		rs.deriveRequest(ev, sc)
	}
}

// deriveLine derives what a shell would make of a command line.
func (rs *Ruleset) deriveLine(ev *event.Event, sc *Scratch) {
	text, ok := ev.Text(commandText)
	if !ok {
		return
	}
	s := &sc.shell
	s.parse(text)
	if s.view.Truncated {
		sc.CutShort++
		setLeftOut(ev, commandsLeftOut, s.view.CommandsLeftOut)
		setLeftOut(ev, bytesLeftOut, s.view.BytesLeftOut)
	}
	for _, row := range rs.derived.rows {
		f := &shellFields[row]
		s.values[row] = f.collect(s.values[row][:0], &s.view)
		ev.SetDerived(f.id, event.Value{Kind: event.List, List: s.values[row]})
	}
	if rs.derived.programs != nil {
		pwd, _ := ev.Text(commandPwd)
		sc.hit.line = s.analyse(rs.derived.programs, pwd)
	}
}

// trees returns how many texts have needed bash's grammar.
func (s *shellScratch) trees() int {
	if s.parser == nil {
		return 0
	}
	return s.parser.Trees()
}

// parse makes the view that of text.
func (s *shellScratch) parse(text string) {
	if s.parser == nil {
		s.parser, s.values = shell.NewParser(), make([][]event.Value, len(shellFields))
	}
	s.parser.Parse(text, &s.view)
}

// analyse says what the commands of the view would do.
func (s *shellScratch) analyse(t *program.Table, pwd string) *analysis {
	if s.table != t {
		s.table, s.analyzer = t, t.NewAnalyzer()
	}
	s.analyzer.Analyze(&s.view, pwd, &s.line)
	s.sketch.made = false
	s.result = analysis{Line: &s.line, view: &s.view, sketch: &s.sketch, bits: s.result.bits[:0], options: s.result.options[:0]}
	for i := range s.line.Commands {
		bit := rowBit(s.line.Commands[i].Row)
		s.result.rows |= bit
		s.result.bits = append(s.result.bits, bit)
		s.result.options = append(s.result.options, optionBits(&s.line.Commands[i]))
	}
	return &s.result
}

func setLeftOut(ev *event.Event, id event.FieldID, n int) {
	if n > 0 {
		ev.SetDerived(id, event.NumberValue(float64(n)))
	}
}
