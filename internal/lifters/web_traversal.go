package lifters

import (
	"slices"
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

// webTraversal holds on a path, or an input that is one, that leaves the
// directory in which the application looks: upwards by two steps, or to a file
// that no request has a reason to name. What it would reach is the target.
func webTraversal(b *binding) matchFunc {
	inputs, files := b.inputSearch("inputs"), filesByName(b.shippedNames("webfiles.tsv"))
	return func(ev *event.Event, h *engine.Hit) bool {
		return inputs.find(ev, h, func(name, text string) bool {
			if !strings.ContainsAny(text, `./\`) || !climbs(text) && !files.mayEnd(text) {
				return false
			}
			up, path := steps(text)
			file, known := files.find(path, up > 0)
			switch {
			case known:
				h.Extra("target", event.StringValue(file))
			case up == 0 || up == 1 && !backward(text) && name != "filename":
				return false
			default:
				h.Extra("target", event.StringValue(event.CutText(path, maxTarget)))
			}
			return true
		})
	}
}

// maxTarget bounds the target that is shown, in bytes.
const maxTarget = 256

// sensitive are files by their lower-case base name.
type sensitive map[string][]named

func filesByName(files []named) sensitive {
	m := sensitive{}
	for _, f := range files {
		base := f.value[strings.LastIndexByte(f.value, '/')+1:]
		m[base] = append(m[base], f)
	}
	return m
}

// find returns the file that path ends in. below says that the path climbed
// before: some names are ordinary without that.
func (m sensitive) find(path string, below bool) (file string, ok bool) {
	base := path[strings.LastIndexByte(path, '/')+1:]
	for _, f := range m[base] {
		whole := strings.HasSuffix(path, "/"+f.value) || path == f.value
		if whole && (below || f.name == "anywhere") {
			return f.value, true
		}
	}
	return "", false
}

// climbs reports whether text may have a step upwards: all of them have two dots,
// once a NUL between is gone.
func climbs(text string) bool { return strings.Contains(text, "..") || strings.IndexByte(text, 0) >= 0 }

// mayEnd reports whether a text that does not climb may end in one of the files:
// the cheap question, which most inputs fail.
func (m sensitive) mayEnd(text string) bool {
	text, _, _ = strings.Cut(text, "?")
	for text != "" {
		at := strings.LastIndexAny(text, `/\`)
		if word := strings.TrimRight(text[at+1:], "; "); word != "" && word != "." {
			return len(m[strings.ToLower(word)]) > 0
		}
		text = text[:max(at, 0)]
	}
	return false
}

// steps returns how often text climbs a directory, and the path that is left
// when those steps are gone, in lower case with slashes. It reads what lenient
// filters leave of a step: `....//`, `..;/`, a NUL or a comment within.
func steps(text string) (up int, path string) {
	var kept []string
	text, _, _ = strings.Cut(text, "?")
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '/' || r == '\\' }) {
		word := strings.TrimRight(strings.ReplaceAll(part, "\x00", ""), "; ")
		if name, _, ended := strings.Cut(part, "\x00"); ended && strings.Trim(word, ".") != "" {
			word = name // a NUL ends a file name for what is written in C
		}
		switch {
		case word == "..", word == "....", word == "..." && slices.Contains([]string{"...", ".."}, last(kept)):
			up++
		case word == "" || word == ".":
		case strings.HasSuffix(word, "=..") || strings.HasSuffix(word, ":..") || strings.HasSuffix(word, "("+".."):
			up++ // the first step of several in one text
		default:
			kept = append(kept, word)
		}
	}
	return up, strings.ToLower(strings.Join(kept, "/"))
}

func last(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

// backward reports whether text climbs by a backslash, which no link does.
func backward(text string) bool { return strings.Contains(text, `..\`) }
