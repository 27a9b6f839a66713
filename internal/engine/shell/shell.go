// Package shell derives from one command line, as an attacker typed it, the view that a shell would have of it: the simple commands it would
// run, with quotes, escapes and wrappers resolved, and its redirections.
//
// A line is read by the first of three readers that takes it, and all three hand the same shape (words, redirections, operators) to the same
// second half, which names commands, peels wrappers and follows text that is fed to a shell:
//
//   - lex, strict: a hand-written lexer for words, quotes, lists, pipelines, ordinary redirections, and expansions of no known value. It declines whatever else
//     it meets.
//   - walk: mvdan.cc/sh parses what lex declined, as bash, and its tree is walked.
//   - lex, loose: the same lexer, which now declines nothing, takes what bash would reject (open quotes, stray parentheses, RouterOS or
//     Windows lines, half a script).
//
// Invariant, fuzzed: when strict lex takes a line, walk or, where bash rejects it, loose lex gives the very same View. Of expansions it takes those
// that stay as their source, and substitutions of which nobody knows what they write (see lexdollar.go): 99 % of the lines of real sensors.
//
// Example: `cd /tmp && sudo /usr/bin/w”get "http://h/x" 2>/dev/null` has the commands `cd /tmp`, `sudo /usr/bin/wget http://h/x` and
// `wget http://h/x`, the last with Via "sudo", and the redirection `2> /dev/null`.
//
// What counts as a command: every simple command of the line in the order of the source, those inside substitutions, groups, bodies and
// functions included. After a command comes what it runs: the command behind a wrapper (see wrapperOf), behind `find -exec`, and the commands of
// a text that a shell reads from `-c`, `eval`, a here-document, a pipe (into at, too), `<(...)` or a file that the line itself wrote; so does what an
// alias of the line stands for. xargs appends what it reads. The output of echo, printf, cat, tee, tr, rev, base64, base32, b64decode, openssl base64
// and xxd is computed when their input is in the line; nothing is ever run. Words of echo, grep, a comment or a file are no commands.
//
// What is resolved: quotes, backslashes, $'..', $IFS (a blank), comma braces (up to 16 words), variables, arrays and positional parameters that the line
// itself set to a known text or to the place of a program (`$(which gpg)`), substitutions whose output is known, ${PATH:0:1} as a slash, and as nothing $@ and, between the letters of a command's
// name, a variable in lower case that the line does not set. Every other expansion stays as its source, and its word is marked.
//
// Around commands the view tells scopes (see Scope), what feeds what (Feeds), how words were typed (Mark), and the input of commands that take
// it as data.
package shell

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Bounds. What exceeds one is left out of the view: View.Truncated is set, and the commands and bytes are counted. Blanks, comments and commands
// that do nothing (`:`, true and false with literal words) count towards none of them.
const (
	// MaxInput is how many bytes of a line are looked at.
	MaxInput = 64 << 10
	// MaxDepth is how many texts may lie inside one another: `sh -c "sh -c ..."`, eval, a pipe into sh, an unclosed `$(`.
	MaxDepth = 8
	// MaxPeel is how many wrappers may stand before one command.
	MaxPeel = 16
	// MaxCommands and MaxRedirects are how many of each a view holds.
	MaxCommands  = 1024
	MaxRedirects = 1024
	// MaxScript is how many bytes of inner texts (all that MaxDepth counts) are read, summed over a line.
	MaxScript = 64 << 10
	// MaxDecoded is how many bytes decoders, variables and known substitutions may yield, summed over a line.
	MaxDecoded = 64 << 10
	// MaxPeeled is how many bytes the commands inside others (behind wrappers, -exec) may have, summed over a line.
	MaxPeeled = 64 << 10
	// growth and growthBase bound MaxScript and MaxDecoded further, to growth times the line's own bytes and growthBase, MaxPeeled to half of growth and
	// three of growthBase, so that MaxPeel wrappers fit before a short command:
	// else a short line that doubles a variable a few times costs what a long one does, and a megabyte of such lines minutes.
	growth     = 4
	growthBase = 256
	// MaxTree is how many bytes bash's grammar is applied to: the parser needs up to 2 us a byte. What is longer, and not plain enough for the
	// strict lexer, is left to the loose one.
	MaxTree = 16 << 10
	// MaxNesting is how deep brackets and compound commands of a line may nest before it is left to the loose lexer: the parser recurses.
	MaxNesting = 64
)

