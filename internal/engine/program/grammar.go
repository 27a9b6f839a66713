package program

import "strings"

// reader takes the words of one command apart.
type reader struct {
	a     *Analyzer
	l     *Line
	form  *Form
	words []Word
	i     int
	opts  int // index in Line.options of the command's first
	ops   int // and in Line.operands
}

// invocation reads c's words by its row into l.
func (a *Analyzer) invocation(l *Line, c *Command) {
	r := reader{a: a, l: l, form: c.Form, words: c.Words, opts: len(l.options), ops: len(l.operands)}
	switch c.grammar() {
	case GNU:
		r.gnu(c, false, true)
	case POSIX:
		r.gnu(c, true, true)
	case LongDash:
		r.longDash(c)
	case KeyValue:
		r.keyValue()
	case Dashless:
		r.dashless(c)
	case Find:
		r.find()
	}
	c.Form = r.form
	c.Options = l.options[r.opts:len(l.options):len(l.options)]
	c.Operands = l.operands[r.ops:len(l.operands):len(l.operands)]
	r.roles(c)
}

func (c *Command) grammar() Grammar {
	if c.Row == nil {
		return GNU
	}
	return c.Row.Grammar
}

func (r *reader) option(name string, spec *Spec) *Option {
	r.l.options = append(r.l.options, Option{Name: name, Spec: spec})
	return &r.l.options[len(r.l.options)-1]
}

// value gives o the next word.
func (r *reader) value(o *Option) {
	if r.i < len(r.words) {
		o.Value, o.Mark, o.HasValue = r.words[r.i].Text, r.words[r.i].Mark, true
		r.i++
	}
}

// operand adds a word, or takes it as the name of a subcommand.
func (r *reader) operand(w Word, c *Command) {
	if len(r.form.Subs) > 0 && len(r.l.operands) == r.ops {
		if sub := r.form.Sub(w.Text); sub != nil {
			r.form = sub
			c.Subcommand = sub.Name
			return
		}
		if r.form.Outer == nil && c.Subcommand == "" {
			c.Subcommand = w.Text
			return
		}
	}
	r.l.operands = append(r.l.operands, Operand{Text: w.Text, Mark: w.Mark})
}

// gnu reads bundles and long options, up to an operand that is a command; posix stops at the first operand that is no subcommand.
func (r *reader) gnu(c *Command, posix, long bool) {
	for r.i < len(r.words) {
		w := r.words[r.i]
		r.i++
		switch t := w.Text; {
		case t == "--":
			r.rest(c)
			return
		case len(t) < 2 || t[0] != '-':
			before := len(r.l.operands)
			r.operand(w, c)
			if n := len(r.l.operands); posix && n > before || n-r.ops == r.form.inner && n > before {
				r.rest(c)
				return
			}
		case t[1] == '-' && long:
			r.longOption(w)
		default:
			r.bundle(w)
		}
	}
}

// rest takes all words that are left as operands.
func (r *reader) rest(c *Command) {
	for ; r.i < len(r.words); r.i++ {
		r.operand(r.words[r.i], c)
	}
}

func (r *reader) longOption(w Word) {
	name, value, attached := strings.Cut(w.Text, "=")
	spec, full := r.form.word(name, true)
	o := r.option(full, spec)
	switch {
	case attached:
		o.Value, o.Mark, o.HasValue = value, w.Mark, true
	case spec != nil && spec.Value == NeedsValue:
		r.value(o)
	}
}

// bundle reads -abc, -ofile, -9.
func (r *reader) bundle(w Word) {
	t := w.Text
	if spec := r.form.dashWord(t); spec != nil {
		// A long name behind one dash: `-exec` of a shell's wrapper, `-nodes`.
		o := r.option(t, spec)
		if spec.Value == NeedsValue {
			r.value(o)
		}
		return
	}
	for k := 1; k < len(t); k++ {
		spec := r.form.letter(t[k])
		if spec == nil && digit(t[k]) && k == 1 {
			r.option(t, nil)
			return
		}
		o := r.option(r.dashed(t, k, spec), spec)
		if spec == nil || spec.Value == NoValue {
			continue
		}
		if k+1 < len(t) {
			o.Value, o.Mark, o.HasValue = t[k+1:], w.Mark, true
			return
		}
		if spec.Value == NeedsValue {
			r.value(o)
		}
	}
}

