package escape

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// CSV returns s as text that no spreadsheet takes for a formula: what begins
// with one of the prefixes that OWASP lists under CSV injection (= + - @, their
// full-width forms), also behind spaces, gets an apostrophe before it; tabs and
// line ends, which OWASP lists too, are spelled as [Terminal] does, like all
// that a reader could not see. Quoting is left to encoding/csv. Numbers of our
// own must not pass through here, -1 would become text.
func CSV(s string) string {
	s = Terminal(strings.ToValidUTF8(s, "\uFFFD"))
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " "))
	switch r {
	case '=', '+', '-', '@', '＝', '＋', '－', '＠':
		return "'" + s
	}
	return s
}

// JSON returns a JSON text in which what [Terminal] would spell is spelled as
// JSON does (`\u009b`): the same document, fit for the other functions here.
// Encoders escape only the C0 controls.
func JSON(text string) string {
	i := firstRefused(text, visible)
	if i == len(text) {
		return text
	}
	b := []byte(text[:i])
	for _, r := range text[i:] {
		switch {
		case visible(r) || r == '\n': // between values: none is within a string
			b = utf8.AppendRune(b, r)
		case r > 0xffff:
			r1, r2 := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04x\u%04x`, r1, r2)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	return string(b)
}

// WorkflowData returns s as the message of a GitHub workflow command. Line
// ends are encoded, so that no line of s can begin a command (`::`) of its
// own, and shown as line ends; other invisible characters are spelled as
// [Terminal] does.
func WorkflowData(s string) string {
	return workflowData.Replace(rewrite(s, func(r rune) bool {
		return visible(r) || r == '\n' || r == '\r' || r == '\t'
	}))
}

// WorkflowProperty returns s as a property (`file=`, `title=`) of a GitHub
// workflow command, in which colons and commas are separators.
func WorkflowProperty(s string) string {
	return workflowProperty.Replace(Terminal(s))
}

// The encodings that the runner decodes (actions/toolkit, command.ts).
var (
	workflowData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	workflowProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// XML returns s with the characters that XML 1.0 cannot hold, not even as
// references, spelled as [Terminal] does. Escaping of < and & is left to
// encoding/xml.
func XML(s string) string {
	return rewrite(s, inXML)
}

// inXML is the production Char of XML 1.0, less the C1 controls, which it
// discourages and terminals act on.
func inXML(r rune) bool {
	switch {
	case r < ' ':
		return r == '\t' || r == '\n' || r == '\r'
	case r >= 0x7f && r <= 0x9f, r == 0xfffe, r == 0xffff:
		return false
	}
	return true
}