// A Command is one simple command. Its strings point into larger buffers: clone what outlives the view.
type Command struct {
	// Text is Name and Args joined by one blank. Of a statement that only assigns it is the assignments.
	Text string
	// Name is the base name of the first word, as typed: `wget` for `/usr/bin/wget`. A word like `/ip` stays whole: no system keeps commands in
	// the root directory, RouterOS menus look so. Empty when the statement only assigns.
	Name string
	// Path is the first word when Name is only its end, else empty.
	Path string
	// Args are the words after the name.
	Args []string
	// Assigns are the assignments before the name, which Text leaves out: `LD_PRELOAD=/tmp/x.so`.
	Assigns []string
	// Via names the wrapper or shell that runs this command: sudo, xargs, find, sh, eval. Empty for a command that stands in the line.
	Via string
	// Parent is the index of that wrapper or shell in View.Commands, or -1.
	Parent int
	// Depth counts the texts around the command: 0 in the line itself and behind its wrappers, 1 inside `sh -c`.
	Depth int
	// Scope is the index in View.Scopes of the innermost scope around the command.
	Scope int
	// Or says that the command stands right of ||: it runs when something failed.
	Or bool
	// Alias says that the name is an alias of the line: what it stands for comes behind as a command of its own.
	Alias bool
	// Marks say how the name and each of Args were typed, AssignMarks the same of Assigns.
	Marks, AssignMarks []Mark
	// Input is what a command that treats it as data (see actInput, and cat and tee) finds on its standard input, as far as the line holds it; InputKnown says that
	// this is all of it.
	Input      string
	InputKnown bool
}

// A Redirect is one redirection.
type Redirect struct {
	// Text is FD, Op, one blank and Target: `> /etc/cron.d/x`, `2>& 1`, `>& /dev/tcp/192.0.2.1/4444`, `<< EOF`.
	Text string
	// FD is the descriptor as written before the operator: empty, digits, or `{name}`.
	FD string
	// Op is the operator: > >> >| < <> <& >& &> &>> << <<- <<<.
	Op string
	// Target is the resolved word after it.
	Target string
	// Mark says how Target was typed.
	Mark Mark
	// Command is the index in View.Commands of the command it belongs to, or -1 for a compound command or none.
	Command int
	// At is where it stands: before View.Commands[At]. Of a compound command that is behind all that it holds.
	At int
	// Scope is the index in View.Scopes of the innermost scope around it.
	Scope int
	// Compound says that commands stand before it that it holds for: `(a; b) > f`, not `> f`.
	Compound bool
}

// A View is what a shell makes of one line. The zero value is ready; reuse saves its slices. Not safe for concurrent use while it is filled.
// Slices are valid until the next Parse into the same View.
type View struct {
	Commands  []Command
	Redirects []Redirect
	Scopes    []Scope
	// Truncated says that a bound cut something off.
	Truncated bool
	// CommandsLeftOut counts the commands that found no place in the view, BytesLeftOut the bytes of text that nobody read: of the line, of inner
	// texts and of computed ones.
	CommandsLeftOut, BytesLeftOut int

	words []string // what Args and Assigns are slices of
	marks []Mark   // of words
}

// A Parser fills views. It keeps scratch space between lines: one per worker, not safe for concurrent use.
type Parser struct {
	v    *View
	bash *syntax.Parser
	rd   strings.Reader

	out     Arena
	buf     []byte     // fields under construction, a stack
	mark    Mark       // of the field under construction
	fields  []field    // words of unfinished commands, a stack
	stages  []stage    // lexed commands that have not run, a stack
	redirs  []Redirect // their redirections, a stack
	inner   []inner    // their substitutions, a stack (loose lex)
	pending []heredoc  // here-documents whose body is still to come (loose lex)

	vars    []variable
	aliases []variable
	lists   []list
	files   []saved
	seen    []string // substitutions of unknown output that are in the view already
	procs   []proc   // <(...) of known output

	ctx     context
	pipes   int // pipelines so far
	script  int // bytes left of MaxScript
	decoded int // bytes left of MaxDecoded
	peeled  int // bytes left of MaxPeeled
	full    bool
	line    string // that is parsed
	trees   int    // texts that the strict lexer did not take, so far
}

// context is where in the nesting of texts the parser is.
type context struct {
	src    string // the text being read, which tree positions refer to
	depth  int
	parent int
	scope  int
	or     bool // right of ||
	via    string
	want   bool // somebody reads what the text's commands write
}

// NewParser returns a Parser for any number of lines.
func NewParser() *Parser {
	return &Parser{bash: newBash()}
}

// Parse replaces the content of v by the view of line.
func (p *Parser) Parse(line string, v *View) {
	p.reset(v)
	p.begin(p.fit(line, MaxInput))
	p.read(p.ctx.src, stream{})
	p.v, p.line = nil, ""
}

// Trees returns how many texts, so far, the strict lexer left to bash's grammar.
func (p *Parser) Trees() int { return p.trees }

// begin sets the parser to the beginning of a line.
func (p *Parser) begin(line string) {
	p.budget(len(line))
	p.line = line
	p.ctx = context{src: line, parent: -1}
}

// retain is the number of elements above which scratch space is given back after an unusually large line.
const retain = 4096

