// Package glob compares what a command names with what rules ask for.
//
// A [Path] is a pattern over paths as effects name them: `/etc/shadow`, `~/x`
// of any home, `./x` in a directory that nobody knows. `*` stays within a
// component, `**` crosses, and a pattern without a slash is one of base names:
//
//	p, err := glob.ParsePath("/etc/cron.d/**")
//	w := NewWord("/etc/cron.d/x", false)
//	p.Match(&w) // true
//
// A [Name] is a pattern over one word: `*` is any run of characters.
//
// Both are immutable and safe for concurrent use, and allocate nothing when
// they match.
package glob

import (
	"errors"
	"strings"
)

// A Path is a pattern over paths.
type Path struct {
	pattern
	form    pathForm
	single  bool // it was written without wildcards
	letters uint64

	under pattern // of D/**: D
	home  pattern // of ~/x that begins with a name: ./x, which may be the same file

	// head and tail are with what each of the paths begins and ends. Most targets
	// fail on them, which spares the look at the wildcards.
	head, tail string
}

type pathForm uint8

const (
	baseForm     pathForm = iota // no slash: the base name in any directory
	rootedForm                   // begins at / or ~
	floatingForm                 // a/b: at the end of any path
)

// MaxPattern bounds a pattern, in bytes.
const MaxPattern = 512

// maxCrossings bounds how often ** stands in a pattern: each may try every
// place in a path once more.
const maxCrossings = 4

// Reasons for which a pattern is refused.
var (
	ErrEmpty      = errors.New("an empty glob matches nothing")
	ErrLong       = errors.New("a glob has at most 512 bytes, and at most four times **")
	ErrEverything = errors.New("this glob matches everything: write any")
	ErrSlash      = errors.New("paths end in no slash: this glob matches nothing")
	ErrUnclean    = errors.New("//, . and .. are folded in paths: this glob matches nothing")
	ErrHome       = errors.New("/root and /home/NAME are written ~: this glob matches nothing")
	ErrDevice     = errors.New("/dev/null and its kin are targets of nothing: this glob matches nothing")
)

// ParsePath reads a pattern.
func ParsePath(text string) (*Path, error) {
	if err := checkPath(text); err != nil {
		return nil, err
	}
	single := !isWild(text)
	if formOf(text) == floatingForm {
		text = strings.TrimPrefix(strings.TrimPrefix(text, "./"), "**/")
	}
	p := &Path{pattern: patternOf(text), form: formOf(text), single: single, letters: Letters(text)}
	if d, ok := strings.CutSuffix(text, "/**"); ok && d != "" {
		p.under = patternOf(d)
	}
	if rest, ok := strings.CutPrefix(text, "~/"); ok && rest[0] != '*' && rest[0] != '?' {
		p.home = patternOf(rest)
	}
	p.setEnds()
	return p, nil
}

// setEnds sets head and tail. A slash beside ** may be missing in a path, and ~/ may
// be written ./ too.
func (p *Path) setEnds() {
	if p.under.text == "" {
		sure := p.text
		if p.home.text != "" {
			sure = p.home.text
		}
		p.tail = strings.TrimPrefix(sure[strings.LastIndexAny(sure, "*?")+1:], "/")
	}
	if p.form == rootedForm && p.home.text == "" {
		end := strings.IndexAny(p.text, "*?")
		if end < 0 {
			end = len(p.text)
		}
		p.head = strings.TrimSuffix(p.text[:end], "/")
	}
}

func checkPath(text string) error {
	body := strings.TrimPrefix(text, "./")
	switch {
	case text == "" || body == "":
		return ErrEmpty
	case len(text) > MaxPattern, strings.Count(text, "**") > maxCrossings:
		return ErrLong
	case strings.Trim(text, "*/") == "" && strings.HasPrefix(text, "*"), text == "/**":
		return ErrEverything
	case text != "/" && strings.HasSuffix(text, "/"):
		return ErrSlash
	case strings.Contains(text, "//"), strings.Contains("/"+body+"/", "/./"), strings.Contains("/"+body+"/", "/../"):
		return ErrUnclean
	case text == "/root", strings.HasPrefix(text, "/root/"), strings.HasPrefix(text, "/home/") && strings.TrimRight(text, "/") != "/home":
		return ErrHome
	}
	switch text {
	case "/dev/null", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/tty":
		return ErrDevice
	}
	return nil
}

func formOf(text string) pathForm {
	switch {
	case text[0] == '/' || text == "~" || strings.HasPrefix(text, "~/"):
		return rootedForm
	case !strings.Contains(text, "/"):
		return baseForm
	}
	return floatingForm
}

