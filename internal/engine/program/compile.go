package program

import (
	"fmt"
	"slices"
	"strings"
)

// compiler reads the indented lines of one row.
type compiler struct {
	row   *Row
	root  *Form
	form  *Form   // the one that lines belong to
	twins []*Form // to which the lines belong too
	line  int
}

// compile returns the form of a row. With an error it is what could be read.
func compile(r *Row) (*Form, error) {
	c := compiler{row: r, root: &Form{}, line: r.Line}
	c.form = c.root
	for line := range strings.Lines(r.text) {
		c.line++
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		if err := c.read(words); err != nil {
			return c.root, fmt.Errorf("%s:%d: %s: %w", r.File, c.line, r.Name, err)
		}
	}
	c.closeTwins()
	if err := c.root.finish(); err != nil {
		return c.root, fmt.Errorf("%s:%d: %s: %w", r.File, r.Line, r.Name, err)
	}
	return c.root, nil
}

func (c *compiler) read(words []string) error {
	if strings.HasPrefix(words[0], "-") || strings.HasPrefix(words[0], "+") {
		return c.options(words, "-+")
	}
	args := words[1:]
	if len(args) == 0 {
		return fmt.Errorf("%s says nothing", words[0])
	}
	switch words[0] {
	case "operands":
		return c.operands(args)
	case "effect":
		return c.effect(args)
	case "sub":
		return c.sub(args)
	case "like":
		return c.like(args)
	case "keys":
		return c.options(args, "")
	}
	return fmt.Errorf("unknown word %q at the beginning of a line", words[0])
}

// options reads option items: names joined by commas, then = and a role. A name begins with one of the dashes, if there are any.
func (c *compiler) options(items []string, dashes string) error {
	for _, item := range items {
		spec := Spec{}
		names, role, valued := strings.Cut(item, "=")
		if valued {
			spec.Value = NeedsValue
			if open, ok := strings.CutSuffix(names, "["); ok {
				names, spec.Value = open, MayValue
				role = strings.TrimSuffix(role, "]")
			}
			var ok bool
			if spec.Role, ok = RoleOf(role); !ok {
				return fmt.Errorf("option %s: unknown role %q", names, role)
			}
		}
		spec.Names = strings.Split(names, ",")
		for _, n := range spec.Names {
			if n == "" || dashes != "" && strings.IndexByte(dashes, n[0]) < 0 {
				return fmt.Errorf("option %q has no dash", n)
			}
			if c.form.own(n) {
				return fmt.Errorf("option %q stands twice", n)
			}
			spec.Hashes, spec.Bits = append(spec.Hashes, NameHash(n)), spec.Bits|NameBit(n)
		}
		c.form.Specs = append(c.form.Specs, spec)
	}
	return nil
}

// own reports whether the form itself has an option of that name.
func (f *Form) own(name string) bool {
	return slices.ContainsFunc(f.Specs, func(s Spec) bool { return slices.Contains(s.Names, name) })
}

func (c *compiler) operands(words []string) error {
	var o Operands
	for _, w := range words {
		if strings.HasPrefix(w, "-") {
			o.With = append(o.With, w)
			continue
		}
		name, many := strings.CutSuffix(w, "...")
		role, ok := RoleOf(name)
		switch {
		case !ok:
			return fmt.Errorf("operands: unknown role %q", name)
		case many && o.Many:
			return fmt.Errorf("operands: two roles take any number")
		case many:
			o.Rest, o.Many = role, true
		case o.Many:
			o.Last = append(o.Last, role)
		default:
			o.First = append(o.First, role)
		}
	}
	c.form.Operands = append(c.form.Operands, o)
	return nil
}

func (c *compiler) effect(names []string) error {
	if c.row.Source == "" {
		return fmt.Errorf("an effect without a source")
	}
	for _, name := range names {
		fn := effectOf(name)
		if fn == nil {
			return fmt.Errorf("unknown effect %q", name)
		}
		c.form.Effects = append(c.form.Effects, name)
		c.form.effects = append(c.form.effects, fn)
	}
	return nil
}

