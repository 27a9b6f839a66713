package html

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"text/template/parse"
)

// An escaped template is one into which html/template has put the escaper of each
// place, as text. What chooses the escapers, and what runs a template with all that
// it may call, is linked into no binary of ours: a call of methods by name would keep
// every exported method of the program, 4 MB. This runs what page.html uses: text,
// fields, variables, if, range, with, template, len and the escapers; anything else is
// an error. TestEscaped holds the text, and each page, to what html/template makes.
type escaped struct {
	name  string
	trees map[string]*parse.Tree
}

func parseEscaped(name, text string) (*escaped, error) {
	names := map[string]any{"len": true}
	for known := range escapers {
		names[known] = true
	}
	trees, err := parse.Parse(name, text, "", "", names)
	if err != nil {
		return nil, err
	}
	return &escaped{name, trees}, nil
}

func (t *escaped) execute(buf *bytes.Buffer, data any) error {
	x := &execution{t: t, buf: buf}
	return x.template(t.name, reflect.ValueOf(data))
}

// An execution is one run of a template.
type execution struct {
	t    *escaped
	buf  *bytes.Buffer
	vars []variable // in force, the innermost last
}

type variable struct {
	name  string
	value reflect.Value
}

// template runs a template by name: of variables it sees only $, which is dot.
func (x *execution) template(name string, dot reflect.Value) error {
	tree := x.t.trees[name]
	if tree == nil {
		return fmt.Errorf("no template %q", name)
	}
	outer := x.vars
	defer func() { x.vars = outer }()
	x.vars = []variable{{"$", dot}}
	return x.list(tree.Root, dot)
}

// list runs nodes; variables that they declare end with it.
func (x *execution) list(l *parse.ListNode, dot reflect.Value) error {
	if l == nil {
		return nil
	}
	n := len(x.vars)
	defer func() { x.vars = x.vars[:n] }()
	for _, node := range l.Nodes {
		if err := x.node(node, dot); err != nil {
			return err
		}
	}
	return nil
}

func (x *execution) node(node parse.Node, dot reflect.Value) error {
	switch n := node.(type) {
	case *parse.TextNode:
		x.buf.Write(n.Text)
		return nil
	case *parse.ActionNode:
		v, err := x.pipe(n.Pipe, dot)
		if err != nil || len(n.Pipe.Decl) > 0 {
			x.declare(n.Pipe, v)
			return err
		}
		if _, ok := n.Pipe.Cmds[len(n.Pipe.Cmds)-1].Args[0].(*parse.IdentifierNode); !ok {
			return fmt.Errorf("%s has no escaper", n)
		}
		x.buf.WriteString(v.String())
		return nil
	case *parse.TemplateNode:
		v, err := x.pipe(n.Pipe, dot)
		if err != nil {
			return err
		}
		return x.template(n.Name, v)
	case *parse.IfNode:
		return x.branch(&n.BranchNode, dot, func(reflect.Value) error { return x.list(n.List, dot) })
	case *parse.WithNode:
		return x.branch(&n.BranchNode, dot, func(v reflect.Value) error { return x.list(n.List, v) })
	case *parse.RangeNode:
		return x.branch(&n.BranchNode, dot, func(v reflect.Value) error { return x.each(n, v) })
	}
	return fmt.Errorf("%s is not for templates here", node)
}

// branch calls then with the value of the branch's pipe, unless that is empty.
func (x *execution) branch(n *parse.BranchNode, dot reflect.Value, then func(reflect.Value) error) error {
	v, err := x.pipe(n.Pipe, dot)
	switch {
	case err != nil:
		return err
	case !isTrue(v):
		return x.list(n.ElseList, dot)
	}
	return then(v)
}

// isTrue reports whether a branch on v is taken.
func isTrue(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String:
		return v.Len() > 0
	case reflect.Struct:
		return true
	}
	return v.IsValid() && !v.IsZero()
}

func (x *execution) each(n *parse.RangeNode, v reflect.Value) error {
	if v.Kind() != reflect.Slice {
		return fmt.Errorf("%s is over no list", n.Pipe)
	}
	outer := len(x.vars)
	defer func() { x.vars = x.vars[:outer] }()
	for i := range v.Len() {
		x.vars = x.vars[:outer]
		switch decl := n.Pipe.Decl; len(decl) {
		case 1:
			x.vars = append(x.vars, variable{decl[0].Ident[0], v.Index(i)})
		case 2:
			x.vars = append(x.vars, variable{decl[0].Ident[0], reflect.ValueOf(i)}, variable{decl[1].Ident[0], v.Index(i)})
		}
		if err := x.list(n.List, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

// declare binds what a pipe declares.
func (x *execution) declare(p *parse.PipeNode, v reflect.Value) {
	for _, d := range p.Decl {
		x.vars = append(x.vars, variable{d.Ident[0], v})
	}
}

// pipe returns the value of a pipe: of its first word, or of len of the second,
// which goes through each function behind it.
func (x *execution) pipe(p *parse.PipeNode, dot reflect.Value) (v reflect.Value, err error) {
	for i, c := range p.Cmds {
		name, isCall := c.Args[0].(*parse.IdentifierNode)
		switch {
		case i == 0 && !isCall && len(c.Args) == 1:
			v, err = x.value(c.Args[0], dot)
		case i == 0 && isCall && name.Ident == "len" && len(c.Args) == 2:
			if v, err = x.value(c.Args[1], dot); err == nil {
				v = reflect.ValueOf(v.Len())
			}
		case i > 0 && isCall && len(c.Args) == 1 && escapers[name.Ident] != nil:
			var text string
			text, err = escapers[name.Ident](v)
			v = reflect.ValueOf(text)
		default:
			err = fmt.Errorf("%s is not for templates here", c)
		}
		if err != nil {
			return v, err
		}
	}
	return v, nil
}

func (x *execution) value(node parse.Node, dot reflect.Value) (reflect.Value, error) {
	switch n := node.(type) {
	case *parse.DotNode:
		return dot, nil
	case *parse.FieldNode:
		return fields(dot, n.Ident, n)
	case *parse.VariableNode:
		for i := len(x.vars) - 1; i >= 0; i-- {
			if x.vars[i].name == n.Ident[0] {
				return fields(x.vars[i].value, n.Ident[1:], n)
			}
		}
	}
	return reflect.Value{}, fmt.Errorf("%s is not for templates here", node)
}

// fields returns a field of a field of v.
func fields(v reflect.Value, names []string, node parse.Node) (reflect.Value, error) {
	for _, name := range names {
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct {
			return v, fmt.Errorf("%s: no fields to look into for %s", node, name)
		}
		if v = v.FieldByName(name); !v.IsValid() {
			return v, fmt.Errorf("%s: no field %s", node, name)
		}
	}
	return v, nil
}

// textOf returns what a text, a number or a flag is in a page.
func textOf(v reflect.Value) (string, error) {
	switch v.Kind() {
	case reflect.String, reflect.Int, reflect.Int64, reflect.Float64, reflect.Bool:
		return fmt.Sprint(v.Interface()), nil
	}
	return "", fmt.Errorf("a %s is no text", v.Kind())
}

// inMarkup escapes for text between tags and values in quotes.
var inMarkup = strings.NewReplacer("\x00", "\uFFFD", `"`, "&#34;", "&", "&amp;", "'", "&#39;", "+", "&#43;", "<", "&lt;", ">", "&gt;")
