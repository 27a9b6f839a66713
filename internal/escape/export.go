package escape

import (
	"strings"
	"unicode/utf8"
)

// CSV returns s as text that no spreadsheet takes for a formula: what begins
// with one of the prefixes that OWASP lists under CSV injection (= + - @, their
// full-width forms, tab, carriage return, line feed), also behind spaces, gets
// an apostrophe before it. Quoting is left to encoding/csv. Numbers of our own
// must not pass through here, -1 would become text.
func CSV(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " "))
	switch r {
	case '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠':
		return "'" + s
	}
	return s
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
