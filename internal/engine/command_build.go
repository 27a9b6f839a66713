package engine

import (
	"slices"
	"strings"

	"ttpctl/internal/edit"
	"ttpctl/internal/engine/glob"
	"ttpctl/internal/engine/program"
	"ttpctl/internal/engine/shell"
)

// A commandKey is a key of a command block. The table is in the order in which
// the checks are made: what is cheap and rules out most comes first.
type commandKey struct {
	name string
	read func(c *commandBuilder, n *Node) (holds func(l *analysis, i int) bool, ok bool)
}

func commandKeys() []commandKey {
	return []commandKey{
		{"program", (*commandBuilder).program},
		{"subcommand", (*commandBuilder).subcommand},
		{"operands", (*commandBuilder).count},
		{"option", (*commandBuilder).given},
		{"no_option", not((*commandBuilder).option)},
		{"via", (*commandBuilder).around},
		{"no_via", not((*commandBuilder).via)},
		{"path", (*commandBuilder).path},
		{"effect", (*commandBuilder).effect},
		{"operand", needed((*commandBuilder).operand)},
		{"no_operand", not((*commandBuilder).operand)},
		{"argument", needed((*commandBuilder).argument)},
		{"no_argument", not((*commandBuilder).argument)},
		{"input", (*commandBuilder).input},
		{"no_effect", (*commandBuilder).noEffect},
		{"input_from", piped((*analysis).feeds)},
		{"output_to", piped(func(l *analysis, other, i int) bool { return l.feeds(i, other) })},
	}
}

func commandKeyNames() []string {
	var names []string
	for _, k := range commandKeys() {
		names = append(names, k.name)
	}
	return names
}

type commandReader = func(c *commandBuilder, n *Node) (func(l *analysis, i int) bool, bool)

// not returns a reader of the opposite.
func not(read commandReader) commandReader {
	return func(c *commandBuilder, n *Node) (func(*analysis, int) bool, bool) {
		holds, ok := read(c, n)
		return func(l *analysis, i int) bool { return !holds(l, i) }, ok
	}
}

// A commandBuilder compiles one command block.
type commandBuilder struct {
	*matchBuilder
	test  *commandTest
	rows  []*program.Row // that program names; nil = any
	words *wordTest      // of the key that was read last
	depth int
}

// command compiles a command block; nil when something is wrong with it.
func (b *matchBuilder) command(n *Node, depth int) *commandTest {
	if n.Kind != Mapping || len(n.Keys) == 0 {
		b.errorf(CodeType, n, "a command block wants keys such as program, got %s", n.describe())
		return nil
	}
	if depth > maxMatchDepth {
		b.errorf(CodeDepth, n, "match blocks nest deeper than %d", maxMatchDepth)
		return nil
	}
	c := commandBuilder{matchBuilder: b, test: &commandTest{}, depth: depth}
	if b.keys == nil {
		b.keys = commandKeys()
	}
	ok := c.known(n)
	for _, key := range b.keys {
		item := n.member(key.name)
		if item == nil {
			continue
		}
		holds, read := key.read(&c, item)
		if ok = ok && read; read {
			c.test.checks = append(c.test.checks, commandCheck{key.name, spelling(item), holds})
		}
	}
	if !ok {
		return nil
	}
	return c.test
}

// known reports the keys that a command block does not have.
func (c *commandBuilder) known(n *Node) bool {
	ok := true
	for _, key := range n.Keys {
		if !slices.ContainsFunc(c.keys, func(k commandKey) bool { return k.name == key.Value }) {
			d := NewDiagnostic(CodeMember, key.Span, "a command block has no key %q", short(key.Value))
			d.Help = didYouMean(key.Value, commandKeyNames())
			c.report(d)
			ok = false
		}
	}
	return ok
}

// texts reads a string or a list of strings.
func (c *commandBuilder) texts(key string, n *Node) (texts []string, ok bool) {
	ok = true
	for _, item := range itemsOf(n) {
		if item.Kind != Scalar || item.Tag == "!!null" || item.Value == "" {
			c.errorf(CodeType, item, "%s wants a string or a list of strings, got %s", key, item.describe())
			ok = false
			continue
		}
		texts = append(texts, item.Value)
	}
	return texts, ok && len(texts) > 0
}

// program reads names, classes of the table, and names taken as they are.
func (c *commandBuilder) program(n *Node) (func(*analysis, int) bool, bool) {
	texts, ok := c.texts("program", n)
	var names []string
	var free []*glob.Name
	for i, text := range texts {
		bare, taken := strings.CutSuffix(text, "!")
		switch {
		case strings.HasPrefix(text, "@"):
			names = append(names, c.class(itemsOf(n)[i])...)
		case taken:
			name, err := glob.ParseName(bare)
			if err != nil {
				c.globError("program", itemsOf(n)[i], err)
				return nil, false
			}
			if literal, plain := name.Literal(); plain {
				names = append(names, literal)
			} else {
				free = append(free, name)
			}
		default:
			names = append(names, c.row(itemsOf(n)[i])...)
		}
	}
	if heads, all := headsOf(free); all {
		c.test.programs, c.test.heads = append([]string{}, names...), heads
	}
	set := c.programSet(names)
	if len(free) == 0 {
		c.test.rows, c.test.only = set.sketch(), set.only()
	}
	return func(l *analysis, i int) bool {
		cmd := &l.Commands[i]
		return set.has(cmd) || slices.ContainsFunc(free, func(g *glob.Name) bool { return g.Match(cmd.Program) })
	}, ok && len(names)+len(free) > 0
}

