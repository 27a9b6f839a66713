package glob

import (
	"strings"
	"unicode/utf8"
)

// wild reports whether pattern matches all of text: `*` is any run without a
// slash, `**` any run, `?` one character but a slash, and `**/` also nothing.
// Of stars only the latest of each sort is ever tried again, so that the time
// is bounded by the product of the lengths, twice: patterns are attackers' words, too.
func wild(pattern, text string) bool {
	p, t := 0, 0
	star, starAt := -1, 0   // behind the latest *, and where in text it ends
	cross, crossAt := -1, 0 // the same of **, or **/
	whole := false          // the latter: it ends where a component begins
	for {
		switch {
		case p == len(pattern):
			if t == len(text) {
				return true
			}
		case pattern[p] == '*' && p+1 < len(pattern) && pattern[p+1] == '*':
			p += 2
			if whole = p < len(pattern) && pattern[p] == '/'; whole {
				p++
				if t > 0 && text[t-1] != '/' {
					i := strings.IndexByte(text[t:], '/')
					if i < 0 {
						return false
					}
					t += i + 1
				}
			}
			cross, crossAt, star = p, t, -1
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
			if whole {
				i := strings.IndexByte(text[crossAt:], '/')
				if i < 0 {
					return false
				}
				crossAt += i
			}
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
