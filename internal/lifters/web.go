package lifters

import (
	"strings"

	"github.com/corazawaf/libinjection-go"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

func webSpecs() []Spec {
	specs := []Spec{
		{Name: "web_sqli", build: webSQLi, Evidence: []string{"parameter", "matched", "fingerprint"}},
		{Name: "web_xss", build: webXSS, Evidence: []string{"parameter", "matched"}},
		{Name: "web_call", build: webCall, Evidence: []string{"parameter", "matched", "function"},
			Params: []engine.Param{{Name: "language", Type: engine.ParamString, Required: true, OneOf: []string{"sql", "php"}}, flag("leading", false)}},
		{Name: "web_exploit", build: webExploit, Evidence: []string{"exploit", "product", "matched"}},
		{Name: "web_traversal", build: webTraversal, Evidence: []string{"parameter", "matched", "target"}},
	}
	for i := range specs {
		specs[i].Kinds = []event.Kind{event.KindHTTPRequest}
		specs[i].FieldsToo = true
	}
	return specs
}

// An inputSearch looks at the inputs of a request, in all of their forms.
type inputSearch struct{ inputs *field }

func (b *binding) inputSearch(field string) *inputSearch { return &inputSearch{b.field(field)} }

// find calls test with the name and text of each input until it returns true.
// It begins at the end: what stands there of an input is its furthest decoded
// form, which says most to whoever reads the evidence.
func (s *inputSearch) find(ev *event.Event, h *engine.Hit, test func(name, text string) bool) bool {
	v := s.inputs.value(ev)
	if v == nil || v.Kind != event.Object {
		return false
	}
	for i := len(v.Keys) - 1; i >= 0; i-- {
		if name, text := v.Keys[i], v.List[i].Str; test(name, text) {
			h.Input(name, text)
			return true
		}
	}
	return false
}

// maxInjection bounds what the two recognisers of libinjection get to read, in
// bytes: they look at the first tokens of a text only.
const maxInjection = 4 << 10

// webSQLi holds on an input that would change the SQL statement that it is put
// into, by libinjection (https://github.com/client9/libinjection): the text is
// read as SQL from within each kind of quotes, and the sequence of its tokens is
// compared with those of known attacks. The fingerprint is that sequence.
func webSQLi(b *binding) matchFunc {
	inputs, declined := b.inputSearch("short_inputs"), newDeclined()
	return func(ev *event.Event, h *engine.Hit) bool {
		return inputs.find(ev, h, func(name, text string) bool {
			return mayInject(text) && !isSpoken(name) && declined.or(text, func(text string) bool {
				found, fingerprint := libinjection.IsSQLi(event.CutText(text, maxInjection))
				if found {
					h.Extra("fingerprint", event.StringValue(fingerprint))
				}
				return found
			})
		})
	}
}

// webXSS holds on an input that a page which repeats it would run as a script.
func webXSS(b *binding) matchFunc {
	inputs, declined := b.inputSearch("short_inputs"), newDeclined()
	return func(ev *event.Event, h *engine.Hit) bool {
		return inputs.find(ev, h, func(name, text string) bool {
			return mayRun(text) && !isSpoken(name) && name != "body" && declined.or(text, func(text string) bool {
				return runsScript(event.CutText(text, maxInjection))
			})
		})
	}
}

// mayRun reports whether text has what every script in a page needs: a tag, or an
// attribute with a value, whose name is plain. In the address of a page a question
// mark stands before the first =, and an ampersand before others.
func mayRun(text string) bool {
	if strings.IndexByte(text, '<') >= 0 {
		return true
	}
	for at := 0; ; at++ {
		next := strings.IndexByte(text[at:], '=')
		if next < 0 {
			return false
		}
		if at += next; endsInAttribute(text[:at]) {
			return true
		}
	}
}

// endsInAttribute reports whether text ends in a word that may be the name of an
// attribute that runs something: all of them are letters and colons. A page reads
// no NUL, and white space may stand behind a name.
func endsInAttribute(text string) bool {
	text = strings.TrimRight(text, "\x00\t\n\v\f\r ")
	n := 0
	for n < len(text) && strings.IndexByte("\t\n\v\f\r />=\"'`", text[len(text)-1-n]) < 0 {
		if c := lowerByte(text[len(text)-1-n]); (c < 'a' || c > 'z') && c != ':' && c != 0 {
			return false
		}
		n++
	}
	return n > 0
}

// styles are the names by which markup is given a look. Those who write for a
// living use them, and libinjection takes any of them for an attack.
var styles = strings.NewReplacer("style", "title", "<svg", "<p", "<link", "<p", "xmlns", "title", "<?xml", "<p ", "<!--", "<p ")

// runsScript reports whether text is markup that runs a script, and not only
// markup with a look of its own.
func runsScript(text string) bool {
	return libinjection.IsXSS(text) && (strings.Contains(text, "/") && strings.ContainsAny(text[:1], "\"'>") || libinjection.IsXSS(styles.Replace(text)))
}

// mayInject reports whether text has what every SQL injection needs: a quote, an
// operator, a comment or at least a blank between words.
func mayInject(text string) bool { return strings.ContainsAny(text, "'\"`;()=<>|&-#*/ \t\n") }

// isSpoken reports whether an input of that name has a grammar of its own, full
// of signs that mean nothing here: no application puts it into a statement.
func isSpoken(name string) bool {
	for _, n := range [...]string{"accept", "accept-language", "accept-encoding", "accept-charset", "cache-control", "connection", "content-type", "content-length", "host", "path", "if-none-match", "if-modified-since", "jql", "cql"} {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}
