package sessions

import (
	"regexp"
	"strings"
	"sync"

	"ttpctl/internal/engine"
)

// hidden stands for what is not shown.
const hidden = "***"

// A maskRule hides what its first group holds of a text that has a word.
type maskRule struct {
	words   []string // lower case; one of them is in a text that it may hold for
	pattern *regexp.Regexp
}

// maskRules find passwords where commands take them, and the people in mail
// addresses.
var maskRules = sync.OnceValue(func() []maskRule {
	return []maskRule{
		{[]string{"chpasswd"}, regexp.MustCompile(`[\w.-]+:([^\s"'|\\:]+)`)},
		{[]string{"passwd"}, regexp.MustCompile(`(?i)\b(?:echo|printf)\s+(?:-\w+\s+)*("[^"]*"|'[^']*'|[^|;&]+?)\s*\|\s*(?:sudo\s+|busybox\s+)*passwd\b`)},
		{[]string{"passwd"}, regexp.MustCompile(`(?i)\bpasswd\b[^|;&]*<<<\s*("[^"]*"|'[^']*'|\S+)`)},
		{[]string{"sshpass"}, regexp.MustCompile(`\bsshpass\s+-p\s*("[^"]*"|'[^']*'|\S+)`)},
		{[]string{"mysql", "mariadb"}, regexp.MustCompile(`\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^|;&]*?\s-p("[^"]*"|'[^']*'|[^\s|;&]+)`)},
		{[]string{"curl", "wget", "-u"}, regexp.MustCompile(`\s(?:-u|--user|--proxy-user)[=\s]\s*["']?[^\s:"']+:([^\s"']+)`)},
		{[]string{"pass", "pwd", "secret", "token"}, regexp.MustCompile(`(?i)(?:^|[\s;&|"'-])\w*?(?:password|passwd|passphrase|pass|pwd|secret|token)["']?\s*[=:]\s*("[^"]*"|'[^']*'|[^\s"';&|,}]+)`)},
		{[]string{"--pass", "--password", "requirepass"}, regexp.MustCompile(`(?i)(?:--(?:http-)?pass(?:word)?|requirepass)\s+("[^"]*"|'[^']*'|[^\s|;&]+)`)},
		{[]string{"useradd", "usermod"}, regexp.MustCompile(`\buser(?:add|mod)\b[^|;&]*?\s(?:-p|--password)[=\s]\s*("[^"]*"|'[^']*'|\$\([^)]*\)|[^\s|;&]+)`)},
		{[]string{"openssl"}, regexp.MustCompile(`\bopenssl\s+passwd\b(?:\s+-\w+)*\s+("[^"]*"|'[^']*'|[^\s|;&)-]\S*)`)},
		{[]string{"authorization"}, regexp.MustCompile(`(?i)\bauthorization:\s*(?:basic|bearer)\s+([^\s"']+)`)},
		{[]string{"://"}, regexp.MustCompile(`://[^\s/:@"']*:([^\s/@"']+)@`)},
		{[]string{"@"}, regexp.MustCompile(`([\w.+%-]+)@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\b`)},
	}
})

// Mask returns text without what may not be shown: the secrets of URLs as evidence
// masks them, passwords that commands take on their line, and whose a mail address
// is.
func Mask(text string) string {
	text = engine.Masked(text)
	lower := ""
	rules := maskRules()
	for i := range rules {
		r := &rules[i]
		if lower == "" {
			lower = strings.ToLower(text)
		}
		if has(lower, r.words) {
			text = hide(text, r.pattern)
		}
	}
	return text
}

// MaskMail is Mask for a text in which nothing but a mail address is to be hidden.
func MaskMail(text string) string {
	rules := maskRules()
	return hide(engine.Masked(text), rules[len(rules)-1].pattern)
}

func has(lower string, words []string) bool {
	for _, w := range words {
		if strings.Contains(lower, w) {
			return true
		}
	}
	return false
}

// hide puts the mark in the place of the first group of each match.
func hide(text string, pattern *regexp.Regexp) string {
	found := pattern.FindAllStringSubmatchIndex(text, -1)
	if len(found) == 0 {
		return text
	}
	var b strings.Builder
	at := 0
	for _, m := range found {
		if m[2] < at || strings.HasPrefix(text[m[2]:], hidden) {
			continue
		}
		b.WriteString(text[at:m[2]])
		b.WriteString(hidden)
		at = m[3]
	}
	b.WriteString(text[at:])
	return b.String()
}
