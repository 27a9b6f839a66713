package pages

import (
	"bytes"
	"strings"
)

var markup = strings.NewReplacer(`\`, `\\`, "*", `\*`, "<", `\<`, "|", `\|`, "[", `\[`)

// prose returns text of a rule on one line, in which nothing is markup but code
// between backquotes.
func prose(text string) string {
	parts := strings.Split(strings.Join(strings.Fields(text), " "), "`")
	for i := range parts {
		if i%2 == 0 {
			parts[i] = markup.Replace(parts[i])
		}
	}
	return strings.Join(parts, "`")
}

// fence writes YAML as a block of code, behind a fence that it does not hold.
func fence(b *bytes.Buffer, yaml string) {
	marks := "```"
	for strings.Contains(yaml, marks) {
		marks += "`"
	}
	b.WriteString(marks + "yaml\n" + yaml + marks + "\n\n")
}

// section returns the lines of a rule file from a key of its first level up to
// the next such key, "" when the file does not have the key so.
func section(data []byte, key string) string {
	var b strings.Builder
	inside := false
	for line := range strings.Lines(string(data)) {
		if line[0] != ' ' && line[0] != '#' && line[0] != '\n' {
			inside = strings.HasPrefix(line, key+":")
		}
		if inside {
			b.WriteString(line)
		}
	}
	return b.String()
}