// A Word is compared with many patterns: what they all ask of it is worked out once.
type Word struct {
	text, base string
	typed      bool   // it may stand for a path that it does not spell out
	letters    uint64 // of the base name, when typed
}

// NewWord returns a word. typed says that it was written with unquoted wildcards of
// its own.
func NewWord(text string, typed bool) Word {
	w := Word{text: text, base: base(text)}
	if w.typed = typed && count(w.base) >= minLetters; w.typed {
		w.letters = Letters(w.base)
	}
	return w
}

// Match reports whether the word is one of the paths. One that is typed also stands
// for the one path of the pattern that it would expand to.
func (p *Path) Match(w *Word) bool {
	if !(strings.HasSuffix(w.text, p.tail) && strings.HasPrefix(w.text, p.head)) {
		return w.typed && p.expands(w)
	}
	if w.text == "" || w.text == "-" {
		return p.text == w.text
	}
	return p.match(w) || w.typed && p.expands(w)
}

func (p *Path) match(w *Word) bool {
	switch p.form {
	case baseForm:
		return p.matches(w.base)
	case floatingForm:
		return p.floats(w.text)
	}
	if p.matches(w.text) || p.under.text != "" && p.under.matches(w.text) {
		return true
	}
	if rest, ok := strings.CutPrefix(w.text, "./"); ok && p.home.text != "" {
		return p.home.matches(rest)
	}
	return false
}

// floats reports whether target ends in components that the pattern matches.
func (p *Path) floats(target string) bool {
	for at := 0; ; {
		if p.matches(target[at:]) {
			return true
		}
		i := strings.IndexByte(target[at:], '/')
		if i < 0 {
			return false
		}
		at += i + 1
	}
}

// minLetters is how much of a base name a word with wildcards must say before
// it is taken for that name.
const minLetters = 3

// expands reports whether the word, a pattern itself, would expand to the pattern's
// one path: that has all its letters.
func (p *Path) expands(w *Word) bool {
	if !p.single || w.letters&^p.letters != 0 {
		return false
	}
	switch p.form {
	case baseForm:
		return wild(w.base, p.text)
	case floatingForm:
		return wild(w.base, base(p.text))
	}
	if rest, ok := strings.CutPrefix(w.text, "./"); ok && p.home.text != "" {
		return wild(rest, p.home.text)
	}
	return wild(w.text, p.text)
}

// Expands reports whether a word, written with wildcards, is ever taken for a path
// that it does not spell out.
func Expands(word string) bool { return count(base(word)) >= minLetters }

// count returns how many bytes of a name are no wildcards.
func count(name string) int {
	n := 0
	for i := range len(name) {
		if name[i] != '*' && name[i] != '?' {
			n++
		}
	}
	return n
}

// Letters is a set of the bytes of a name but for wildcards, some of which share a
// place in it. A word with wildcards stands only for names that have all its bytes.
func Letters(name string) (set uint64) {
	for i := range len(name) {
		if c := name[i]; c != '*' && c != '?' {
			set |= 1 << (c % 64)
		}
	}
	return set
}

// base returns what stands behind the last slash.
func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// String returns the pattern.
func (p *Path) String() string { return p.text }

// Single reports whether the pattern has no wildcard.
func (p *Path) Single() bool { return p.single }

// Base returns the base name that every path of the pattern has, as far as it
// is one; a word with wildcards of its own may have another.
func (p *Path) Base() (name string, ok bool) {
	name = base(p.text)
	return name, !isWild(name) && name != "" && name != "~" && p.under.text == ""
}

// Dirs returns directories such that every path of the pattern is one of them, or
// lies below it: one, `~` for those of any home, and where a home may be the
// working directory that too. None are known of a pattern that begins anywhere; a
// word with wildcards of its own may be elsewhere.
func (p *Path) Dirs() []string {
	if p.form != rootedForm {
		return nil
	}
	end := 0
	for i := 1; i <= len(p.text); i++ {
		if i < len(p.text) && p.text[i] != '/' {
			continue
		}
		if isWild(p.text[end:i]) {
			break
		}
		end = i
	}
	switch dir := p.text[:end]; {
	case end == 0:
		return nil
	case p.home.text != "":
		return []string{dir, "." + dir[1:]}
	default:
		return []string{dir}
	}
}

// Covers reports whether path is one of those that a word with wildcards would
// expand to.
func Covers(word, path string) bool { return wild(word, path) }
