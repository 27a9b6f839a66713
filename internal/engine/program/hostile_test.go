package program

import (
	"strings"
	"testing"
	"time"

	"ttpctl/internal/engine/shell"
)

// TestHostileLines holds lines that are meant to cost time to their bounds. None needs more than a few milliseconds; the allowance is for a busy machine.
func TestHostileLines(t *testing.T) {
	fill := func(s string) string { return strings.Repeat(s, (64<<10)/len(s)) }
	p, a := shell.NewParser(), table(t).NewAnalyzer()
	for name, line := range map[string]string{
		"kills":          fill("kill $(pidof a);"),
		"piped kills":    "ps|" + fill("grep a|") + "xargs kill",
		"kills fed":      fill("a|xargs kill|"),
		"find xargs":     fill("find a|xargs rm;"),
		"finds":          fill("find|") + fill("xargs rm|"),
		"find exec":      "find " + fill("a ") + fill("-exec rm {} ; "),
		"names":          "find " + fill("a ") + fill("-name b ") + "-delete",
		"operands":       "rm " + fill("a "),
		"same":           "cat " + fill("a ") + fill("b "),
		"redirections":   fill(">a<b>c "),
		"lone":           fill(">a;"),
		"pipes":          fill("a|"),
		"subshells":      strings.Repeat("(cd a;", 60) + "b" + strings.Repeat(")", 60),
		"cd":             fill("cd ..;cd a;"),
		"long path":      "cat " + fill("a/../"),
		"deep path":      "cat " + fill("a/"),
		"tcp":            fill("exec 3<>/dev/tcp/a/1;cat <&3;"),
		"curl":           "curl " + fill("-d a ") + fill("-o b ") + fill("http://a/ "),
		"globs":          fill("/b?n/c?t;"),
		"python":         fill("python -c a;"),
		"wrappers":       fill("sudo "),
		"useradd groups": "useradd -G " + fill("a,") + " b",
		"crontab":        "echo -e '" + fill(`a\n`) + "' | crontab -",
		"chpasswd":       "echo -e '" + fill(`a:b\n`) + "' | chpasswd",
		"expansions":     fill("cat $(a)/$b;"),
	} {
		t.Run(name, func(t *testing.T) {
			var v shell.View
			var l Line
			p.Parse(line, &v)
			took := time.Hour
			for try := 0; try < 3 && took > time.Second; try++ { // others may have had the processor
				start := time.Now()
				a.Analyze(&v, "/tmp", &l)
				took = min(took, time.Since(start))
			}
			if took > time.Second {
				t.Errorf("Analyze of %d bytes took %v", len(line), took)
			} else {
				t.Logf("%v, %d commands", took, len(l.Commands))
			}
			checkLine(t, name, &v, &l)
		})
	}
}
