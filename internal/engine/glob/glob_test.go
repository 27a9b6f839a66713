package glob

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

func TestPathMatch(t *testing.T) {
	tests := []struct {
		pattern, target string
		typed, want     bool
	}{
		{"/etc/shadow", "/etc/shadow", false, true},
		{"/etc/shadow", "/etc/shadow-", false, false},
		{"/etc/shadow", "./shadow", false, false},
		{"/etc/shadow", "./etc/shadow", false, false},
		{"shadow", "/etc/shadow", false, true},
		{"shadow", "./shadow", false, true},
		{"*.html", "./a.html", false, true},
		{"*.html", "/srv/.a.html", false, true},
		{"*.html", "/a.html/x", false, false},
		{"/etc/*", "/etc/x", false, true},
		{"/etc/*", "/etc/x/y", false, false},
		{"/etc/**", "/etc/x/y", false, true},
		{"/etc/**", "/etc", false, true},
		{"/etc/**", "/etcetera", false, false},
		{"/var/**/*.log", "/var/x.log", false, true},
		{"/var/**/*.log", "/var/a/b/x.log", false, true},
		{"/var/**/*.log", "/var/a/b/x.log/y", false, false},
		{"**/.ssh/**", "~/.ssh/id_rsa", false, true},
		{".ssh/authorized_keys", "/srv/git/.ssh/authorized_keys", false, true},
		{".ssh/authorized_keys", "./.ssh/authorized_keys", false, true},
		{".ssh/authorized_keys", "./a.ssh/authorized_keys", false, false},
		{"~/.ssh/authorized_keys", "~/.ssh/authorized_keys", false, true},
		{"~/.ssh/authorized_keys", "./.ssh/authorized_keys", false, true},
		{"~/.ssh/authorized_keys", "/etc/.ssh/authorized_keys", false, false},
		{"~/**", "./x", false, false},
		{"~/**", "~/x/y", false, true},
		{"~/.bash_history", "./.bash_history", false, true},
		{"/var/log/**", "/var/log/*", true, true},
		{"/etc/shadow", "/etc/sh*ow", true, true},
		{"/etc/shadow", "/etc/sh*ow", false, false},
		{"/etc/shadow", "/???/shadow", true, true},
		{"/etc/shadow", "/etc/s*w", true, false},
		{"/etc/shadow", "/etc/*", true, false},
		{"/etc/shadow", "/var/sh*ow", true, false},
		{"shadow", "/etc/sha?ow", true, true},
		{"~/.bash_history", "./.bash_his*", true, true},
		{"/tmp/?", "/tmp/\u00e9", false, true},
		{"-", "-", false, true},
		{"/tmp/**", "-", false, false},
		{"~", "~", false, true},
		{"/", "/", false, true},
	}
	for _, tt := range tests {
		p, err := ParsePath(tt.pattern)
		if err != nil {
			t.Fatalf("ParsePath(%q) = %v", tt.pattern, err)
		}
		if w := NewWord(tt.target, tt.typed); p.Match(&w) != tt.want {
			got := !tt.want
			t.Errorf("ParsePath(%q).Match(%q, %v) = %v, want %v", tt.pattern, tt.target, tt.typed, got, tt.want)
		}
	}
}

func TestParsePathRefuses(t *testing.T) {
	tests := []struct {
		pattern string
		want    error
	}{
		{"", ErrEmpty}, {"./", ErrEmpty}, {"*", ErrEverything}, {"**", ErrEverything}, {"**/*", ErrEverything}, {"/**", ErrEverything},
		{"/etc/", ErrSlash}, {"/etc//x", ErrUnclean}, {"/etc/../x", ErrUnclean}, {"/etc/./x", ErrUnclean},
		{"/root/.ssh/x", ErrHome}, {"/home/*/x", ErrHome}, {"/dev/null", ErrDevice}, {strings.Repeat("x", 600), ErrLong}, {strings.Repeat("**/x", 5), ErrLong},
	}
	for _, tt := range tests {
		if _, err := ParsePath(tt.pattern); !errors.Is(err, tt.want) {
			t.Errorf("ParsePath(%q) = %v, want %v", tt.pattern, err, tt.want)
		}
	}
}

