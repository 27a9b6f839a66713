package engine

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"ttpctl/internal/edit"
)

// Errorf returns a diagnostic about parameters: at the value of the named
// one, or at match.kind when it is absent.
func (p Params) Errorf(code Code, param, format string, args ...any) Diagnostic {
	at := p.Node.member(param)
	if at == nil {
		at = p.kindNode()
	}
	return NewDiagnostic(code, at.Span, format, args...)
}

func (p Params) kindNode() *Node {
	if n := p.Node.member("kind"); n != nil {
		return n
	}
	return p.Node
}

// Decode checks the parameters against a builder's table: types, ranges,
// allowed values, what is missing and what is unknown. With an error among
// the diagnostics the Args are not to be used.
func (p Params) Decode(specs []Param) (Args, Diagnostics) {
	d := paramDecoder{kind: p.Kind, args: Args{values: map[string]any{}}}
	names := make([]string, len(specs))
	for i, s := range specs {
		names[i] = s.Name
	}
	for i, key := range p.Node.Keys {
		j := slices.Index(names, key.Value)
		switch {
		case key.Value == "kind":
		case j >= 0:
			d.param(&specs[j], p.Node.Items[i])
		default:
			d.unknown(key, names)
		}
	}
	if diag, dear := d.purse.warning(); dear {
		d.diags.add(diag)
	}
	for _, s := range specs {
		switch {
		case p.Node.member(s.Name) != nil:
		case s.Required && !d.meant[s.Name]:
			d.diags.add(NewDiagnostic(CodeMissingKey, p.kindNode().Span, "%s lacks the parameter %s (%s)", p.Kind, s.Name, s.Want()))
		case s.Default != nil:
			d.args.values[s.Name] = s.Default
		}
	}
	return d.args, d.diags
}

type paramDecoder struct {
	kind  string
	args  Args
	meant map[string]bool // parameters that an unknown one was probably meant to be
	purse purse           // of its patterns
	diags Diagnostics
}

func (d *paramDecoder) unknown(key *Node, names []string) {
	if d.meant == nil {
		d.meant = map[string]bool{}
	}
	d.meant[edit.Closest(key.Value, names)] = true
	diag := NewDiagnostic(CodeUnknownParam, key.Span, "%s has no parameter %q", d.kind, short(key.Value))
	if diag.Help = didYouMean(key.Value, names); len(names) == 0 {
		diag = diag.WithHelp("it takes none")
	}
	d.diags.add(diag)
}

// Want says in prose what values the parameter takes.
func (s *Param) Want() string {
	switch s.Type {
	case ParamNumber:
		if s.Max > s.Min {
			return fmt.Sprintf("a number from %v to %v", s.Min, s.Max)
		}
		return "a number"
	case ParamBool:
		return "true or false"
	case ParamString:
		if len(s.OneOf) > 0 {
			return "one of " + strings.Join(s.OneOf, ", ")
		}
		return "a string"
	case ParamStrings:
		if len(s.OneOf) > 0 {
			return "a list of " + strings.Join(s.OneOf, ", ")
		}
		return "a list of strings"
	case ParamPatterns:
		return "a list of patterns"
	}
	return strings.Join(append(s.OneOf[:len(s.OneOf):len(s.OneOf)], "a list of pairs [name, value]"), " or ")
}

func (d *paramDecoder) param(s *Param, n *Node) {
	if s.Idle {
		d.diags.add(NewDiagnostic(CodeIdleParam, n.Span, "%s is taken and has no effect", s.Name))
	}
	var v any
	var ok bool
	switch s.Type {
	case ParamNumber:
		v, ok = d.number(s, n)
	case ParamBool:
		v, ok = d.boolean(s, n)
	case ParamString:
		v, ok = d.str(s, n, s.OneOf)
	case ParamStrings:
		v, ok = listOf(d, s, n, func(item *Node) (string, bool) { return d.element(s, item) })
	case ParamPatterns:
		v, ok = listOf(d, s, n, d.pattern)
	case ParamPairs:
		if n.isText() && slices.Contains(s.OneOf, n.Value) {
			v, ok = n.Value, true
			break
		}
		v, ok = listOf(d, s, n, func(item *Node) ([2]string, bool) { return d.pair(s, item) })
	}
	if ok {
		d.args.values[s.Name] = v
	}
}

func (d *paramDecoder) bad(s *Param, n *Node) {
	got := n.describe()
	if n.Kind == Scalar && n.Tag != "!!null" {
		got = short(n.Value)
		if n.isText() {
			got = fmt.Sprintf("%q", got)
		}
	}
	d.diags.add(unquoted(NewDiagnostic(CodeBadParam, n.Span, "%s wants %s, got %s", s.Name, s.Want(), got), n))
}

func (d *paramDecoder) number(s *Param, n *Node) (float64, bool) {
	v, ok := n.number()
	switch {
	case !ok, math.IsNaN(v), math.IsInf(v, 0), s.Max > s.Min && (v < s.Min || v > s.Max):
		d.bad(s, n)
		return 0, false
	}
	return v, true
}

func (d *paramDecoder) boolean(s *Param, n *Node) (bool, bool) {
	if n.Kind != Scalar || n.Tag != "!!bool" {
		d.bad(s, n)
		return false, false
	}
	return strings.EqualFold(n.Value, "true"), true
}

func (d *paramDecoder) str(s *Param, n *Node, oneOf []string) (string, bool) {
	if !n.isText() {
		d.bad(s, n)
		return "", false
	}
	if len(oneOf) > 0 && !slices.Contains(oneOf, n.Value) {
		diag := NewDiagnostic(CodeBadParam, n.Span, "%s does not know %q", s.Name, short(n.Value))
		diag.Help = didYouMean(n.Value, oneOf)
		d.diags.add(diag)
		return "", false
	}
	return n.Value, true
}

func (d *paramDecoder) element(s *Param, n *Node) (string, bool) {
	if n.isText() && n.Value == "" {
		d.diags.add(NewDiagnostic(CodeBadParam, n.Span, "%s holds an empty string", s.Name))
		return "", false
	}
	return d.str(s, n, s.OneOf)
}

func (d *paramDecoder) pattern(n *Node) (*regexp.Regexp, bool) {
	re, tree, diags := compilePattern(n)
	d.diags = append(d.diags, diags...)
	if re != nil {
		d.purse.spend(n, priceOf(tree), 1)
	}
	return re, re != nil
}

func (d *paramDecoder) pair(s *Param, n *Node) ([2]string, bool) {
	if n.Kind != Sequence || len(n.Items) != 2 || !n.Items[0].isText() || !n.Items[1].isText() || n.Items[0].Value == "" {
		d.diags.add(NewDiagnostic(CodeBadParam, n.Span, "%s wants pairs of strings, the first not empty", s.Name).
			WithHelp(`write ["name", "value"]; quote numbers`))
		return [2]string{}, false
	}
	return [2]string{n.Items[0].Value, n.Items[1].Value}, true
}

// listOf reads a non-empty list. One bad element makes the list unusable, all
// of them are reported.
func listOf[T any](d *paramDecoder, s *Param, n *Node, read func(*Node) (T, bool)) ([]T, bool) {
	if n.Kind != Sequence || len(n.Items) == 0 {
		d.bad(s, n)
		return nil, false
	}
	var out []T
	for _, item := range n.Items {
		if v, ok := read(item); ok {
			out = append(out, v)
		}
	}
	return out, len(out) == len(n.Items)
}
