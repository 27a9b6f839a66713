package lines

import (
	"errors"
	"unicode/utf8"
)

// A JSON walks the JSON object of one line. It belongs to one goroutine.
//
// It reads by the scanner of its own (scan.go), one pass and no copy: strings
// come out as pieces of the text wherever they can, and only escapes and
// invalid UTF-8 need a string of their own. Invalid UTF-8 and lone surrogates
// become U+FFFD: one bad byte must not cost a line its tags. What it takes for
// JSON and what it does not, and what it reads in it, is what jsontext does
// (fuzzed), which also says what is wrong with a line.
//
// It reads no deeper and no more values than the bounds of a line say, so that
// no line takes much more memory than it is long.
//
// Whoever is given a member reads its value, by one of the methods below.
type JSON struct {
	all    []byte // the line
	text   string // the same
	line   []byte // the same, up to where it was found to be no JSON
	pos    int    // where the next value begins
	depth  int    // of the objects and lists around it
	over   int    // where the value began that was last read over
	elems  int    // commas read, which bound the values
	names  names
	bad    bool  // the object that was read last is no JSON
	noMark int16 // of a name that is on no path
	room   room  // for strings that are no pieces of the text
}

// NewStrictJSON returns a reader that refuses duplicate names, at any depth.
func NewStrictJSON() *JSON { return &JSON{names: names{paths: newPaths()}} }

// NewTolerantJSON returns a reader for which the last of several members of
// one name counts.
func NewTolerantJSON() *JSON { return &JSON{names: names{paths: newPaths(), repeat: true}} }

// Reset begins with l, which must not change meanwhile; text is the same as a
// string.
func (j *JSON) Reset(l []byte, text string) {
	j.all, j.line, j.text = l, l, text
	j.pos, j.depth, j.over, j.elems = scanSpace(l, 0), 0, -1, 0
	j.names.reset()
}

// Peek returns the first byte of the next name or value, '0' for any number,
// a closing bracket, or 0 at the end. It only looks: whether that is where
// such a thing may stand, the read that follows says.
func (j *JSON) Peek() byte {
	for i := j.pos; i < len(j.text); i++ {
		switch c := j.text[i]; c {
		case ' ', '\t', '\r', '\n', ':', ',':
		case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			return '0'
		default:
			return c
		}
	}
	return 0
}

// Object reads the whole text as one object, calling member for each member
// with its name; member reads the value.
func (j *JSON) Object(member func(name string) error) error {
	return j.whole(func() error { return j.Members(member) })
}

// whole has read read the whole text as one object.
func (j *JSON) whole(read func() error) error {
	err := errNoObject
	if j.Peek() == '{' {
		err = read()
	}
	if err == nil && scanSpace(j.line, j.pos) < len(j.line) {
		err = errTrailing
	}
	if err != nil {
		if why := CheckShape(j.all); why != "" {
			return errors.New(why)
		}
	}
	return err
}

// Members reads the object that comes next.
func (j *JSON) Members(member func(name string) error) error {
	around, more := j.open()
	for more {
		name, ok := j.member()
		if !ok {
			break
		}
		if err := member(name); err != nil {
			return err
		}
	}
	return j.close(&around)
}

// open begins the object that comes next. more is set if member has something to
// say of it; close comes last, and needs what was around it.
func (j *JSON) open() (around object, more bool) {
	around = j.names.open()
	i, more := j.begin('{')
	if more {
		j.pos = i
	}
	j.bad = i < 0
	return around, more
}

// member reads the next name of the object that was opened last, up to its value;
// ok is false when there is none, or this is no JSON.
func (j *JSON) member() (name string, ok bool) {
	if s := j.names.follow(j.text[j.pos:len(j.line)]); s != nil {
		j.pos = scanSpace(j.line, j.pos+len(s.text))
		if s.depth > 1 {
			j.elems++
		}
		if j.elems < maxValues {
			return s.name, true
		}
		j.bad = true
		return "", false
	}
	return j.newMember()
}

// newMember is member for what is not expected.
func (j *JSON) newMember() (name string, ok bool) {
	i, more := j.pos, true
	if j.names.some() {
		i, more = j.next('}')
	}
	if !more {
		j.bad = i < 0
		return "", false
	}
	begin := j.pos
	if name, j.pos = j.name(i, begin); j.pos < 0 {
		j.pos, j.bad = begin, true
		return "", false
	}
	return name, true
}