func TestNameMatch(t *testing.T) {
	tests := []struct {
		pattern, word string
		want          bool
	}{
		{"xmrig", "xmrig", true}, {"xmrig*", "xmrig-6", true}, {"*.evil.test", "a.b.evil.test", true}, {"*.evil.test", "evil.test", false},
		{"http://*/x", "http://h/a/b/x", true}, {"", "", true}, {"", "x", false}, {"a?c", "abc", true},
	}
	for _, tt := range tests {
		n, err := ParseName(tt.pattern)
		if err != nil {
			t.Fatalf("ParseName(%q) = %v", tt.pattern, err)
		}
		if got := n.Match(tt.word); got != tt.want {
			t.Errorf("ParseName(%q).Match(%q) = %v, want %v", tt.pattern, tt.word, got, tt.want)
		}
	}
	if _, err := ParseName("*"); !errors.Is(err, ErrEverything) {
		t.Errorf("ParseName(*) = %v, want %v", err, ErrEverything)
	}
}

// A word of very many wildcards costs no more than it is long: each of its **/ may
// stand for nothing, and were all ways to choose tried, this would not end.
func TestHostileWord(t *testing.T) {
	p, err := ParsePath("/usr/lib/systemd/system/shadow")
	if err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]bool{
		"/" + strings.Repeat("**/", 4000) + "shado?": true, "/" + strings.Repeat("**/", 4000) + "*shado": false, "/" + strings.Repeat("****/", 4000) + "z/shado*": false,
	} {
		if w := NewWord(word, true); p.Match(&w) != want {
			t.Errorf("%s matches %.20s: %v, want %v", p, word, !want, want)
		}
	}
}

// asRegexp is another way to say what wild does.
func asRegexp(pattern string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for i := 0; i < len(pattern); i++ {
		switch {
		case strings.HasPrefix(pattern[i:], "**/") && (i == 0 || pattern[i-1] == '/'):
			b.WriteString(`(?:.*/)?`)
			i += 2
		case strings.HasPrefix(pattern[i:], "**"):
			b.WriteString(`.*`)
			i++
		case pattern[i] == '*':
			b.WriteString(`[^/]*`)
		case pattern[i] == '?':
			b.WriteString(`[^/]`)
		default:
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	return regexp.MustCompile(b.String() + `\z`)
}

func FuzzWild(f *testing.F) {
	for _, s := range [][2]string{{"/var/**/*.log", "/var/a/x.log"}, {"**/a*b**", "x/acb/d"}, {"a*b*c", "abbc"}, {"**a/*b", "xa/a/cb"}, {"*/**/?", "a/b"}, {"**ab**", "/ab/"}, {"*ab*", "bab"}, {"*ab*", "/ab"}, {"a*b", "ab/b"}, {"a**b", "ab/b"}, {"a**/b", "ab"}} {
		f.Add(s[0], s[1])
	}
	clean := func(s string) bool {
		return strings.Trim(s, "ab/*?") == "" && len(s) < 20 && !strings.Contains(s, "***")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if !clean(pattern) || !clean(text) || isWild(text) {
			t.Skip()
		}
		p, want := patternOf(pattern), asRegexp(pattern).MatchString(text)
		if got := wild(pattern, text); got != want {
			t.Errorf("wild(%q, %q) = %v, want %v", pattern, text, got, want)
		}
		if got := p.matches(text); got != want {
			t.Errorf("patternOf(%q).matches(%q) = %v, want %v", pattern, text, got, want)
		}
	})
}

// FuzzEnds: a path that lacks the head or the tail of a pattern is none of its paths.
func FuzzEnds(f *testing.F) {
	for _, s := range [][2]string{{"/var/**", "/var"}, {"/var/**/x", "/var/x"}, {"**/**/x", "x"}, {"~/a/b", "./a/b"}, {"a/*.b", "/c/a/x.b"}, {"*.png", "/a/b.png"}, {"~/**/.x", "~/.x"}, {"/", "/"}, {"-", "-"}, {"~/a/**", "./a"}, {"/a?", "/ab"}, {"/**/b", "/b"}, {"./a/**/b", "a/b"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, pattern, target string) {
		p, err := ParsePath(pattern)
		if err != nil {
			t.Skip()
		}
		slow := *p
		slow.head, slow.tail = "", ""
		for _, typed := range []bool{false, true} {
			w := NewWord(target, typed)
			if got, want := p.Match(&w), slow.Match(&w); got != want {
				t.Errorf("Match(%q, %q, typed %v) = %v, without head %q and tail %q %v", pattern, target, typed, got, p.head, p.tail, want)
			}
		}
	})
}
