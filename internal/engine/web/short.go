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

// textNames are parameters that hold what people write to people, what an
// editor of code or of queries saves, and what programs report of themselves.
// Code, quotes and markup are at home there.
var textNames = byLength("content", "text", "message", "msg", "comment", "body", "description", "snippet", "note", "notes", "source", "summary",
	"excerpt", "subject", "bio", "about", "review", "feedback", "post", "reply", "commit_message", "prompt", "markdown", "html", "file", "upload", "attachment",
	"articletext", "wptextbox1", "stack", "stacktrace", "stack_trace", "backtrace", "traceback", "exception", "diff", "patch", "original-policy",
	"sql", "sql_query", "rawsql", "soql", "cql_filter", "fetchxml", "promql", "logql", "statement", "$filter", "$search", "$orderby")

// textWords are the last words of the names of such parameters: page_body,
// jform[text], body[0][value].
var textWords = byLength("content", "text", "message", "comment", "body", "description", "snippet", "notes", "summary", "excerpt", "bio", "review", "feedback",
	"reply", "markdown", "html", "stacktrace")

// A wordList holds words by their length.
type wordList [24][]string

func byLength(words ...string) (l wordList) {
	for _, w := range words {
		l[len(w)] = append(l[len(w)], w)
	}
	return l
}

func (l *wordList) has(word string) bool {
	return len(word) < len(l) && slices.ContainsFunc(l[len(word)], func(w string) bool { return strings.EqualFold(w, word) })
}

// isTextName reports whether a parameter of that name holds a text.
func isTextName(name string) bool {
	return textNames.has(name) || textWords.has(lastWord(name))
}

// lastWord returns the last word of a name of several, numbers and `value` left
// out, or "".
func lastWord(name string) string {
	for first := true; name != ""; first = false {
		name = strings.TrimRight(name, "]")
		i := strings.LastIndexAny(name, "[._-")
		if i < 0 && first {
			return ""
		}
		word := name[i+1:]
		if strings.Trim(word, "0123456789") != "" && word != "value" {
			return word
		}
		name = name[:max(i, 0)]
	}
	return ""
}

// Short reports whether a form of the input is a value rather than a text that
// somebody wrote. It is false for queries, whose parameters are inputs of their
// own, and for documents.
func (in *Input) Short(form string) bool {
	switch {
	case in.Place == Query, in.Place == Body && startsWith(form, '<', '{', '['), in.text:
		return false
	}
	return len(form) <= maxShort && strings.Count(form, "\n") < maxShortLines
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