// close ends the object that was opened last, and says why it is no JSON.
func (j *JSON) close(around *object) error {
	if j.bad {
		return j.syntax()
	}
	j.names.close(around)
	return nil
}

// mark returns where whoever is given a name can keep what it means to them, which
// they may find there when the name comes again: it is 0 when nothing was kept.
// Objects of one root share the marks of their names. It is good until the value is
// read.
func (j *JSON) mark() *int16 {
	if s := j.names.inner.step; s > 0 {
		return &j.names.paths.steps[s].mark
	}
	j.noMark = 0
	return &j.noMark
}

// begin reads the bracket that opens an object or list, and the one that closes
// it if nothing is inside. i is where the first element begins if there is
// more, else -1 if this is no JSON.
func (j *JSON) begin(open byte) (i int, more bool) {
	if j.pos >= len(j.line) || j.line[j.pos] != open || j.depth == maxDepth {
		return -1, false
	}
	i = scanSpace(j.line, j.pos+1)
	if i < len(j.line) && j.line[i] == open+2 { // '[' and ']', '{' and '}'
		j.pos = i + 1
		return i, false
	}
	j.depth++
	return i, true
}

// next reads what stands behind an element: a comma, or the bracket that
// closes. It returns what begin does.
func (j *JSON) next(closing byte) (i int, more bool) {
	i = scanSpace(j.line, j.pos)
	if i >= len(j.line) {
		return -1, false
	}
	switch j.line[i] {
	case ',':
		if j.elems++; j.elems == maxValues {
			return -1, false
		}
		return scanSpace(j.line, i+1), true
	case closing:
		j.pos = i + 1
		j.depth--
		return i, false
	}
	return -1, false
}

// name reads the name that begins at i, and the colon behind it; what stands between
// the value before and i begins at behind. at is where the value begins, -1 when
// there is no name, or not a new one.
func (j *JSON) name(i, behind int) (name string, at int) {
	if i >= len(j.line) || j.line[i] != '"' {
		return "", -1
	}
	end, odd := scanString(j.line, i+1)
	if end < 0 {
		return "", -1
	}
	name = j.text[i+1 : end]
	if odd != 0 {
		name = j.unquote(i, end+1, odd)
	}
	at, text := scanSpace(j.line, end+1), ""
	if at < len(j.line) && j.line[at] == ':' {
		if at = scanSpace(j.line, at+1); odd == 0 {
			text = j.text[behind:at]
		}
	} else {
		j.line = j.line[:at] // who reads the value finds that there is none
	}
	if !j.names.stray(name, text) {
		return "", -1
	}
	return name, at
}

// unquote returns the string that stands, with quotes, in line[begin:end].
func (j *JSON) unquote(begin, end int, odd uint8) string {
	if s := j.text[begin+1 : end-1]; odd&escapes == 0 && utf8.ValidString(s) {
		return s
	}
	return j.room.unquoted(j.text[begin+1 : end-1])
}

// skip returns where the value ends that begins at l[i], or -1.
func (j *JSON) skip(i int) int {
	l := j.line
	if i >= len(l) {
		return -1
	}
	switch l[i] {
	case '"':
		end, _ := scanString(l, i+1)
		if end < 0 {
			return -1
		}
		return end + 1
	case '{', '[':
		j.pos = i
		return j.skipAll(l[i])
	case 'n':
		return scanLiteral(l, i, "null")
	case 't':
		return scanLiteral(l, i, "true")
	case 'f':
		return scanLiteral(l, i, "false")
	}
	return scanNumber(l, i)
}

// skipAll is skip for the object or list at pos.
func (j *JSON) skipAll(open byte) int {
	if open == '{' {
		return j.skipObject()
	}
	i, more := j.begin('[')
	for more {
		if j.pos = j.skip(i); j.pos < 0 {
			return -1
		}
		i, more = j.next(']')
	}
	if i < 0 {
		return -1
	}
	return j.pos
}

func (j *JSON) skipObject() int {
	around, more := j.open()
	for more {
		if _, more = j.member(); !more {
			break
		}
		if j.pos = j.skip(j.pos); j.pos < 0 {
			return -1
		}
	}
	if j.bad {
		return -1
	}
	j.names.close(&around)
	return j.pos
}
