package engine

import (
	"slices"
	"strings"

	"ttpctl/internal/event"
)

// masked stands for a secret of a URL.
const masked = "***"

// secretNames are the names of query parameters whose values are no evidence:
// they let whoever reads a tag in where the attacker got, or tried to.
var secretNames = []string{"password", "passwd", "token", "key"}

// A byteRange is a part of a text.
type byteRange struct{ start, end int }

// secrets returns where the secrets of URLs stand in text: values of query
// parameters that are named so, or end in such a name (access_token, apikey).
func secrets(text string) []byteRange {
	var found []byteRange
	for at := strings.IndexByte(text, '?'); at >= 0; {
		end := at + 1 + queryLength(text[at+1:])
		for begin := at + 1; begin < end; {
			next := end
			if i := strings.IndexAny(text[begin:end], "&;"); i >= 0 {
				next = begin + i
			}
			name, value, ok := strings.Cut(text[begin:next], "=")
			if ok && value != "" && isSecret(name) {
				found = append(found, byteRange{next - len(value), next})
			}
			begin = next + 1
		}
		step := strings.IndexByte(text[end:], '?')
		if step < 0 {
			break
		}
		at = end + step
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
var secretInputs = []string{"pass", "pwd", "passphrase", "secret", "auth", "authorization", "session", "sessionid", "sessid", "phpsessid", "jsessionid", "sid", "email", "mail"}

// secretInput reports whether the value of a request's input of that name may
// let whoever reads a tag in, or names a person.
func secretInput(name string) bool {
	return isSecret(name) || slices.ContainsFunc(secretInputs, func(s string) bool { return strings.EqualFold(s, name) })
}

// mask returns text[start:end] with the secrets of text masked, also those
// that only a part of it shows.
func mask(text string, start, end int) string {
	var b strings.Builder
	at := start
	for _, r := range secrets(text) {
		if r.end <= at || r.start >= end {
			continue
		}
		b.WriteString(text[at:max(at, r.start)])
		b.WriteString(masked)
		at = min(r.end, end)
	}
	if b.Len() == 0 {
		return text[start:end]
	}
	return b.String() + text[at:end]
}

// maskValue returns v with the secrets in its texts masked; v is not changed.
func maskValue(v event.Value) event.Value {
	switch v.Kind {
	case event.String:
		v.Str = mask(v.Str, 0, len(v.Str))
	case event.List, event.Object:
		v.List = slices.Clone(v.List)
		for i := range v.List {
			v.List[i] = maskValue(v.List[i])
		}
	}
	return v
}
