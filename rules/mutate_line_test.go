package rules_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// lineVariants hand the whole line to a shell in other ways.
func lineVariants() []variant {
	wrap := func(name, before string, encode func(string) string, behind string) variant {
		return variant{name, func(l *typed) (string, bool) { return before + encode(l.text) + behind, true }}
	}
	as := func(s string) string { return s }
	return []variant{
		wrap("sh -c", "sh -c ", quoted, ""),
		wrap("busybox sh -c", "busybox sh -c ", quoted, ""),
		wrap("nohup bash -c", "nohup bash -c ", quoted, " &"),
		wrap("eval", "eval ", quoted, ""),
		wrap("here-string", "bash <<< ", quoted, ""),
		wrap("here-document", "sh <<'E_N_D'\n", as, "\nE_N_D\n"),
		wrap("newlines", "echo a\n", as, "\npwd\n"),
		wrap("base64 to sh", "echo ", base64Text, " | base64 -d | sh"),
		wrap("base64 --decode to bash -s", "printf %s ", base64Text, " | base64 --decode | bash -s"),
		wrap("base64 to eval", `eval "$(echo `, base64Text, ` | base64 -d)"`),
		wrap("base64 of a here-string", "base64 -d <<< ", base64Text, " | sh"),
		wrap("base64 to bash -c", `bash -c "$(echo `, base64Text, ` | base64 -d)"`),
		wrap("base64 twice", "echo ", func(s string) string { return base64Text(base64Text(s)) }, " | base64 -d | base64 -d | sh"),
		wrap("openssl base64", "echo ", base64Text, " | openssl base64 -d -A | sh"),
		wrap("printf %b", "printf %b '", escapes(`\x%02x`), "' | sh"),
		wrap("$'..' to eval", "eval $'", escapes(`\x%02x`), "'"),
		wrap("$'..' to bash -c", "bash -c $'", escapes(`\%03o`), "'"),
		wrap("process substitution", "bash <(echo ", quoted, ")"),
		wrap("sourced", "source /dev/stdin <<< ", quoted, ""),
		wrap("sudo bash -c", "sudo bash -c ", quoted, ""),
		wrap("su -c", "su - root -c ", quoted, ""),
		wrap("echo to sh", "echo ", quoted, " | sh"),
		wrap("function", "f() {\n", as, "\n}; f"),
		wrap("file and run", "echo ", quoted, " > /tmp/.z; sh /tmp/.z"),
		wrap("printf of hex", "printf '", escapes(`\x%02x`), "' | sh"),
		wrap("printf of octal", "printf '", escapes(`\%03o`), "' | sh"),
		wrap("echo -e of hex", "echo -e '", escapes(`\x%02x`), "' | bash"),
		wrap("echo -ne of octal", "echo -ne '", escapes(`\0%03o`), "' | sh"),
		wrap("xxd", "echo ", hexText, " | xxd -r -p | sh"),
		wrap("xxd -r -ps", "echo '", hexText, "' | xxd -r -ps | bash"),
		{"chained", func(l *typed) (string, bool) { return "pwd; " + l.text + after(l.text, " && ls"), true }},
		{"trailing operator", func(l *typed) (string, bool) { return l.text + after(l.text, " &"), true }},
		{"subshell", func(l *typed) (string, bool) { return "( " + l.text + after(l.text, "") + ")", true }},
		{"if", func(l *typed) (string, bool) { return "if id; then " + l.text + after(l.text, "") + "\nfi", true }},
	}
}

func base64Text(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func hexText(s string) string { return hex.EncodeToString([]byte(s)) }

// escapes writes every byte of a line in one form.
func escapes(form string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&b, form, s[i])
		}
		return b.String()
	}
}
