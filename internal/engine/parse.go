package engine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"ttpctl/internal/event"
)

// maxRuleBytes bounds a rule file. The largest of a pack has some 10 KB.
const maxRuleBytes = 1 << 20

// Parse reads one rule file. It reports all that is wrong with the file's
// form; what the values mean is checked by [Compile]. The rule is nil when
// the file holds no mapping that could be looked at.
func Parse(src Source) (*ParsedRule, Diagnostics) {
	rule, diags := parse(src)
	id := ""
	if rule != nil {
		id = rule.ID.V
	}
	for i := range diags {
		diags[i].File, diags[i].RuleID = src.Name, id
	}
	return rule, diags
}

func parse(src Source) (*ParsedRule, Diagnostics) {
	text, diags := readable(src.Text())
	if text == "" {
		return nil, diags
	}
	doc, syntaxDiags := parseYAML(text)
	diags = append(diags, syntaxDiags...)
	if doc == nil {
		return nil, diags
	}
	tree := newTreeBuilder(text)
	root := tree.build(doc)
	diags = append(diags, tree.diags...)
	if root == nil {
		return nil, diags
	}
	if root.Kind != Mapping {
		diags.add(NewDiagnostic(CodeUnreadable, root.Span, "a rule is a mapping, this file holds %s", root.describe()))
		return nil, diags
	}
	rule := &ParsedRule{Source: src, Hash: src.Hash(), span: root.Span, suppress: tree.suppressions(), budget: &tree.budget}
	reader := ruleReader{out: rule}
	reader.rule(root)
	return rule, append(diags, reader.diags...)
}

// ruleKey is a key that only rules have, where a line or a flow mapping begins,
// behind blank lines and comments.
var ruleKey = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)(?:^|[{,])\s*["']?(?:rule_id|rule_version|attack_release|applies_to|match|emits|evidence_fields|examples)["']?\s*:`)
})

var comments = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:\s*#[^\n]*\n|\s+)*`)
})

// RuleLike reports whether the first bytes of a file are those of a rule. A
// file that somebody named or linked among rules may be a list of passwords:
// of what is no rule nothing is quoted.
func RuleLike(data []byte) bool {
	const first = 4 << 10
	data = data[len(comments().Find(data)):]
	return ruleKey().Match(data[:min(len(data), first)])
}

// unsaid replaces what is wrong with a file that is no rule by that alone:
// other diagnostics quote it.
func unsaid(src Source, diags Diagnostics) Diagnostics {
	if !diags.HasErrors() || RuleLike(src.Text()) {
		return diags
	}
	if text, _ := readable(src.Text()); text == "" || diags[0].Span == (Span{}) {
		return diags // too long, empty or no text: they quote nothing
	}
	d := newDiag(CodeUnreadable, Span{Pos{1, 1}, Pos{1, 1}}, "this is no rule: it does not begin with a key of one, and nothing of it is shown").
		WithHelp("a rule begins with rule_id: R0001")
	d.File = src.Name
	return Diagnostics{d}
}

// readable returns data as the text that is handed to YAML: without a byte
// order mark, each invisible character replaced by U+FFFD so that what stands
// behind it keeps its column. It is "" when data is no text at all.
func readable(data []byte) (string, Diagnostics) {
	switch {
	case len(data) > maxRuleBytes:
		return "", Diagnostics{NewDiagnostic(CodeUnreadable, Span{}, "the file has %d bytes, more than the 1 MiB of a rule", len(data))}
	case !utf8.Valid(data):
		return "", Diagnostics{notUTF8(data)}
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	if strings.TrimSpace(text) == "" {
		return "", Diagnostics{NewDiagnostic(CodeUnreadable, Span{}, "the file is empty")}
	}
	return replaceInvisible(text)
}

func notUTF8(data []byte) Diagnostic {
	const message = "the file is not UTF-8 text"
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return newDiag(CodeUnreadable, Span{}, message).WithHelp("it looks like UTF-16: save it as UTF-8")
	}
	line, col := 1, 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			break
		}
		if col++; r == '\n' {
			line, col = line+1, 1
		}
		data = data[size:]
	}
	at := Pos{line, col}
	return newDiag(CodeUnreadable, Span{at, at}, message).WithLabel("the byte 0x%02x stands here", data[0])
}

// maxInvisible bounds how many invisible characters of a file are reported.
const maxInvisible = 20

func replaceInvisible(text string) (string, Diagnostics) {
	first := strings.IndexFunc(text, func(r rune) bool { return invisible(r) || r == '\r' })
	if first < 0 {
		return text, nil
	}
	var diags Diagnostics
	var out strings.Builder
	line, col := 1, 0
	for i, r := range text {
		col++
		lone := r == '\r' && !strings.HasPrefix(text[i+1:], "\n")
		if !invisible(r) && !lone {
			out.WriteRune(r)
			if r == '\n' {
				line, col = line+1, 0
			}
			continue
		}
		out.WriteRune(utf8.RuneError)
		if len(diags) < maxInvisible {
			at := Pos{line, col}
			diags.add(NewDiagnostic(CodeInvisible, Span{at, at}, "invisible character %U (%s)", r, invisibleName(r)).
				WithHelp(`delete it, or write it as an escape: \x{%x} in a pattern, "\U%08x" in double quotes`, r, r))
		}
	}
	return out.String(), diags
}

