package secrets

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// secretNames are the names of query parameters whose values are no evidence:
// they let whoever reads a tag in where the attacker got, or tried to.
var secretNames = []string{"password", "passwd", "pass", "pwd", "psd", "passphrase", "secret", "token", "key"}

// A byteRange is a part of a text.
type byteRange struct{ start, end int }

// inURLs returns where the secrets of URLs stand in text: values of query
// parameters that are named so, or end in such a name (access_token, apikey).
func inURLs(text string) []byteRange {
	if isURL(text) {
		found := append(querySecrets(text, strings.IndexByte(text, '?')+1, len(text), true), encodedSecrets(text)...)
		slices.SortFunc(found, func(a, b byteRange) int { return a.start - b.start })
		return found
	}
	var found []byteRange
	for at := strings.IndexByte(text, '?'); at >= 0; {
		end := at + 1 + queryLength(text[at+1:])
		found = append(found, querySecrets(text, at+1, end, false)...)
		step := strings.IndexByte(text[end:], '?')
		if step < 0 {
			break
		}
		at = end + step
	}
	return found
}

// isURL reports whether all of text is a URL, or the path and query of one. An
// attacker may write anything behind its question mark.
func isURL(text string) bool {
	head, _, asked := strings.Cut(text, "?")
	return asked && !strings.ContainsAny(head, " \t\n'\"`|<>") && (strings.HasPrefix(head, "/") || strings.Contains(head, "://"))
}

// querySecrets returns the secrets of a query from begin to end of text. When
// all of text is the URL, a secret may hold all but &. A value may be a URL with
// a query of its own.
func querySecrets(text string, begin, end int, whole bool) (found []byteRange) {
	for begin < end {
		next := indexAnyIn(text, begin, end, "&;")
		name, value, ok := strings.Cut(text[begin:next], "=")
		switch i := strings.IndexByte(value, '?'); {
		case ok && isSecret(name):
			start := begin + len(name) + len("=")
			if whole {
				next = indexAnyIn(text, start, end, "&")
			}
			if next > start {
				found = append(found, byteRange{start, next})
			}
		case i >= 0:
			next -= len(value) - i
		}
		begin = next + 1
	}
	return found
}

// indexAnyIn returns where the first of chars stands in text from begin to end,
// or end.
func indexAnyIn(text string, begin, end int, chars string) int {
	if i := strings.IndexAny(text[begin:end], chars); i >= 0 {
		return begin + i
	}
	return end
}

// encodedName is the name of a parameter of a URL that is itself the value of a
// parameter: ?next=%2flogin%3fpassword%3dx.
var encodedName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:%3f|%26)([\w.\[-]{1,64})%3d`)
})

// encodedSecrets returns the secrets of such URLs.
func encodedSecrets(text string) (found []byteRange) {
	for _, m := range encodedName().FindAllStringSubmatchIndex(text, -1) {
		if !isSecret(text[m[2]:m[3]]) {
			continue
		}
		end := indexAnyIn(text, m[1], len(text), "&")
		if i := strings.Index(text[m[1]:end], "%26"); i >= 0 {
			end = m[1] + i
		}
		found = append(found, byteRange{m[1], end})
	}
	return found
}

// queryLength returns how much of s is the query that it begins with: what
// cannot stand in a URL, and the fragment, end it.
func queryLength(s string) int {
	n := strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || strings.ContainsRune("\"'<>`|#\\^{}?", r) })
	if n < 0 {
		return len(s)
	}
	return n
}

func isSecret(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(secretNames, func(secret string) bool {
		rest, ok := strings.CutSuffix(name, secret)
		return ok && (rest == "" || rest == "api" || strings.ContainsAny(rest[len(rest)-1:], "_-.["))
	})
}

// secretInputs are more names of parameters and headers whose values are no
// evidence. Cookies are parameters.
var secretInputs = []string{"auth", "authorization", "session", "sessionid", "sessid", "phpsessid", "jsessionid", "sid", "email", "mail"}

// Input reports whether the value of a request's input of that name may
// let whoever reads a tag in, or names a person.
func Input(name string) bool {
	return isSecret(name) || slices.ContainsFunc(secretInputs, func(s string) bool { return strings.EqualFold(s, name) })
}

// InURLs reports whether the URLs in text have a secret.
func InURLs(text string) bool { return len(inURLs(text)) > 0 }

// MaskURLs returns text with the secrets of its URLs hidden, as evidence shows it.
func MaskURLs(text string) string { return MaskPart(text, 0, len(text)) }

// MaskPart returns text[start:end] with the secrets of text's URLs hidden, also those
// that only a part of it shows.
func MaskPart(text string, start, end int) string {
	if strings.IndexByte(text, '?') < 0 {
		return text[start:end] // there is no query
	}
	var b strings.Builder
	at := start
	for _, r := range inURLs(text) {
		if r.end <= at || r.start >= end {
			continue
		}
		b.WriteString(text[at:max(at, r.start)])
		b.WriteString(Hidden)
		at = min(r.end, end)
	}
	if b.Len() == 0 {
		return text[start:end]
	}
	return b.String() + text[at:end]
}
