package escape

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTerminal(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "wget http://x/a.sh", "wget http://x/a.sh"},
		{"empty", "", ""},
		{"unicode", "naïve 日本 ü", "naïve 日本 ü"},
		{"backslash", `C:\x\n`, `C:\x\n`},
		{"escape sequence", "\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
		{"title", "\x1b]0;t\a", `\x1b]0;t\a`},
		{"line ends", "a\r\nb\tc", `a\r\nb\tc`},
		{"nul and del", "a\x00b\x7f", `a\x00b\x7f`},
		{"c1", "a\u009bb", `a\u{9b}b`},
		{"bidi override", "a\u202eb", `a\u{202e}b`},
		{"bidi isolate", "\u2066", `\u{2066}`},
		{"zero width", "pass\u200bwd", `pass\u{200b}wd`},
		{"byte order mark", "\ufeffa", `\u{feff}a`},
		{"soft hyphen", "a\u00adb", `a\u{ad}b`},
		{"no-break space", "a\u00a0b", `a\u{a0}b`},
		{"line separator", "a\u2028b", `a\u{2028}b`},
		{"hangul filler", "a\u3164b", `a\u{3164}b`},
		{"tag", "a\U000e0041b", `a\u{e0041}b`},
		{"variation selector", "a\ufe0fb", `a\u{fe0f}b`},
		{"private use", "a\ue000", `a\u{e000}`},
		{"invalid", "a\xffb\xc3", `a\xffb\xc3`},
		{"replacement character", "a\uFFFDb", "a\uFFFDb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Terminal(tt.in); got != tt.want {
				t.Errorf("Terminal(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestCut(t *testing.T) {
	tests := []struct {
		name  string
		in    string
		width int
		want  string
	}{
		{"fits", "abc", 3, "abc"},
		{"cut", "abcd", 3, "ab…"},
		{"one cell", "abcd", 1, "…"},
		{"no cell", "abcd", 0, ""},
		{"negative", "abcd", -1, ""},
		{"empty", "", 5, ""},
		{"wide fits", "日本", 4, "日本"},
		{"wide cut", "日本語", 4, "日…"},
		{"wide at the edge", "日本語", 5, "日本…"},
		{"escape needs the ellipsis's cell", "a\x1bbcd", 5, "a…"},
		{"escape not split", "ab\x1b[31m", 5, "ab…"},
		{"combining", "e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"},
		{"invalid", "\xff\xff", 4, "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Cut(tt.in, tt.width); got != tt.want {
				t.Errorf("Cut(%q, %d) = %q, want %q", tt.in, tt.width, got, tt.want)
			}
		})
	}
}

func TestCutBoundsBytes(t *testing.T) {
	marks := "e" + strings.Repeat("\u0301", 1<<20)
	if got := Cut(marks, 10); len(got) > 1000 {
		t.Errorf("Cut(e and %d marks, 10) has %d bytes, want at most 1000", 1<<20, len(got))
	}
	if got := Cut(strings.Repeat("a", 1<<24), 8); got != "aaaaaaa…" {
		t.Errorf("Cut(16 MiB, 8) = %q, want aaaaaaa…", got)
	}
}

