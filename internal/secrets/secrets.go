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
const value = `("[^"]*"?|'[^']*'?|[^\s"'|;&]+)`

// A way is one way to write a secret: what a group of its pattern finds is hidden.
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
		of(`(?is)\b(?:echo|printf)\b(?:\s+-[neE]+\b)*\s*("[^"]*"|'[^']*'|[^|\s][^|]*?)\s*\|\s*(?:sudo\s+|busybox\s+|/\S*/)*(?:ch)?passwd\b`, "passwd"),
		of(`(?is)\b(?:ch)?passwd\b[^|;&]*?<<<?\s*`+value, "passwd"),
		of(`[\w.-]+:([^\s"'|\\:]+)`, "chpasswd"),
		// Programs whose options take a password.
		of(`(?i)\bsshpass\s+-p\s*`+value, "sshpass"),
		of(`\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^|;&\n]*?\s-p`+value, "mysql", "mariadb"),
		of(`\bcurl\b[^|;&\n]*?\s(?:-u|--user)[\s=]*`+value, "curl"),
		of(`\s(?:-u|--user|--proxy-user)[=\s]\s*(?:"[^:"]+:([^"]+)|'[^:']+:([^']+)|[^\s:"']+:([^\s"']+))`, "-u", "--proxy-u"),
		of(`\buser(?:add|mod)\b[^|;&\n]*?\s(?:-p|--password)[=\s]*(\$\([^)]*\)|"[^"]*"?|'[^']*'?|[^\s"'|;&]+)`, "user"),
		of(`(?i)\bopenssl\s+passwd\b(?:\s+-\w+)*\s+("[^"]*"|'[^']*'|[^\s|;&)-]\S*)`, "openssl"),
		// --password=secret, password: secret, DB_PASSWORD=secret, token=secret.
		of(`(?i)(?:passwd|passphrase|passwort|password|pass|pwd|(?:secret|token)[\w-]*)["']?\s*[=:]\s*`+value, "pass", "pwd", "secret", "token"),
		of(`(?i)(?:\s-|--)(?:http-|ftp-|proxy-|user-)?(?:password|passwd|passphrase|pass|secret|token)\s+`+value, "pass", "secret", "token"),
		of(`(?i)\brequirepass\s+`+value, "requirepass"),
		of(`(?i)\b[\w-]*(?:api|access|private)[_-]?key["']?\s*[=:]\s*`+value, "key"),
		of(`(?i)(?:bearer|authorization:\s*basic)\s+([^\s"']+)`, "bearer", "basic"),
		mail(),
	}
})

// mail finds the name in a mail address: the host of user@host is what others look for.
var mail = sync.OnceValue(func() way {
	return way{[]string{"@"}, regexp.MustCompile(`([\w.+%-]+)@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}`)}
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

// hide puts Hidden in the place of what the pattern's group found in each match; of
// several groups one did.
func (w way) hide(text string) string {
	var b strings.Builder
	at := 0
	for _, m := range w.pattern.FindAllStringSubmatchIndex(text, -1) {
		group := m[2:]
		for group[0] < 0 {
			group = group[2:]
		}
		if strings.TrimRight(text[group[0]:group[1]], ",;}])") == Hidden {
			continue // hidden before, and what stands behind it
		}
		b.WriteString(text[at:group[0]])
		b.WriteString(Hidden)
		at = group[1]
	}
	if at == 0 {
		return text
	}
	return b.String() + text[at:]
}