func (p *Parser) reset(v *View) {
	v.Truncated, v.CommandsLeftOut, v.BytesLeftOut = false, 0, 0
	v.Commands, v.Redirects = v.Commands[:0], v.Redirects[:0]
	v.Scopes = append(v.Scopes[:0], Scope{Parent: -1})
	v.words, v.marks = reuse(v.words), reuse(v.marks)
	p.pipes = 0
	p.v = v
	p.buf, p.fields, p.stages = reuse(p.buf), reuse(p.fields), reuse(p.stages)
	p.redirs, p.inner, p.pending = reuse(p.redirs), reuse(p.inner), p.pending[:0]
	p.vars, p.seen, p.procs = p.vars[:0], p.seen[:0], p.procs[:0]
	p.aliases, p.lists, p.files = p.aliases[:0], p.lists[:0], p.files[:0]
	p.full = false
}

// budget sets what a line of n bytes may make of itself.
func (p *Parser) budget(n int) {
	most := growth*n + growthBase
	p.script, p.decoded, p.peeled = min(MaxScript, most), min(MaxDecoded, most), min(MaxPeeled, growth/2*n+3*growthBase)
}

func reuse[T any](s []T) []T {
	if cap(s) > retain {
		return nil
	}
	return s[:0]
}

// read runs one text through the first reader that takes it. in is what the text's commands find on standard input.
func (p *Parser) read(text string, in stream) stream {
	if out, ok := p.lex(text, in, false); ok {
		return out
	}
	return p.readHard(text, in)
}

// readHard is read without the strict lexer.
func (p *Parser) readHard(text string, in stream) stream {
	if len(text) <= MaxTree && nesting(text) <= MaxNesting {
		if file := p.tree(text); file != nil {
			return p.stmts(file.Stmts, in)
		}
	}
	out, _ := p.lex(text, in, true)
	return out
}

// tree returns the syntax tree of text, or nil when it is no valid bash.
func (p *Parser) tree(text string) (file *syntax.File) {
	// The parser has "unreachable" panics of its own; hostile text must not find one.
	defer func() {
		if recover() != nil {
			p.bash = newBash()
			file = nil
		}
	}()
	p.trees++
	p.rd.Reset(text)
	file, err := p.bash.Parse(&p.rd, "")
	if err != nil || hides(file, text) {
		return nil
	}
	return file
}

func newBash() *syntax.Parser {
	return syntax.NewParser(syntax.Variant(syntax.LangBash), syntax.KeepComments(true))
}

// hides reports whether a comment of file begins within a word, where to a shell there is none:
// between parentheses mvdan.cc/sh takes `”#` and `$x#` for the beginning of one, and all behind
// it would be hidden.
func hides(file *syntax.File, text string) bool {
	if strings.IndexByte(text, '#') < 0 {
		return false
	}
	var comments, ends []uint
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Comment:
			comments = append(comments, n.Hash.Offset())
		case *syntax.CmdSubst, *syntax.ArithmExp:
			ends = append(ends, n.End().Offset())
		}
		return true
	})
	return slices.ContainsFunc(comments, func(at uint) bool {
		return at > 0 && (strings.IndexByte(" \t\r\n;&|()<>`", text[at-1]) < 0 || slices.Contains(ends, at))
	})
}

// sub reads a text that the command at index parent feeds to a shell.
func (p *Parser) sub(text string, parent int, via string, in stream) stream {
	text = p.take(text)
	if text == "" {
		return stream{}
	}
	outer := p.ctx
	p.ctx = context{src: text, depth: outer.depth + 1, parent: parent, via: via, scope: outer.scope, or: outer.or, want: true}
	if !inPlace(via) {
		p.enter(Scope{Kind: Text})
	}
	out := p.read(text, in)
	p.ctx = outer
	return out
}

// subHere is sub for a text that the shell itself reads in the place of a command: an alias.
func (p *Parser) subHere(text string, parent int, via string, in stream) stream {
	text = p.take(text)
	if text == "" {
		return stream{}
	}
	outer := p.ctx
	p.ctx.src, p.ctx.depth, p.ctx.parent, p.ctx.via = text, outer.depth+1, parent, via
	out := p.read(text, in)
	p.ctx = outer
	return out
}

// inPlace reports whether a command runs a text in the shell that it stands in, so that a `cd` of it lasts.
func inPlace(via string) bool {
	switch via {
	case "eval", "source", ".", "builtin", "command":
		return true
	}
	return false
}

// take charges an inner text to the budget and cuts it to what is left.
func (p *Parser) take(text string) string {
	if text == "" {
		return ""
	}
	if p.full || p.ctx.depth >= MaxDepth {
		p.leftOut(len(text))
		return ""
	}
	text = p.fit(text, p.script)
	p.script -= len(text)
	return text
}

// fit takes the padding out of a text that is too long for its bound or for bash's grammar, and cuts it to limit bytes if it still must be.
func (p *Parser) fit(text string, limit int) string {
	if len(text) <= min(limit, MaxTree) {
		return text
	}
	text, over := squeeze(text, limit)
	p.leftOut(over)
	return text
}

// leftOut counts n bytes that no reader sees.
func (p *Parser) leftOut(n int) {
	p.v.BytesLeftOut += n
	p.v.Truncated = p.v.Truncated || n > 0
}
