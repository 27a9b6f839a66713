package traces

import (
	"regexp"
	"strings"
	"sync"
)

// masked stands for a secret.
const masked = "***"

// A mask finds one kind of secret: the expression's group 1 stays, the rest of the
// match is masked, and group 2, if there is one, follows.
type mask struct {
	clue    string // in what it masks, in lower case: a text without it is not searched
	pattern *regexp.Regexp
}

// value is a word of the shell, in quotes or without.
const value = `(?:"[^"]*"?|'[^']*'?|[^\s"'|;&<>]+)`

// masks are tried in this order.
var masks = sync.OnceValue(func() []mask {
	return []mask{
		// The user part of a URL, also one that holds a colon or an at sign.
		{"://", regexp.MustCompile(`(://)[^\s/@'"]*(?:@[^\s/@'"]*)*(@)`)},
		// root:secret | chpasswd, secret | passwd, also from a here string.
		{"passwd", regexp.MustCompile(`(?is)(\b(?:echo|printf)\b)[^|]*(\|\s*(?:sudo\s+|busybox\s+|/\S*/)*(?:ch)?passwd\b)`)},
		{"passwd", regexp.MustCompile(`(?is)(\b(?:ch)?passwd\b[^|;&<]*<<<?\s*)` + value)},
		// --password=secret, password: secret, DB_PASSWORD=secret, api-key secret.
		{"pass", regexp.MustCompile(`(?i)((?:password|passwd|passphrase|passwort|\bpass)["']?\s*[=:]\s*)` + value)},
		{"-", regexp.MustCompile(`(?i)(\s--?(?:http-|ftp-|proxy-|user-)?(?:password|passwd|passphrase|pass|secret|token)\s+)` + value)},
		{"pwd", regexp.MustCompile(`(?i)(\b[\w-]*pwd["']?\s*[=:]\s*)` + value)},
		{"secret", regexp.MustCompile(`(?i)(secret[\w-]*["']?\s*[=:]\s*)` + value)},
		{"token", regexp.MustCompile(`(?i)(token["']?\s*[=:]\s*)` + value)},
		{"key", regexp.MustCompile(`(?i)(\b[\w-]*(?:api|access|private)[_-]?key["']?(?:\s*[=:]\s*))` + value)},
		{"bearer", regexp.MustCompile(`(?i)(bearer\s+)[^\s"']+`)},
		{"basic", regexp.MustCompile(`(?i)(authorization:\s*basic\s+)[^\s"']+`)},
		// Programs whose short options take a password.
		{"sshpass", regexp.MustCompile(`(?i)(\bsshpass\s+-p\s*)` + value)},
		{"curl", regexp.MustCompile(`(\bcurl\b[^|;&\n]*?\s(?:-u|--user)[\s=]*)` + value)},
		{"mysql", regexp.MustCompile(`(\bmysql(?:dump|admin)?\b[^|;&\n]*?\s-p)` + value)},
		{"user", regexp.MustCompile(`(\buser(?:add|mod)\b[^|;&\n]*?\s-p\s*)` + value)},
		// The name in a mail address; the host of user@host is what others look for.
		{"@", regexp.MustCompile(`()[\w.+%-]+(@(?:[\w-]+\.)+[A-Za-z]{2,})`)},
	}
})

// betweenSecrets are the bytes of which every mask needs one beside its secret: ids
// and names, which are most texts, have none, and no mask need look at them.
const betweenSecrets = " \t\n\f\r=:@|<"

// Mask returns text with the secrets that it shows masked. It knows the usual ways
// to write one, not all that there are.
func Mask(text string) string {
	if !strings.ContainsAny(text, betweenSecrets) {
		return text
	}
	lower := ""
	for _, m := range masks() {
		if lower == "" {
			lower = strings.ToLower(text)
		}
		if !strings.Contains(lower, m.clue) || m.clue == "://" && !strings.Contains(lower, "@") {
			continue
		}
		with := "${1}" + masked
		if m.pattern.NumSubexp() > 1 {
			with += "${2}"
		}
		text, lower = m.pattern.ReplaceAllString(text, with), ""
	}
	return text
}