// class returns the programs of a class.
func (c *commandBuilder) class(n *Node) []string {
	var names []string
	rows := c.table.Class(n.Value)
	for _, r := range rows {
		names = append(names, r.Name)
	}
	c.rows = append(c.rows, rows...)
	if names == nil {
		c.unknownWord(CodeClass, n, "class of programs", c.table.Classes())
	}
	return names
}

// row returns the name of the row that the rule names, by any of its names.
func (c *commandBuilder) row(n *Node) []string {
	if r := c.table.Lookup(n.Value); r != nil {
		c.rows = append(c.rows, r)
		return []string{r.Name}
	}
	var known []string
	for _, r := range c.table.Rows() {
		known = append(append(known, r.Name), r.Aliases...)
	}
	d := NewDiagnostic(CodeProgram, n.Span, "the program table has no %q", short(n.Value))
	if near := edit.Closest(n.Value, known); near != "" {
		d = d.WithHelp("did you mean %s?", near)
	}
	c.report(d.WithHelp("write %q to take the name as it is", short(n.Value)+"!"))
	return nil
}

func (c *commandBuilder) subcommand(n *Node) (func(*analysis, int) bool, bool) {
	texts, ok := c.texts("subcommand", n)
	if ok && len(c.rows) > 0 && !c.settled {
		for i, text := range texts {
			if !slices.ContainsFunc(c.rows, func(r *program.Row) bool { return hasSub(r.Form(), text) }) {
				c.unknownSub(itemsOf(n)[i])
				ok = false
			}
		}
	}
	return func(l *analysis, i int) bool { return slices.Contains(texts, l.Commands[i].Subcommand) }, ok
}

func hasSub(f *program.Form, name string) bool {
	return slices.ContainsFunc(f.Subs, func(s *program.Form) bool { return s.Name == name || hasSub(s, name) })
}

func (c *commandBuilder) unknownSub(n *Node) {
	var known []string
	for _, r := range c.rows {
		for _, s := range r.Form().Subs {
			known = append(known, s.Name)
		}
	}
	c.unknownWord(CodeOption, n, "subcommand of "+c.rows[0].Name, known)
}

// given is option for options without which the block cannot hold.
func (c *commandBuilder) given(n *Node) (func(*analysis, int) bool, bool) {
	holds, ok := c.option(n)
	names := n.Keys
	if n.Kind != Mapping {
		names = itemsOf(n)
	}
	var set nameSet
	for _, name := range names {
		set.add(name.Value)
	}
	c.test.options = append(c.test.options, set)
	return holds, ok
}

// option reads names of which the command has one, or a mapping of names to
// what their values must be.
func (c *commandBuilder) option(n *Node) (func(*analysis, int) bool, bool) {
	if n.Kind == Mapping {
		return c.optionValues(n)
	}
	names, ok := c.texts("option", n)
	for i := range names {
		ok = c.hasOption(itemsOf(n)[i]) && ok
	}
	set := nameSetOf(names)
	return func(l *analysis, i int) bool { return l.hasOption(i, &set) }, ok
}

func (c *commandBuilder) optionValues(n *Node) (func(*analysis, int) bool, bool) {
	ok := len(n.Keys) > 0
	names, values := make([]string, len(n.Keys)), make([]*wordTest, len(n.Keys))
	for i, key := range n.Keys {
		names[i] = key.Value
		words, read := c.matchBuilder.words(key.Value, n.Items[i], pathWords)
		values[i] = words
		ok = c.hasOption(key) && read && ok
	}
	set := nameSetOf(names)
	return func(l *analysis, i int) bool {
		if l.options[i]&set.bits == 0 {
			return false
		}
		return slices.ContainsFunc(l.Commands[i].Options, func(o program.Option) bool {
			for k := range names {
				if o.HasValue && isOption(&o, names[k:k+1]) && values[k].holds(o.Value, false) {
					return true
				}
			}
			return false
		})
	}, ok
}

// hasOption reports an option that no row of the block's programs has.
func (c *commandBuilder) hasOption(n *Node) bool {
	if c.settled || len(c.rows) == 0 || slices.ContainsFunc(c.rows, func(r *program.Row) bool { return r.Partial || formHas(r.Form(), n.Value) }) {
		return true // the table does not tell all options of a partial row
	}
	var known []string
	for _, r := range c.rows {
		known = appendOptions(known, r.Form())
	}
	d := NewDiagnostic(CodeOption, n.Span, "%s has no option %q in the program table", c.rows[0].Name, short(n.Value))
	if near := edit.Closest(n.Value, known); near != "" {
		d = d.WithHelp("did you mean %s?", near)
	}
	c.report(d)
	return false
}

