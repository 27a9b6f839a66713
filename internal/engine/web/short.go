package web

import (
	"slices"
	"strings"
)

// Bounds of what an application takes for a value: a text that somebody wrote is
// longer, or has more lines.
const (
	maxShort      = 1000
	maxShortLines = 3
)

// textNames are parameters that hold what people write to people. Code, quotes
// and markup are at home there.
var textNames = []string{"content", "text", "message", "msg", "comment", "body", "description", "snippet", "note", "notes", "source", "summary",
	"excerpt", "subject", "bio", "about", "review", "feedback", "post", "post_content", "reply", "commit_message", "prompt", "markdown", "html", "rawsql", "file", "upload", "attachment"}

// Short reports whether a form of the input is a value rather than a text that
// somebody wrote. It is false for queries, whose parameters are inputs of their
// own, and for documents.
func (in *Input) Short(form string) bool {
	switch {
	case in.Place == Query, in.Place == Body && startsWith(form, '<', '{', '['), in.isText():
		return false
	}
	return len(form) <= maxShort && strings.Count(form, "\n") < maxShortLines
}

// isText reports whether the input is named for a text.
func (in *Input) isText() bool {
	return in.Place == Param && slices.ContainsFunc(textNames, func(n string) bool { return strings.EqualFold(n, in.Name) })
}

// Odd reports whether a form has a sign that plain values (words, numbers, dates,
// paths, addresses of pages) lack, and that interpreters read: what has none is
// not looked at by rules about signs. A browser's name of itself and a host have
// signs of their own.
func (in *Input) Odd(form string) bool {
	allowed := uint8(plainSign)
	if in.Place == Header {
		allowed = headerSign
	}
	for i := range len(form) {
		if oddOf[form[i]] > allowed {
			return true
		}
	}
	return false
}

// How odd a sign is.
const (
	plainSign  = iota // in values
	headerSign        // in headers too
	oddSign
)

// oddOf says how odd each byte is.
var oddOf = func() (t [256]uint8) {
	for c := range 256 {
		switch {
		case isAlnum(byte(c)), c >= 0x80, strings.IndexByte(" ._/:,+@-", byte(c)) >= 0:
			t[c] = plainSign
		case strings.IndexByte("();=?&%\"*", byte(c)) >= 0:
			t[c] = headerSign
		default:
			t[c] = oddSign
		}
	}
	return t
}()