// sub opens a subcommand; the last word may have aliases, and others beside it that take the same words: `sub start,up|stop`.
func (c *compiler) sub(words []string) error {
	c.closeTwins()
	f := c.root
	last := len(words) - 1
	for i, w := range words[:last] {
		next := f.Sub(w)
		if next == nil {
			next = f.open(strings.Join(words[:i+1], " "), w)
		}
		f = next
	}
	for k, names := range strings.Split(words[last], "|") {
		n := strings.Split(names, ",")
		for _, name := range n {
			if old := f.Sub(name); old != nil && (old.said() || name != n[0]) {
				return fmt.Errorf("subcommand %s stands twice", name)
			}
		}
		next := f.Sub(n[0])
		if next == nil {
			next = f.open(strings.Join(append(slices.Clone(words[:last]), n[0]), " "), n...)
		}
		if k == 0 {
			c.form = next
		} else {
			c.twins = append(c.twins, next)
		}
	}
	return nil
}

// open adds a subcommand of that full name, known by names.
func (f *Form) open(full string, names ...string) *Form {
	next := &Form{Name: full, Outer: f}
	for _, n := range names {
		f.subs.add(n, len(f.Subs))
	}
	f.Subs = append(f.Subs, next)
	return next
}

// said reports whether lines have been read for the form itself.
func (f *Form) said() bool { return len(f.Specs)+len(f.Operands)+len(f.Effects) > 0 }

// closeTwins gives the forms that share the lines just read what they say.
func (c *compiler) closeTwins() {
	for _, t := range c.twins {
		t.Specs, t.Operands = c.form.Specs, c.form.Operands
		t.Effects, t.effects = c.form.Effects, c.form.effects
	}
	c.twins = nil
}

// like takes over what another row says, behind what this one says.
func (c *compiler) like(names []string) error {
	other := c.row.table.named(names[0])
	if len(names) != 1 || other == nil || other == c.row {
		return fmt.Errorf("like %s: no such row", strings.Join(names, " "))
	}
	if likes(other.text) {
		// Two rows that wait for each other would never be compiled.
		return fmt.Errorf("like %s: that row is like another", names[0])
	}
	from := other.Form()
	for _, s := range from.Specs {
		if !slices.ContainsFunc(s.Names, c.form.own) {
			c.form.Specs = append(c.form.Specs, s)
		}
	}
	c.form.Operands = append(c.form.Operands, from.Operands...)
	if len(c.form.effects) == 0 {
		c.form.Effects, c.form.effects = from.Effects, from.effects
	}
	if c.form.Subs == nil {
		c.form.Subs, c.form.subs = slices.Clip(from.Subs), from.subs.clone()
	}
	return nil
}

// likes reports whether the lines of a row hold a `like`.
func likes(text string) bool {
	for line := range strings.Lines(text) {
		if w := strings.Fields(line); len(w) > 0 && w[0] == "like" {
			return true
		}
	}
	return false
}

// innermost returns which operand, from 1 on, is a command, 0 when none is: words with a dash behind it are that command's.
func (f *Form) innermost() int {
	for _, o := range f.Operands {
		if o.With != nil {
			continue
		}
		if k := slices.Index(o.First, RoleCommand); k >= 0 {
			return k + 1
		}
		if o.Many && o.Rest == RoleCommand {
			return len(o.First) + 1
		}
		return 0
	}
	return 0
}

// finish builds the look-up tables of f and of the forms below it, once: `like` shares forms.
func (f *Form) finish() error {
	if f.finished {
		return nil
	}
	f.finished = true
	for i := range f.Specs {
		for _, n := range f.Specs[i].Names {
			if len(n) == 2 && n[0] == '-' && n[1] < 128 {
				f.short[n[1]] = uint16(i + 1)
			} else {
				f.long = append(f.long, longName{n, uint16(i)})
			}
		}
	}
	slices.SortFunc(f.long, func(a, b longName) int { return strings.Compare(a.name, b.name) })
	for _, l := range slices.Backward(f.long) {
		f.names.add(l.name, int(l.spec))
	}
	f.inner = f.innermost()
	for _, o := range f.Operands {
		for _, n := range o.With {
			if f.Option(n) == nil {
				return fmt.Errorf("operands with %s: no such option", n)
			}
		}
	}
	for _, s := range f.Subs {
		if err := s.finish(); err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return nil
}