func formHas(f *program.Form, option string) bool {
	return f.Option(option) != nil || slices.ContainsFunc(f.Subs, func(s *program.Form) bool { return formHas(s, option) })
}

func appendOptions(dst []string, f *program.Form) []string {
	for i := range f.Specs {
		dst = append(dst, f.Specs[i].Names...)
	}
	for _, s := range f.Subs {
		dst = appendOptions(dst, s)
	}
	return dst
}

func (c *commandBuilder) via(n *Node) (func(*analysis, int) bool, bool) {
	texts, ok := c.texts("via", n)
	return func(l *analysis, i int) bool {
		return slices.ContainsFunc(l.Commands[i].Via, func(v string) bool { return slices.Contains(texts, v) })
	}, ok
}

// around is via for wrappers without which the block cannot hold.
func (c *commandBuilder) around(n *Node) (func(*analysis, int) bool, bool) {
	for _, name := range itemsOf(n) {
		c.test.vias.add(name.Value)
	}
	return c.via(n)
}

func (c *commandBuilder) path(n *Node) (func(*analysis, int) bool, bool) {
	w, ok := c.matchBuilder.words("path", n, pathWords)
	c.test.pathed = ok
	c.test.words = append(c.test.words, w)
	return func(l *analysis, i int) bool {
		path := l.Commands[i].Path
		return path != "" && w.holds(path, false)
	}, ok
}

// needed returns a reader of words without which the block cannot hold: the
// index may look for them.
func needed(read commandReader) commandReader {
	return func(c *commandBuilder, n *Node) (func(*analysis, int) bool, bool) {
		holds, ok := read(c, n)
		if ok {
			c.test.words = append(c.test.words, c.words)
		}
		if c.settled || !ok {
			return holds, ok
		}
		if set := c.words.literals(); !set.IsZero() {
			c.test.literals = append(c.test.literals, set)
		}
		return holds, true
	}
}

func (c *commandBuilder) operand(n *Node) (func(*analysis, int) bool, bool) {
	w, ok := c.matchBuilder.words("operand", n, pathWords)
	c.words = w
	return func(l *analysis, i int) bool {
		return slices.ContainsFunc(l.Commands[i].Operands, func(o program.Operand) bool { return w.holds(o.Text, o.Mark&shell.Glob != 0) })
	}, ok
}

func (c *commandBuilder) argument(n *Node) (func(*analysis, int) bool, bool) {
	w, ok := c.matchBuilder.words("argument", n, pathWords)
	c.words = w
	return func(l *analysis, i int) bool {
		return slices.ContainsFunc(l.Commands[i].Words, func(o program.Word) bool { return w.holds(o.Text, o.Mark&shell.Glob != 0) })
	}, ok
}

// input reads what must stand in what the command reads on standard input,
// where the line holds that: a here-document, or what echo pipes into it.
func (c *commandBuilder) input(n *Node) (func(*analysis, int) bool, bool) {
	w, ok := c.matchBuilder.words("input", n, nameWords)
	return func(l *analysis, i int) bool {
		at := l.Commands[i].Shell
		return at >= 0 && l.view.Commands[at].Input != "" && w.holds(l.view.Commands[at].Input, false)
	}, ok
}

// count reads operands: how many there are.
func (c *commandBuilder) count(n *Node) (func(*analysis, int) bool, bool) {
	least, most := 0, -1
	ok := n.Kind == Mapping && len(n.Keys) > 0
	for i := range n.Keys {
		v, isNumber := n.Items[i].number()
		switch {
		case !isNumber || v < 0 || v > 1000:
			ok = false
		case n.Keys[i].Value == "min":
			least = int(v)
		case n.Keys[i].Value == "max":
			most = int(v)
		default:
			ok = false
		}
	}
	if !ok {
		c.errorf(CodeType, n, "operands wants {min: 1, max: 2}, or one of the two")
	} else if most >= 0 && least > most {
		c.errorf(CodeType, n, "operands: min %d is above max %d, so that no command has as many", least, most)
		ok = false
	}
	return func(l *analysis, i int) bool {
		k := len(l.Commands[i].Operands)
		return k >= least && (most < 0 || k <= most)
	}, ok
}

func (c *commandBuilder) effect(n *Node) (func(*analysis, int) bool, bool) {
	t := c.matchBuilder.effect(n)
	if t == nil {
		return nil, false
	}
	c.test.effects = append(c.test.effects, t)
	c.test.verbs |= 1 << t.verb
	return func(l *analysis, i int) bool { return l.shows(t, i) }, c.canHave(t, n)
}

func (c *commandBuilder) noEffect(n *Node) (func(*analysis, int) bool, bool) {
	t := c.matchBuilder.effect(n)
	if t == nil {
		return nil, false
	}
	return func(l *analysis, i int) bool { return !l.shows(t, i) }, true
}