// invisible reports whether r shows nothing, or changes how the characters
// around it show.
func invisible(r rune) bool {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
		return false
	case r < 0x7f:
		return r < ' '
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Bidi_Control,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

func invisibleName(r rune) string {
	switch {
	case unicode.Is(unicode.Bidi_Control, r):
		return "bidirectional control"
	case r == '\r':
		return "carriage return without a line feed"
	case unicode.Is(unicode.Cc, r):
		return "control character"
	case unicode.In(r, unicode.Zl, unicode.Zp):
		return "line separator"
	}
	return "shows nothing"
}

// parseYAML returns the value of the only document in text, or nil.
func parseYAML(text string) (*yaml.Node, Diagnostics) {
	dec := yaml.NewDecoder(strings.NewReader(text))
	doc, err := decodeYAML(dec)
	if errors.Is(err, io.EOF) {
		return nil, Diagnostics{newDiag(CodeUnreadable, Span{}, "the file holds nothing but comments")}
	}
	if err != nil {
		return nil, Diagnostics{syntaxError(text, err)}
	}
	second, err := decodeYAML(dec)
	switch {
	case errors.Is(err, io.EOF):
		return doc, nil
	case err != nil:
		return doc, Diagnostics{syntaxError(text, err)}
	}
	at := Pos{max(second.Line, 1), 1}
	return doc, Diagnostics{newDiag(CodeDocuments, Span{at, at.right(len("---"))}, "a second document begins here; a file holds one rule")}
}

// decodeYAML reads the next document. The library's own panics, of which a
// few are known, come back as errors.
func decodeYAML(dec *yaml.Decoder) (n *yaml.Node, err error) {
	defer func() {
		if v := recover(); v != nil {
			n, err = nil, fmt.Errorf("yaml: the parser gave up: %v", v)
		}
	}()
	n = new(yaml.Node)
	return n, dec.Decode(n)
}

var yamlLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^yaml: (?:line (\d+): )?`)
})

// maxProblem bounds, in bytes, what is repeated of the library's message, which may
// quote the file.
const maxProblem = 160

// maxSearchBytes bounds the texts that brokenLine parses again and again.
const maxSearchBytes = 64 << 10

func syntaxError(text string, err error) Diagnostic {
	message := err.Error()
	m := yamlLine().FindStringSubmatch(message)
	problem := strings.TrimPrefix(message, m[0])
	lines := strings.Split(text, "\n")
	line, _ := strconv.Atoi(m[1])
	if len(text) <= maxSearchBytes {
		line = brokenLine(lines, problem)
	}
	line = max(1, min(line, len(lines)))
	body := strings.TrimRight(lines[line-1], " \t\r")
	indent := len(body) - len(strings.TrimLeft(body, " \t"))
	start := Pos{line, indent + 1}
	d := NewDiagnostic(CodeSyntax, Span{start, start.right(utf8.RuneCountInString(body[indent:]))}, "YAML: %s", event.CutText(problem, maxProblem))
	if help := syntaxHelp(problem); help != "" {
		d = d.WithHelp("%s", help)
	}
	return d
}

// brokenLine returns the first line with which the text has its problem. The
// library names the line where the surrounding block begins, or none. A text
// that ends behind the broken line fails in the same way as the whole, one
// that ends before it does not, so that bisection finds the place.
func brokenLine(lines []string, problem string) int {
	low, high := 1, len(lines)
	for low < high {
		mid := (low + high) / 2
		if fails(strings.Join(lines[:mid], "\n")+"\n", problem) {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

func fails(text, problem string) bool {
	dec := yaml.NewDecoder(strings.NewReader(text))
	for {
		_, err := decodeYAML(dec)
		if errors.Is(err, io.EOF) {
			return false
		}
		if err != nil {
			return strings.HasSuffix(err.Error(), problem)
		}
	}
}

func syntaxHelp(problem string) string {
	switch {
	case strings.Contains(problem, "tab character"):
		return "indent with spaces"
	case strings.Contains(problem, "cannot start any token"), strings.Contains(problem, "mapping values are not allowed"),
		strings.Contains(problem, "did not find expected alphabetic"):
		return "put the value into single quotes"
	case strings.Contains(problem, "unknown escape character"):
		return "put the value into single quotes, in which a backslash stands for itself"
	case strings.Contains(problem, "unexpected end of stream"):
		return "a quote is not closed"
	case strings.Contains(problem, "expected ',' or"):
		return "a [ or { is not closed, or a value in it needs quotes"
	case strings.Contains(problem, "could not find expected ':'"):
		return "write key: value"
	}
	return ""
}
