package engine

import (
	"strconv"
	"strings"
)

// A codec writes values as words with blanks between them, or reads them again:
// whatever has a form of words describes it once, for both ways. A word with other
// than plain characters is quoted as Go quotes it; a list begins with its length.
type codec struct {
	out     []byte // what was written
	in      string // what is left to read
	reading bool
	broken  bool // what was read are not the words of a value
}

// text is a word.
func (c *codec) text(s *string) {
	if c.reading {
		*s = c.next()
		return
	}
	c.blank()
	if isPlain(*s) {
		c.out = append(c.out, *s...)
	} else {
		c.out = strconv.AppendQuote(c.out, *s)
	}
}

// blank parts what comes from the word before it.
func (c *codec) blank() {
	if len(c.out) > 0 {
		c.out = append(c.out, ' ')
	}
}

// isPlain reports whether s can stand as it is.
func isPlain(s string) bool { return s != "" && plainLen(s) == len(s) }

// plainLen is how much of s, from its beginning, is plain characters.
func plainLen(s string) int {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == '"' || s[i] >= 0x7f {
			return i
		}
	}
	return len(s)
}

// next returns the next word, "" when there is none.
func (c *codec) next() string {
	if strings.HasPrefix(c.in, `"`) {
		return c.quoted()
	}
	n := plainLen(c.in)
	word, rest := c.in[:n], c.in[n:]
	if word == "" || rest != "" && rest[0] != ' ' {
		return c.fail()
	}
	c.in = strings.TrimPrefix(rest, " ")
	return word
}

func (c *codec) quoted() string {
	quoted, err := strconv.QuotedPrefix(c.in)
	if err != nil {
		return c.fail()
	}
	word, err := strconv.Unquote(quoted)
	rest := c.in[len(quoted):]
	if err != nil || rest != "" && rest[0] != ' ' {
		return c.fail()
	}
	c.in = strings.TrimPrefix(rest, " ")
	return word
}

// piece is text that is words itself, to be read when it is asked for.
func (c *codec) piece(words *string) {
	n := len(*words)
	c.number(&n)
	switch {
	case !c.reading && n > 0:
		c.blank()
		c.out = append(c.out, *words...)
	case c.reading && n > len(c.in):
		c.fail()
	case c.reading:
		*words, c.in = c.in[:n], strings.TrimPrefix(c.in[n:], " ")
	}
}

// fail ends the reading: nothing more comes.
func (c *codec) fail() string {
	c.in, c.broken = "", true
	return ""
}

// number is a whole number from 0.
func (c *codec) number(n *int) {
	if !c.reading {
		c.blank()
		c.out = strconv.AppendUint(c.out, uint64(*n), 10)
		return
	}
	v, err := strconv.ParseUint(c.next(), 10, 31)
	if err != nil {
		c.fail()
	}
	*n = int(v)
}

func (c *codec) fraction(f *float64) {
	word := strconv.FormatFloat(*f, 'g', -1, 64)
	c.text(&word)
	if !c.reading {
		return
	}
	var err error
	if *f, err = strconv.ParseFloat(word, 64); err != nil {
		c.fail()
	}
}

func (c *codec) flag(b *bool) {
	n := 0
	if *b {
		n = 1
	}
	c.number(&n)
	*b = n == 1
}

// optional is a value that may be missing.
func optional[T any](c *codec, p **T, each func(*T)) {
	there := *p != nil
	if c.flag(&there); !there {
		return
	}
	if c.reading {
		*p = new(T)
	}
	each(*p)
}

// all is a list of values. An empty one is read as nil.
func all[T any](c *codec, items *[]T, each func(*T)) {
	n := len(*items)
	c.number(&n)
	if c.reading && n > 0 {
		if n > len(c.in) { // every value has a word at least
			c.fail()
			return
		}
		*items = make([]T, n)
	}
	for i := range *items {
		each(&(*items)[i])
	}
}

func (c *codec) texts(items *[]string) { all(c, items, c.text) }

func (c *codec) span(s *Span) {
	for _, n := range []*int{&s.Start.Line, &s.Start.Col, &s.End.Line, &s.End.Col} {
		c.number(n)
	}
}

func (c *codec) at(a *At[string]) {
	c.text(&a.V)
	c.span(&a.Span)
}
