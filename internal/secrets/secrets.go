// Package secrets hides what nobody may read. In evidence it hides the secrets of URLs
// and of the inputs of requests (urls.go); in a report, an export or a span also
// passwords where commands take them, tokens, and whose a mail address is.
//
//	secrets.Mask("sshpass -p hunter2 ssh root@192.0.2.1") // sshpass -p *** ssh root@192.0.2.1
package secrets

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Hidden stands for what is not shown.
const Hidden = "***"

// value is a word of the shell, in quotes or without, as a group.
const value = `("[^"]*"?|'[^']*'?|[^\s"'|;&<>]+)`

// into is a pipe into a program, which a path or another program may lead to.
const into = `\|\s*(?:sudo\s+|busybox\s+|/\S*/)*`

// A way is one way to write a secret: the first group of its pattern is hidden.
type way struct {
	words   []string // in lower case; a text without any of them is not searched
	pattern *regexp.Regexp
}

// ways are tried in this order.
var ways = sync.OnceValue(func() []way {
	of := func(pattern string, words ...string) way { return way{words, regexp.MustCompile(pattern)} }
	return []way{
		// The user part of a URL, which may be a token, also one that holds an at sign.
		of(`://([^\s/@'"]+(?:@[^\s/@'"]*)*)@`, "://"),
		// secret | passwd, root:secret | chpasswd, also from a here string.
		of(`(?is)\b(?:echo|printf)\b(?:\s+-\w+\b)*\s*([^|\s][^|]*?)\s*`+into+`passwd\b`, "passwd"),
		of(`(?is)\b(?:echo|printf)\b(?:\s+-\w+\b)*\s*([^|\s:][^|:]*?)\s*`+into+`chpasswd\b`, "chpasswd"),
		of(`(?is)\b(?:echo|printf)\b[^|:]*:\s*([^|\s][^|]*?)["']?\s*`+into+`chpasswd\b`, "chpasswd"),
		of(`(?is)\b(?:ch)?passwd\b[^|;&<]*<<<?\s*`+value, "passwd"),
		of(`[\w.-]+:([^\s"'|\\:]+)`, "chpasswd"),
		of(`\buser(?:add|mod)\b[^|;&\n]*?\s(?:-p|--password)[=\s]*(\$\([^)]*\)|"[^"]*"?|'[^']*'?|[^\s"'|;&<>]+)`, "user"),
		of(`(?i)\bopenssl\s+passwd\b(?:\s+-\w+)*\s+("[^"]*"|'[^']*'|[^\s|;&)-]\S*)`, "openssl"),
		// --password=secret, password: secret, DB_PASSWORD=secret, token=secret.
		of(`(?i)(?:password|passwd|passphrase|passwort|pwd|\bpass|_pass|(?:secret|token)[\w-]*)["']?\s*[=:]\s*`+value, "pass", "pwd", "secret", "token"),
		of(`(?i)(?:\s--?(?:http-|ftp-|proxy-|user-)?(?:password|passwd|passphrase|pass|secret|token)|\brequirepass)\s+`+value, "pass", "secret", "token"),
		of(`(?i)\b[\w-]*(?:api|access|private)[_-]?key["']?\s*[=:]\s*`+value, "key"),
		of(`(?i)(?:bearer|authorization:\s*basic)\s+([^\s"']+)`, "bearer", "basic"),
		// Programs whose options take a password.
		of(`(?i)\bsshpass\s+-p\s*`+value, "sshpass"),
		of(`\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^|;&\n]*?\s-p`+value, "mysql", "mariadb"),
		of(`(?:\bcurl\b[^|;&\n]*?\s-u|\s-u|\s--user|\s--proxy-user)[=\s]*["']?[^\s:"']+:([^\s"']+)`, "-u", "--proxy-u"),
		mail(),
	}
})

// mail finds the name in a mail address: the host of user@host is what others look for.
var mail = sync.OnceValue(func() way {
	return way{[]string{"@"}, regexp.MustCompile(`([\w.+%-]+)@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\b`)}
})

// betweenSecrets are the bytes of which every way has one beside its secret: ids and
// names, which are most texts, have none, and need not be searched.
const betweenSecrets = " \t\n\f\r=:@|<"

// Mask returns text with the secrets that it shows hidden. It knows the usual ways to
// write one, not all that there are. Masked text stays as it is.
func Mask(text string) string {
	text = MaskURLs(text)
	if !strings.ContainsAny(text, betweenSecrets) {
		return text
	}
	lower := ""
	for _, w := range ways() {
		if lower == "" {
			lower = strings.ToLower(text)
		}
		if slices.ContainsFunc(w.words, func(word string) bool { return strings.Contains(lower, word) }) {
			if masked := w.hide(text); masked != text {
				text, lower = masked, ""
			}
		}
	}
	return text
}

// MaskMail is Mask for a text in which nothing but a mail address is to be hidden.
func MaskMail(text string) string { return mail().hide(MaskURLs(text)) }

// hide puts Hidden in the place of the first group of each match.
func (w way) hide(text string) string {
	var b strings.Builder
	at := 0
	for _, m := range w.pattern.FindAllStringSubmatchIndex(text, -1) {
		if strings.HasPrefix(text[m[2]:], Hidden) {
			continue
		}
		b.WriteString(text[at:m[2]])
		b.WriteString(Hidden)
		at = m[3]
	}
	if at == 0 {
		return text
	}
	return b.String() + text[at:]
}
