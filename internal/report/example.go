package report

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	// exampleBytes is how much of an example is kept: more than the widest
	// terminal shows.
	exampleBytes = 320
	// exampleLead is how much of a text stands before its match.
	exampleLead = 24
)

// Example is the text of an evidence that shows best why a rule fired, not escaped.
func Example(evidence []byte) string { return exampleOf(evidence) }

// exampleOf returns the text that shows best why a rule fired: the evidence
// text around `matched`, or `matched` itself when no text holds it; else the
// plain values as name=value, for `ssh` alone says nothing; else, or where
// there is one text and nothing else, the first text. It is as the attacker wrote it, cut, and "" for evidence without
// values.
func exampleOf(evidence []byte) string {
	matched, texts, values := readEvidence(evidence)
	if matched != "" {
		for _, text := range texts {
			if i := strings.Index(text, matched); i >= 0 {
				return around(text, i)
			}
		}
		return around(matched, 0)
	}
	if len(texts) == 1 && len(values) < 2 || len(values) == 0 && len(texts) > 0 {
		return around(texts[0], 0)
	}
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = v.name + "=" + v.text
	}
	return around(strings.Join(words, " "), 0)
}

// around returns exampleBytes of text, from shortly before byte i on when the
// match at i would otherwise stand far from the beginning.
func around(text string, i int) string {
	const mark = "…"
	if i > 2*exampleLead {
		i -= exampleLead
		for i > 0 && !utf8.RuneStart(text[i]) {
			i--
		}
		text = mark + text[i:]
	}
	if len(text) > exampleBytes {
		end := exampleBytes
		for end > exampleBytes-utf8.UTFMax && !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end] + mark
	}
	return strings.Clone(text)
}

// A member of a document is a plain value.
type member struct{ name, text string }

// readEvidence returns the value of `matched`, of a list its texts joined, the other texts in the order
// of the document, lists and objects included, and the document's own members
// that are plain values. It stops where the document is not JSON.
func readEvidence(evidence []byte) (matched string, texts []string, values []member) {
	dec := jsontext.NewDecoder(bytes.NewReader(evidence), jsontext.AllowDuplicateNames(true))
	name := ""
	for {
		tok, err := dec.ReadToken()
		if err != nil {
			return matched, texts, values
		}
		depth := dec.StackDepth()
		kind, n := dec.StackIndex(depth)
		inObject := kind == '{'
		isName := inObject && n%2 == 1
		switch tok.Kind() {
		case '"':
			if isName && depth > 1 {
				continue
			}
			text := tok.String()
			switch {
			case isName:
				name = text
			case depth == 1 && name == "matched":
				matched = text
			case depth == 2 && name == "matched" && !inObject: // the steps of a sequence
				if matched != "" {
					matched += "; "
				}
				matched += text
			case text != "":
				texts = append(texts, text)
				if depth == 1 && name != "" {
					values = append(values, member{name, text})
				}
			}
		case '0', 't', 'f':
			if depth == 1 && name != "" {
				values = append(values, member{name, tok.String()})
			}
		}
	}
}