func TestCSV(t *testing.T) {
	tests := []struct{ in, want string }{
		{"uname -a", "uname -a"},
		{"", ""},
		{"=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"},
		{"+1", "'+1"}, {"-1+2", "'-1+2"}, {"@SUM(1)", "'@SUM(1)"},
		{"\t=1", `\t=1`}, {"\r=1", `\r=1`}, {"\n=1", `\n=1`},
		{"a\x1b[2J\u009b\u202eb\r\n", `a\x1b[2J\u{9b}\u{202e}b\r\n`},
		{"  =1", "'  =1"},
		{"＝1", "'＝1"},
		{"a=1", "a=1"},
		{"a\xffb", "a\uFFFDb"},
	}
	for _, tt := range tests {
		if got := CSV(tt.in); got != tt.want {
			t.Errorf("CSV(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestJSON(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":"b"}`:                          `{"a":"b"}`,
		"{\"a\":\"\u009b\u202e\U000e0041\"}": `{"a":"\u009b\u202e\udb40\udc41"}`,
	} {
		if got := JSON(in); got != want || CSV(got) != got {
			t.Errorf("JSON(%q) = %q, want %q", in, got, want)
		}
		var before, after any
		if json.Unmarshal([]byte(in), &before) != nil || json.Unmarshal([]byte(JSON(in)), &after) != nil || !reflect.DeepEqual(before, after) {
			t.Errorf("JSON(%q) is another document", in)
		}
	}
}

func TestWorkflow(t *testing.T) {
	tests := []struct{ in, data, property string }{
		{"plain", "plain", "plain"},
		{"a\n::error::b", "a%0A::error::b", `a\n%3A%3Aerror%3A%3Ab`},
		{"50%\r", "50%25%0D", `50%25\r`},
		{"a,b:c", "a,b:c", "a%2Cb%3Ac"},
		{"%0A", "%250A", "%250A"},
		{"\x1b[2J", `\x1b[2J`, `\x1b[2J`},
		{"\xff", `\xff`, `\xff`},
	}
	for _, tt := range tests {
		if got := WorkflowData(tt.in); got != tt.data {
			t.Errorf("WorkflowData(%q) = %q, want %q", tt.in, got, tt.data)
		}
		if got := WorkflowProperty(tt.in); got != tt.property {
			t.Errorf("WorkflowProperty(%q) = %q, want %q", tt.in, got, tt.property)
		}
	}
}

func TestXML(t *testing.T) {
	tests := []struct{ in, want string }{
		{"a < b & c", "a < b & c"},
		{"a\n\tb\r", "a\n\tb\r"},
		{"\x1b[31m\x00", `\x1b[31m\x00`},
		{"\u0085\ufffe\uffff", `\u{85}\u{fffe}\u{ffff}`},
		{"\xff", `\xff`},
		{"日本\U0001f600", "日本\U0001f600"},
	}
	for _, tt := range tests {
		if got := XML(tt.in); got != tt.want {
			t.Errorf("XML(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestSafeTextIsNotCopied(t *testing.T) {
	s := strings.Repeat("find / -perm -4000 日本 ", 4)
	for name, f := range map[string]func(string) string{"Terminal": Terminal, "CSV": CSV, "XML": XML} {
		if n := testing.AllocsPerRun(10, func() { f(s) }); n != 0 {
			t.Errorf("%s allocates %v times on safe text, want 0", name, n)
		}
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "a", "\x1b[31m", "=1", "\u202e", "\xff\xfe", "e\u0301", "日本", "a\n::b", "🇩🇪👩\u200d👩"} {
		f.Add(s, 7)
	}
	f.Fuzz(func(t *testing.T, s string, width int) {
		shown := Terminal(s)
		for _, r := range shown {
			if !visible(r) {
				t.Errorf("Terminal(%q) holds %U", s, r)
			}
		}
		if again := Terminal(shown); again != shown {
			t.Errorf("Terminal(Terminal(%q)) = %q, want %q", s, again, shown)
		}
		width %= 200
		if cut := Cut(s, width); Width(cut) > max(width, 0) {
			t.Errorf("Cut(%q, %d) = %q, %d cells wide", s, width, cut, Width(cut))
		}
		if c := CSV(s); c != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(c)[0]) {
			t.Errorf("CSV(%q) = %q", s, c)
		}
		if d := WorkflowData(s); strings.ContainsAny(d, "\r\n\x1b") || !utf8.ValidString(d) {
			t.Errorf("WorkflowData(%q) = %q", s, d)
		}
		if p := WorkflowProperty(s); strings.ContainsAny(p, "\r\n\x1b:,") || !utf8.ValidString(p) {
			t.Errorf("WorkflowProperty(%q) = %q", s, p)
		}
		checkXML(t, s)
	})
}

// checkXML asserts that a parser accepts XML(s) and reads back what went in.
func checkXML(t *testing.T, s string) {
	t.Helper()
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(XML(s))); err != nil {
		t.Fatalf("EscapeText(XML(%q)): %v", s, err)
	}
	var got strings.Builder
	for d := xml.NewDecoder(strings.NewReader("<a>" + b.String() + "</a>")); ; {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("XML(%q) does not parse: %v", s, err)
		}
		if text, ok := tok.(xml.CharData); ok {
			got.Write(text)
		}
	}
	if got.String() != XML(s) {
		t.Errorf("XML(%q) reads back as %q, want %q", s, got.String(), XML(s))
	}
}
