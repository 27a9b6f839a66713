package glob

import "unicode/utf8"

// wild reports whether pattern matches all of text: `*` is any run without a
// slash, `**` any run, `?` one character but a slash, and `**/` also nothing.
// Of stars only the latest of each sort is ever tried again, so that the time
// is bounded by the product of the lengths, twice.
func wild(pattern, text string) bool {
	p, t := 0, 0
	star, starAt := -1, 0   // behind the latest *, and where in text it ends
	cross, crossAt := -1, 0 // the same of **
	for {
		switch {
		case p == len(pattern):
			if t == len(text) {
				return true
			}
		case pattern[p] == '*' && p+1 < len(pattern) && pattern[p+1] == '*':
			p += 2
			cross, crossAt, star = p, t, -1
			if p < len(pattern) && pattern[p] == '/' && (t == 0 || text[t-1] == '/') && wild(pattern[p+1:], text[t:]) {
				return true
			}
			continue
		case pattern[p] == '*':
			p++
			star, starAt = p, t
			continue
		case t == len(text):
		case pattern[p] == '?':
			if text[t] != '/' {
				_, n := utf8.DecodeRuneInString(text[t:])
				p, t = p+1, t+n
				continue
			}
		case pattern[p] == text[t]:
			p, t = p+1, t+1
			continue
		}
		switch {
		case star >= 0 && starAt < len(text) && text[starAt] != '/':
			starAt++
			p, t = star, starAt
		case cross >= 0 && crossAt < len(text):
			crossAt++
			p, t, star = cross, crossAt, -1
		default:
			return false
		}
	}
}

// isWild reports whether text has a wildcard.
func isWild(text string) bool {
	for i := range len(text) {
		if text[i] == '*' || text[i] == '?' {
			return true
		}
	}
	return false
}
