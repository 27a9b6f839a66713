package stix

import "strings"

// comparison returns the pattern `[path = 'value']`. In a string of a pattern a
// backslash and a quote are written behind a backslash, and all else stands for
// itself (STIX 2.1, section 9.2).
func comparison(path, value string) string {
	return "[" + path + " = '" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "']"
}
