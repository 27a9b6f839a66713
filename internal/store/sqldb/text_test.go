package sqldb

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// What is escaped is text that a server holds, and comes back as it was.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "plain", "a\x00b", "\xff|'--", mark, mark + "00", "ü 日本", "\x00" + mark + "zz\xc3", strings.Repeat("\x00", 500)} {
		f.Add(s, "other")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		e := Escape(a)
		if !utf8.ValidString(e) || strings.ContainsRune(e, 0) {
			t.Errorf("Escape(%q) = %q, which is no text", a, e)
		}
		if got := Unescape(e); got != a {
			t.Errorf("Unescape(Escape(%q)) = %q", a, got)
		}
		if (e == Escape(b)) != (a == b) {
			t.Errorf("%q and %q are escaped as %q and %q", a, b, e, Escape(b))
		}
		if k := Key(a); len(Escape(k)) > keySize || a != b && k == Key(b) || len(a) < keySize/12 && k != a || Key(k) != k {
			t.Errorf("Key(%q) = %q of %d bytes, Key(%q) = %q", a, k, len(Escape(k)), b, Key(b))
		}
	})
}

// Somebody else's text is not lost for looking like an escape.
func TestUnescapeForeign(t *testing.T) {
	t.Parallel()
	for _, s := range []string{mark, mark + "z", "a" + mark + "zz", mark + "0"} {
		if got := Unescape(s); got != s {
			t.Errorf("Unescape(%q) = %q, want it as it is", s, got)
		}
	}
}

func TestBind(t *testing.T) {
	t.Parallel()
	numbered := func(dst []byte, n int) []byte { return append(dst, '$', '0'+byte(n)) }
	plain := func(dst []byte, _ int) []byte { return append(dst, '?') }
	args := []any{"a", 2, "c\x00"}
	for name, c := range map[string]struct {
		d         Dialect
		statement string
		want      string
		args      []any
	}{
		"as it is":   {Dialect{}, `x = ?1 OR ?1 = ?`, `x = ?1 OR ?1 = ?`, args},
		"numbered":   {Dialect{Parameter: numbered}, `x = ?2 OR ?2 = ?1`, `x = $2 OR $2 = $1`, args},
		"in order":   {Dialect{Parameter: numbered}, `(?, ?, ?)`, `($1, $2, $3)`, args},
		"positional": {Dialect{Parameter: plain, Positional: true}, `?3 ?1 ?3`, `? ? ?`, []any{"c\x00", "a", "c\x00"}},
		"escaped":    {Dialect{Parameter: numbered, Escapes: true}, `?`, `$1`, []any{"a", 2, "c" + mark + "00"}},
		"rewritten":  {Dialect{Rewrite: strings.ToUpper}, `a ?`, `A ?`, args},
	} {
		statement, given := c.d.bind(c.statement, args)
		if statement != c.want || cmp.Diff(c.args, given) != "" {
			t.Errorf("%s: bind(%q) = %q, %q, want %q, %q", name, c.statement, statement, given, c.want, c.args)
		}
	}
	if args[2] != "c\x00" {
		t.Error("bind changed what it was given")
	}
}

func TestParseAddress(t *testing.T) {
	t.Parallel()
	getenv := func(name string) string { return map[string]string{PasswordVariable: "of the environment"}[name] }
	a, err := ParseAddress("postgres://tagger@db.example/ttp?sslrootcert=ca.pem", "5432", getenv)
	if err != nil || a.String() != "postgres://tagger@db.example:5432/ttp" || a.Password != "of the environment" || a.SSLMode() != "verify-full" {
		t.Errorf("ParseAddress() = %+v, %v", a, err)
	}
	for host, want := range map[string]string{"127.0.0.1": "prefer", "[::1]": "prefer", "localhost": "prefer", "192.0.2.1": "verify-full", "127.0.0.1.example": "verify-full"} {
		a, err := ParseAddress("mysql://"+host+"/ttp", "3306", getenv)
		if err != nil || a.SSLMode() != want {
			t.Errorf("%s: sslmode %s, %v, want %s", host, a.SSLMode(), err, want)
		}
	}
	if a, err := ParseAddress("mysql://h/ttp?sslmode=disable", "1", getenv); err != nil || a.SSLMode() != "disable" {
		t.Errorf("sslmode=disable gives %s, %v", a.SSLMode(), err)
	}
	for _, bad := range []string{"postgres://h", "postgres:///x", "postgres://h/a/b", "postgres://u:p@h/x", "postgres://h/x?password=p", "postgres://h/x?%zz", "postgres://h/x?password-file=/no/such/file"} {
		if _, err := ParseAddress(bad, "1", getenv); err == nil {
			t.Errorf("ParseAddress(%q): no error", bad)
		}
	}
}
