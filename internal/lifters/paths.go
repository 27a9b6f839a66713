package lifters

import (
	"strings"

	"ttpctl/internal/event"
)

// A pathSearch looks for path patterns in the path that an event asked for.
// Only the path counts: a query that mentions `/.env` has not fetched it.
type pathSearch struct {
	fields   []*field
	patterns *patternSet
}

func (b *binding) pathSearch() *pathSearch {
	return &pathSearch{
		fields:   []*field{b.field("matched_path"), b.field("request_path"), b.field("path"), b.field("raw_url")},
		patterns: newPatternSet(b.args.Patterns("paths")),
	}
}

// find returns the event's path, undecoded, when one of the patterns is found
// in it after one URL decoding. Only an encoded path costs an allocation.
func (s *pathSearch) find(ev *event.Event) (path string, ok bool) {
	path = pathOf(firstText(ev, s.fields))
	if path == "" {
		return "", false
	}
	_, ok = s.patterns.find(unescape(path))
	return path, ok
}

// pathOf returns the path of a URL or path: no scheme, user, host, query or
// fragment, any of which may hold a secret.
func pathOf(url string) string {
	if i := strings.IndexAny(url, "?#"); i >= 0 {
		url = url[:i]
	}
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok || strings.Contains(scheme, "/") {
		return url
	}
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		return rest[i:]
	}
	return ""
}

// unescape undoes percent-encoding once. What is no escape stays as it is:
// servers are that lenient, and attackers know it.
func unescape(s string) string {
	i := strings.IndexByte(s, '%')
	if i < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	out = append(out, s[:i]...)
	for ; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, lo := hexDigit(s[i+1]), hexDigit(s[i+2])
			if hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= lowerByte(c) && lowerByte(c) <= 'f':
		return int(lowerByte(c)-'a') + 10
	}
	return -1
}
