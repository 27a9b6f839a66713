package rules_test

import (
	"encoding/base64"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A variant is one way to type a command line differently with the same
// effect. It returns false where that makes no sense.
type variant struct {
	name  string
	write func(line string) (string, bool)
}

// variants are the twelve of the issue.
var variants = []variant{
	{"absolute path", func(line string) (string, bool) { return eachCommand(line, absolutePath) }},
	{"quotes in the word", func(line string) (string, bool) { return eachCommand(line, quotesInside) }},
	{"${IFS}", func(line string) (string, bool) { return eachCommand(line, blanks("${IFS}")) }},
	{"busybox", func(line string) (string, bool) { return eachCommand(line, applet) }},
	{"sudo", func(line string) (string, bool) { return eachCommand(line, sudo) }},
	{"chained", func(line string) (string, bool) { return "cd /tmp; " + line + after(line, " && ls"), true }},
	{"sh -c", func(line string) (string, bool) { return "sh -c " + quoted(line), true }},
	{"base64 to sh", func(line string) (string, bool) {
		return "echo " + base64.StdEncoding.EncodeToString([]byte(line)) + " | base64 -d | sh", true
	}},
	{"newlines", func(line string) (string, bool) { return "echo a\n" + line + "\npwd\n", true }},
	{"order of options", func(line string) (string, bool) { return eachCommand(line, optionOrder) }},
	{"tabs", func(line string) (string, bool) { return eachCommand(line, blanks("\t")) }},
	{"trailing operator", func(line string) (string, bool) { return line + after(line, " &"), true }},
}

// after returns what can follow line: nothing can follow the end of a
// here-document on its line.
func after(line, tail string) string {
	if strings.Contains(line, "<<") {
		return "\n" + strings.TrimLeft(tail, " &")
	}
	return tail
}

// quoted returns s as one word of a shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// An edit replaces the bytes from start to end.
type edit struct {
	start, end int
	text       string
}

// eachCommand applies change to every simple command of line; false when line
// is no bash or nothing changes.
func eachCommand(line string, change func(line string, words []*syntax.Word) []edit) (string, bool) {
	file, err := syntax.NewParser().Parse(strings.NewReader(line), "")
	if err != nil {
		return "", false
	}
	var edits []edit
	syntax.Walk(file, func(n syntax.Node) bool {
		if c, ok := n.(*syntax.CallExpr); ok && len(c.Args) > 0 && c.Args[0].Lit() != "" {
			edits = append(edits, change(line, c.Args)...)
		}
		return true
	})
	slices.SortStableFunc(edits, func(a, b edit) int { return b.start - a.start })
	for _, e := range edits {
		line = line[:e.start] + e.text + line[e.end:]
	}
	return line, len(edits) > 0
}

func bounds(w *syntax.Word) (start, end int) {
	return int(w.Pos().Offset()), int(w.End().Offset())
}

// builtins have no file and no sudo.
var builtins = strings.Fields("cd exec eval set unset export history shopt source . trap read test [ echo printf exit wait while setenv : true false command CONFIG")

func external(name string) bool {
	return !strings.ContainsAny(name, "/$=") && !slices.Contains(builtins, name)
}

func absolutePath(line string, words []*syntax.Word) []edit {
	if name := words[0].Lit(); external(name) {
		start, _ := bounds(words[0])
		return []edit{{start, start, "/usr/bin/"}}
	}
	return nil
}

func quotesInside(line string, words []*syntax.Word) []edit {
	name := words[0].Lit()
	if len(name) < 2 || strings.ContainsAny(name, `/\=$`) {
		return nil
	}
	start, _ := bounds(words[0])
	return []edit{{start + 1, start + 1, "''"}}
}

// blanks replaces what stands between the words of a command.
func blanks(with string) func(string, []*syntax.Word) []edit {
	return func(line string, words []*syntax.Word) []edit {
		var edits []edit
		for i := 1; i < len(words); i++ {
			_, end := bounds(words[i-1])
			start, _ := bounds(words[i])
			if strings.Trim(line[end:start], " ") == "" && words[0].Lit() != "[" {
				edits = append(edits, edit{end, start, with})
			}
		}
		return edits
	}
}

// applets are those of BusyBox 1.36 that the examples use.
var applets = strings.Fields("adduser arch arp awk base64 bash cat chmod cp crontab cut dd egrep fgrep find ftpget grep head id ifconfig ip last less ln lsof mkfifo mknod more mv nc netstat nl nohup od rm route sed sh shred sort tail tee tftp truncate uname unlink users w wget who whoami xxd")

func applet(line string, words []*syntax.Word) []edit {
	if slices.Contains(applets, words[0].Lit()) {
		start, _ := bounds(words[0])
		return []edit{{start, start, "busybox "}}
	}
	return nil
}

func sudo(line string, words []*syntax.Word) []edit {
	if external(words[0].Lit()) {
		start, _ := bounds(words[0])
		return []edit{{start, start, "sudo -n "}}
	}
	return nil
}

// flags are the options without a value, by command.
var flags = map[string]string{
	"uname": "asnrvmpio", "netstat": "tulpnaerW", "ss": "tulpnaes", "rm": "rfvi", "ls": "laRht", "id": "ungrG", "lsb_release": "aidrcs", "ifconfig": "asv",
	"arp": "anev", "route": "nev", "history": "cw", "shred": "uzv", "ln": "sfn", "curl": "fsSLOkJ", "wget": "qcN", "lsof": "nPl", "who": "abq", "rsync": "avzrP", "nc": "lnvzku",
	"crontab": "ei", "useradd": "mMoNrU", "sudo": "nHE", "smbclient": "N", "ps": "aef",
}

// optionOrder turns the first run of options without values around and takes
// clusters apart: -sm becomes -m -s.
func optionOrder(line string, words []*syntax.Word) []edit {
	known := flags[words[0].Lit()]
	var letters []byte
	first, last := 0, 0
	for i, w := range words[1:] {
		opt := w.Lit()
		if len(opt) < 2 || opt[0] != '-' || strings.Trim(opt[1:], known) != "" {
			if first > 0 {
				break
			}
			continue
		}
		if first == 0 {
			first = i + 1
		}
		last = i + 1
		letters = append(letters, opt[1:]...)
	}
	if len(letters) < 2 {
		return nil
	}
	slices.Reverse(letters)
	var out []string
	for _, c := range letters {
		out = append(out, "-"+string(c))
	}
	start, _ := bounds(words[first])
	_, end := bounds(words[last])
	return []edit{{start, end, strings.Join(out, " ")}}
}
