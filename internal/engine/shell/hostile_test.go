package shell

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

// hostile are lines meant to cost time, memory or stack.
func hostile() map[string]string {
	const n = MaxTree // the parser is the dearest reader
	deep := "id"
	for range 12 {
		deep = "sh -c '" + strings.ReplaceAll(deep, "'", `'\''`) + "'"
	}
	fill := func(s string) string { return strings.Repeat(s, n/len(s)) }
	return map[string]string{
		"substitutions":       strings.Repeat("$(", 10000),
		"quoted substitution": fill(`"$(`),
		"parentheses":         fill("("),
		"closed parentheses":  fill("(") + fill(")"),
		"braces":              fill("{ "),
		"brackets":            fill("[["),
		"backticks":           fill("`"),
		"escaped backticks":   fill("`\\"),
		"parameters":          fill("${a:-"),
		"arithmetic":          "echo $((" + fill("1+") + "1))",
		"unary":               "echo $((" + fill("-") + "1))",
		"unary spaced":        "echo $((" + fill("! ") + "1))",
		"power":               "echo $((" + fill("1**") + "1))",
		"ternary":             "echo $((" + fill("1?1:") + "1))",
		"arith assign":        "echo $((" + fill("a=") + "1))",
		"negated test":        "[[ " + fill("! ") + "a ]]",
		"and test":            "[[ " + fill("a && ") + "a ]]",
		"negations":           fill("! "),
		"pipe":                fill("a|"),
		"and":                 fill("a&&"),
		"if":                  fill("if "),
		"else":                "if a; then b; " + fill("elif a; then b; ") + "fi",
		"time":                fill("time "),
		"functions":           fill("f()"),
		"coproc":              fill("coproc "),
		"sudo":                fill("sudo "),
		"separators":          fill("a;"),
		"words":               fill("a "),
		"redirections":        fill(">a "),
		"here-documents":      fill("<<a "),
		"here-document lines": fill("a <<b\n"),
		"assignments":         fill("a=b "),
		"doubling variable":   "a=xxxxxxxx;" + strings.Repeat("a=$a$a;", 1000) + "echo " + fill("$a"),
		"variable words":      "a=" + strings.Repeat("x", 4000) + ";echo " + fill("$a "),
		"variables":           variables(),
		"brace expansion":     fill("{a,"),
		"brace words":         "{" + fill("a,") + "b}",
		"brace product":       fill("{a,b}"),
		"open quote":          fill("'a' ") + "'",
		"open double":         fill(`"a" `) + `"`,
		"many open doubles":   fill("\"\n"),
		"binary":              fill("\x00\x80\xff\x1b"),
		"newlines":            fill("\n"),
		"backslashes":         fill("\\"),
		"fork bomb":           fill(":(){ :|:& };:"),
		"eval self":           "x='eval $x; eval $x'; eval $x",
		"eval eval":           fill("eval "),
		"eval doubling":       `e='eval "$e";eval "$e"';eval "$e"`,
		"nested sh":           deep,
		"sh of sh":            strings.Repeat("echo 'sh -c \"a;a;a;a\"' | sh;", 2000),
		"base64":              "echo " + base64.StdEncoding.EncodeToString([]byte(fill("a;"))) + " | base64 -d | sh",
		"base64 each":         strings.Repeat("echo YTthO2E7YQ== | base64 -d | sh;", 2000),
		"printf":              "printf '%s' " + fill("a ") + "| sh",
		"printf format":       "printf '" + strings.Repeat("a", 1000) + "%s' " + fill("a ") + "| sh",
		"echo each":           "$(" + fill("echo a;") + ")",
		"find":                "find " + fill("-exec a ; "),
		"case":                "case a in " + fill("a|") + "a) b;; esac",
		"array":               "a=(" + fill("b ") + ")",
		"megabyte":            strings.Repeat("wget http://192.0.2.1/a; ", 40000),
		"large":               strings.Repeat("a|", MaxInput/2),
		"large quotes":        strings.Repeat("a 'b' \"c\" $x;", MaxInput/16),
		"large substitutions": strings.Repeat("$(a) ", MaxInput/5),
		"process":             fill("<(a) "),
		"xargs holes":         "echo " + fill("a ") + "| xargs -I% sh -c '" + fill("%") + "'",
		"xargs words":         "echo " + fill("a ") + "| (" + fill("xargs b;") + "b)",
		"seen":                "sh -c '" + fill("$(a) ") + "'",
	}
}

func variables() string {
	var b strings.Builder
	for i := range 5000 {
		b.WriteString("v" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + "=1;")
	}
	return b.String() + "$v"
}

// TestHostileLines holds every hostile line to the bounds and to a time. None needs more than a few milliseconds; the allowance is for a
// busy machine and the race detector.
func TestHostileLines(t *testing.T) {
	p := NewParser()
	for name, line := range hostile() {
		t.Run(name, func(t *testing.T) {
			var v View
			start := time.Now()
			p.Parse(line, &v)
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("Parse of %d bytes took %v", len(line), took)
			} else {
				t.Logf("%s: %v, %d commands, truncated %v", name, took, len(v.Commands), v.Truncated)
			}
			checkBounds(t, name, &v)
			if len(line) > MaxInput && !v.Truncated {
				t.Errorf("Parse of %d bytes: Truncated = false, want true", len(line))
			}
		})
	}
}

// TestGrowth holds what a line makes of itself to a multiple of its length: rules are run on all of it.
func TestGrowth(t *testing.T) {
	doubled := strings.Repeat("x=$x$x$x$x;", 4)
	p := NewParser()
	for name, line := range map[string]string{
		"eval":              `x="a;a;a;a;a;a;a;a;";` + doubled + `eval "$x"; eval "$x"`,
		"echo":              "x=aaaaaaaaaaaaaaaa;" + doubled + "echo " + strings.Repeat("$x", 16) + "|sh",
		"wrappers":          strings.Repeat("sudo ", MaxPeel) + strings.Repeat("a", 400),
		"doubled, wrappers": "x=aaaaaaaaaaaaaaaa;" + doubled + strings.Repeat("sudo ", MaxPeel-1) + strings.Repeat("$x", 16),
		"shells":            strings.Repeat("sh -c 'eval a;", 40),
		"xargs":             "echo " + strings.Repeat("a ", 40) + "|xargs -I% sh -c '" + strings.Repeat("%", 60) + "'",
		"decoders":          "echo " + strings.Repeat("aGkK", 30) + strings.Repeat("|base64 -d|tee", 9) + "|sh",
	} {
		var v View
		p.Parse(line, &v)
		size := 0
		for _, c := range v.Commands {
			size += len(c.Text)
		}
		if most := (1+2*growth+growth/2)*len(line) + 5*growthBase; size > most {
			t.Errorf("%s: %d bytes make commands of %d bytes, want at most %d", name, len(line), size, most)
		}
	}
}
