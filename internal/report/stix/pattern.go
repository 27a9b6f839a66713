package stix

// comparison returns the pattern `[path = 'value']`. In a string of a pattern a
// backslash and a quote are written behind a backslash, and all else stands for
// itself (STIX 2.1, section 9.2).
func comparison(path, value string) string {
	b := append(append(append(make([]byte, 0, len(path)+len(value)+len("[ = '']")), '['), path...), " = '"...)
	for i := range len(value) {
		if value[i] == '\\' || value[i] == '\'' {
			b = append(b, '\\')
		}
		b = append(b, value[i])
	}
	return string(append(b, "']"...))
}