// dashed returns the name of the option at t[k] with its dash, out of the row where that has it.
func (r *reader) dashed(t string, k int, spec *Spec) string {
	if spec != nil {
		for _, n := range spec.Names {
			if len(n) == 2 && n[1] == t[k] {
				return n
			}
		}
	}
	if k == 1 && t[0] == '-' {
		return t[:2]
	}
	return r.a.join2("-", t[k:k+1])
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// longDash reads -name value, -name=value, --name.
func (r *reader) longDash(c *Command) {
	for r.i < len(r.words) {
		w := r.words[r.i]
		r.i++
		if len(w.Text) < 2 || w.Text[0] != '-' {
			r.operand(w, c)
			continue
		}
		name, value, attached := strings.Cut(w.Text, "=")
		spec := r.form.dashWord(name)
		if spec == nil && len(name) == 2 {
			spec = r.form.letter(name[1])
		}
		if spec == nil && strings.HasPrefix(name, "--") {
			spec, _ = r.form.word(name[1:], false)
		}
		o := r.option(name, spec)
		switch {
		case attached:
			o.Value, o.Mark, o.HasValue = value, w.Mark, true
		case spec != nil && spec.Value == NeedsValue:
			r.value(o)
		}
	}
}

// keyValue reads key=value; what has no = is an operand.
func (r *reader) keyValue() {
	for _, w := range r.words {
		name, value, ok := strings.Cut(w.Text, "=")
		if !ok {
			r.l.operands = append(r.l.operands, Operand{Text: w.Text, Mark: w.Mark})
			continue
		}
		spec, _ := r.form.word(name, false)
		o := r.option(name, spec)
		o.Value, o.Mark, o.HasValue = value, w.Mark, true
	}
}

// dashless reads a first word without a dash as a bundle, whose values are the next words in order; then as gnu.
func (r *reader) dashless(c *Command) {
	if len(r.words) > 0 && r.words[0].Text != "" && r.words[0].Text[0] != '-' {
		r.i = 1
		t := r.words[0].Text
		for k := range len(t) {
			spec := r.form.letter(t[k])
			o := r.option(r.dashed(t, k, spec), spec)
			if spec != nil && spec.Value == NeedsValue {
				r.value(o)
			}
		}
	}
	r.gnu(c, false, true)
}

// find reads paths until the expression begins.
func (r *reader) find() {
	for ; r.i < len(r.words); r.i++ {
		t := r.words[r.i].Text
		switch {
		case t == "-H" || t == "-L" || t == "-P" || strings.HasPrefix(t, "-O"):
			r.option(t, nil)
			continue
		case t == "(" || t == "!" || t == ")" || t == ",":
		case len(t) > 1 && t[0] == '-':
		default:
			r.l.operands = append(r.l.operands, Operand{Text: t, Mark: r.words[r.i].Mark})
			continue
		}
		break
	}
	for r.i < len(r.words) {
		t := r.words[r.i].Text
		r.i++
		spec := r.form.dashWord(t)
		if spec == nil && len(t) == 2 {
			spec = r.form.letter(t[1])
		}
		o := r.option(t, spec)
		switch {
		case spec == nil || spec.Value == NoValue:
		case spec.Role == RoleCommand:
			r.value(o)
			for r.i < len(r.words) && r.words[r.i].Text != ";" && r.words[r.i].Text != "+" {
				r.i++
			}
			r.i = min(r.i+1, len(r.words))
		default:
			r.value(o)
		}
	}
}

// roles gives each operand its role.
func (r *reader) roles(c *Command) {
	if len(c.Operands) == 0 {
		return
	}
	for i := range r.form.Operands {
		o := &r.form.Operands[i]
		if o.With != nil && !c.given(o.With) {
			continue
		}
		o.assign(c.Operands)
		return
	}
}

// given reports whether one of the named options was given.
func (c *Command) given(names []string) bool {
	for i := range c.Options {
		o := &c.Options[i]
		for _, n := range names {
			if o.Name == n || o.Spec != nil && o.Spec.named(n) {
				return true
			}
		}
	}
	return false
}

func (s *Spec) named(name string) bool {
	for _, n := range s.Names {
		if n == name {
			return true
		}
	}
	return false
}

// assign gives roles to ops: First, then Last from the end, then Rest between.
func (o *Operands) assign(ops []Operand) {
	n := 0
	for ; n < len(o.First) && n < len(ops); n++ {
		ops[n].Role = o.First[n]
	}
	ops = ops[n:]
	if !o.Many {
		return
	}
	if len(o.Last) > 0 && len(ops) > len(o.Last) || len(o.First) > 0 && len(ops) >= len(o.Last) {
		cut := len(ops) - len(o.Last)
		for i, role := range o.Last {
			ops[cut+i].Role = role
		}
		ops = ops[:cut]
	}
	for i := range ops {
		ops[i].Role = o.Rest
	}
}
