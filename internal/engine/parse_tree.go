package engine

import (
	"sort"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Bounds of a rule's tree, aliases expanded. A rule of the pack has some 60
// values, nested 4 deep. Without aliases values have at most half as much text
// again as the file: "\L" becomes three bytes.
const (
	maxNodes     = 10_000
	maxTreeBytes = 2 * maxRuleBytes
	maxTreeDepth = 64
)

// A treeBuilder turns a tree of the YAML library into Nodes: aliases
// resolved, ends of values found, and the places inside them.
type treeBuilder struct {
	text  string
	lines []int // offset of each line's first byte

	// The last position looked up: nodes come in document order, so that the
	// way along a long line is gone once.
	line, col, offset int

	size    treeSize
	depth   int
	built   map[*yaml.Node]builtNode // anchored values
	covered [][2]int                 // bytes of quoted scalars and blocks, where # is no comment
	diags   Diagnostics
	fatal   bool
	budget  patternBudget
}

type builtNode struct {
	node *Node
	size treeSize
}

// A treeSize is how many values a tree has, and how much text in them.
type treeSize struct{ nodes, bytes int }

func newTreeBuilder(text string) *treeBuilder {
	b := &treeBuilder{text: text, lines: []int{0}, built: map[*yaml.Node]builtNode{}}
	for i := range len(text) {
		if text[i] == '\n' {
			b.lines = append(b.lines, i+1)
		}
	}
	return b
}

// build returns the tree of a document, or nil after an error that leaves
// the tree unusable.
func (b *treeBuilder) build(doc *yaml.Node) *Node {
	n := b.node(doc.Content[0])
	if b.fatal {
		return nil
	}
	return n
}

func (b *treeBuilder) fail(code Code, at Pos, format string, args ...any) *Node {
	if !b.fatal {
		b.fatal = true
		b.diags.add(NewDiagnostic(code, Span{at, at}, format, args...))
	}
	return &Node{Kind: Scalar, Tag: "!!null"}
}

func (b *treeBuilder) node(y *yaml.Node) *Node {
	at := b.clamp(Pos{y.Line, y.Column})
	if b.fatal {
		return &Node{Kind: Scalar, Tag: "!!null"}
	}
	if y.Kind == yaml.AliasNode {
		return b.alias(y, at)
	}
	b.size.bytes += len(y.Value)
	if b.size.nodes++; b.size.nodes > maxNodes {
		return b.fail(CodeUnreadable, at, "the file holds more than %d values", maxNodes)
	}
	if b.depth++; b.depth > maxTreeDepth {
		return b.fail(CodeDepth, at, "values nest deeper than %d", maxTreeDepth)
	}
	defer func() { b.depth-- }()
	if y.Anchor == "" {
		return b.value(y, at)
	}
	before := b.size
	n := b.value(y, at)
	b.built[y] = builtNode{n, treeSize{b.size.nodes - before.nodes + 1, b.size.bytes - before.bytes + len(y.Value)}}
	return n
}

// alias returns the anchored value itself: nobody changes a Node. What it
// holds counts again, since whoever walks the tree walks it again.
func (b *treeBuilder) alias(y *yaml.Node, at Pos) *Node {
	target, ok := b.built[y.Alias]
	if !ok { // its anchor stands before it, so it is not finished
		return b.fail(CodeAlias, at, "*%s stands inside the value that it names", short(y.Value))
	}
	b.size.nodes += target.size.nodes
	b.size.bytes += target.size.bytes
	if b.size.nodes > maxNodes || b.size.bytes > maxTreeBytes {
		return b.fail(CodeAlias, at, "aliases expand the file to more than %d values or %d bytes", maxNodes, maxTreeBytes)
	}
	return target.node
}

func (b *treeBuilder) value(y *yaml.Node, at Pos) *Node {
	switch y.Kind {
	case yaml.SequenceNode:
		n := &Node{Kind: Sequence, Tag: y.Tag, Span: Span{at, at}}
		for _, c := range y.Content {
			n.Items = append(n.Items, b.node(c))
		}
		return n
	case yaml.MappingNode:
		n := &Node{Kind: Mapping, Tag: y.Tag, Span: Span{at, at}}
		b.members(n, y.Content)
		if len(n.Keys) > 0 && n.Keys[0].Span.Start == at {
			n.Span.End = n.Keys[0].Span.End
		}
		return n
	}
	return b.scalar(y, at)
}

func (b *treeBuilder) members(n *Node, content []*yaml.Node) {
	seen := make(map[string]*Node, len(content)/2)
	for i := 0; i+1 < len(content) && !b.fatal; i += 2 {
		key := b.node(content[i])
		item := b.node(content[i+1])
		if key.Kind != Scalar {
			b.diags.add(NewDiagnostic(CodeType, key.Span, "a key wants plain text, got %s", key.describe()))
			continue
		}
		if first := seen[key.Value]; first != nil {
			b.diags.add(NewDiagnostic(CodeDuplicateKey, key.Span, "key %q stands twice", short(key.Value)).
				WithLabel("first on line %d", first.Span.Start.Line))
			continue
		}
		seen[key.Value] = key
		n.Keys = append(n.Keys, key)
		n.Items = append(n.Items, item)
	}
}

// clamp brings a position of the library into the text: that of an empty
// value at the end may lie behind it.
func (b *treeBuilder) clamp(p Pos) Pos {
	p.Line = max(1, min(p.Line, len(b.lines)))
	b.seek(p)
	return Pos{p.Line, b.col}
}

// seek returns the offset of a position, at most that of its line's end.
func (b *treeBuilder) seek(p Pos) int {
	if p.Line != b.line || p.Col < b.col {
		b.line, b.col, b.offset = p.Line, 1, b.lines[p.Line-1]
	}
	for b.col < p.Col && b.offset < len(b.text) && b.text[b.offset] != '\n' {
		_, size := utf8.DecodeRuneInString(b.text[b.offset:])
		b.offset += size
		b.col++
	}
	return b.offset
}

// pos returns the position of offset, which stands on or behind the line of
// the last seek.
func (b *treeBuilder) pos(offset int) Pos {
	line := sort.Search(len(b.lines), func(i int) bool { return b.lines[i] > offset })
	start, col := b.lines[line-1], 1
	if line == b.line && offset >= b.offset {
		start, col = b.offset, b.col
	}
	return Pos{line, col + utf8.RuneCountInString(b.text[start:offset])}
}

// lineEnd returns the offset behind the line's last byte, line break
// excluded; line counts from 1.
func (b *treeBuilder) lineEnd(line int) int {
	end := len(b.text)
	if line < len(b.lines) {
		end = b.lines[line] - 1
	}
	if end > b.lines[line-1] && b.text[end-1] == '\r' {
		end--
	}
	return end
}

// sourceLine returns the text of a line; line counts from 1.
func (b *treeBuilder) sourceLine(line int) string { return b.text[b.lines[line-1]:b.lineEnd(line)] }

// scalar returns a scalar with the place of its value.
func (b *treeBuilder) scalar(y *yaml.Node, at Pos) *Node {
	n := &Node{Kind: Scalar, Tag: y.Tag, Value: y.Value, Span: Span{at, at}, budget: &b.budget}
	off, ok := b.skipProperties(y, b.seek(at), at.Line)
	if !ok {
		return n
	}
	switch {
	case y.Style&yaml.LiteralStyle != 0, y.Style&yaml.FoldedStyle != 0:
		b.block(n, y, at.Line)
	case off < len(b.text) && (b.text[off] == '\'' || b.text[off] == '"'):
		b.quoted(n, off)
	case y.Value != "" && strings.HasPrefix(b.text[off:], y.Value) && !strings.Contains(y.Value, "\n"):
		n.style, n.at = stylePlain, b.pos(off)
		n.Span = Span{at, b.pos(off + len(y.Value))}
	}
	return n
}

// skipProperties returns the offset behind an anchor and a tag. It reports
// false when the value begins on another line.
func (b *treeBuilder) skipProperties(y *yaml.Node, off, line int) (int, bool) {
	if y.Anchor == "" && y.Style&yaml.TaggedStyle == 0 {
		return off, true
	}
	end := b.lineEnd(line)
	for off < end && (b.text[off] == '&' || b.text[off] == '!') {
		for off < end && b.text[off] != ' ' && b.text[off] != '\t' {
			off++
		}
		for off < end && (b.text[off] == ' ' || b.text[off] == '\t') {
			off++
		}
	}
	return off, off < end
}

// quoted places a quoted scalar whose first quote is at off.
func (b *treeBuilder) quoted(n *Node, off int) {
	quote, style := b.text[off], styleSingle
	if quote == '"' {
		style = styleDouble
	}
	end := off + 1
	for ; end < len(b.text); end++ {
		c := b.text[end]
		if c == '\\' && style == styleDouble {
			end++
			continue
		}
		if c != quote {
			continue
		}
		if style == styleSingle && strings.HasPrefix(b.text[end+1:], "'") {
			end++
			continue
		}
		break
	}
	if end >= len(b.text) {
		return
	}
	b.covered = append(b.covered, [2]int{off, end + 1})
	inner := b.pos(off + 1)
	n.Span.End = b.pos(end + 1)
	if raw := b.text[off+1 : end]; !strings.Contains(raw, "\n") {
		n.style, n.at, n.raw = style, inner, raw
	}
}

// block places a block scalar whose header stands on line.
func (b *treeBuilder) block(n *Node, y *yaml.Node, line int) {
	first := line + 1
	for first <= len(b.lines) && strings.TrimSpace(b.sourceLine(first)) == "" {
		first++
	}
	content := strings.TrimLeft(n.Value, "\n")
	if first > len(b.lines) || content == "" {
		return
	}
	// The value's first line may begin with spaces of its own; what stands
	// before it in the file is the indentation.
	text, _, _ := strings.Cut(content, "\n")
	source := b.sourceLine(first)
	if y.Style&yaml.LiteralStyle != 0 && strings.HasSuffix(source, text) {
		indent := len(source) - len(text)
		n.style, n.at = styleBlock, Pos{line + 1, indent + 1}
	}
	spaces := len(source) - len(strings.TrimLeft(source, " "))
	last := first
	for next := first + 1; next <= len(b.lines); next++ {
		s := b.sourceLine(next)
		if trimmed := strings.TrimLeft(s, " "); trimmed != "" && len(s)-len(trimmed) < spaces {
			break
		}
		last = next
	}
	b.covered = append(b.covered, [2]int{b.lines[first-1], b.lineEnd(last)})
}
