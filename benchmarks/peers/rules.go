package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// common are words of which many command lines have one: rules that share them are
// asked often, as those of real packs are.
var common = []string{"wget", "curl", "chmod", "/tmp", "echo", "cat", "rm -rf", "busybox", "/etc/", "sh", "bash", "find", "grep", "ls", "uname", "/bin/"}

// A writer of patterns is a source of random ones.
type patterns struct{ *rand.Rand }

func (p patterns) word() string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	w := make([]byte, 4+p.IntN(5))
	for i := range w {
		w[i] = letters[p.IntN(len(letters))]
	}
	return string(w)
}

// golden spreads the forms of patterns evenly over any number of them.
const golden = 0.6180339887498949

// pattern returns the i-th. An eighth hold nothing but common words, so that a part of
// the events match some rule, however few these are.
func (p patterns) pattern(i int) string {
	_, r := math.Modf(float64(i) * golden)
	c := common[p.IntN(len(common))]
	path := c[0] == '/'
	switch {
	case r < .12 && path:
		return fmt.Sprintf(`%s\S*[0-9]{%d,}\b`, c, 2+p.IntN(3))
	case r < .12:
		return fmt.Sprintf(`\b%s\s+-[a-z]{1,%d}\s+\S*[0-9]{%d,}`, c, 2+p.IntN(3), 1+p.IntN(3))
	case r < .30 && path:
		return fmt.Sprintf(`(?i)%s\S*%s`, c, p.word())
	case r < .30:
		return fmt.Sprintf(`(?i)\b%s\b.*\b%s\b`, c, p.word())
	case r < .50:
		return fmt.Sprintf(`/(?:tmp|var|dev/shm)/%s(?:\.sh|\.py)?\b`, p.word())
	case r < .70:
		return fmt.Sprintf(`\b(?:%s|%s)\s+-[a-z]+`, p.word(), p.word())
	case r < .85:
		return fmt.Sprintf(`^%s(?:\s|$)`, p.word())
	}
	return fmt.Sprintf(`(?i)%s\.(?:com|net|org)/[a-z0-9]+`, p.word())
}

// writeRules writes n rules into dir, one a file, and their patterns, one a line,
// beside it: for others (.txt), for grep (.ere) and for ripgrep (.rg), which
// joins them, so that a (?i) must not reach into the next.
func writeRules(dir string, n int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	p := patterns{rand.New(rand.NewPCG(3, 1))}
	var plain, extended, grouped strings.Builder
	for i := range n {
		pattern := p.pattern(i)
		fmt.Fprintln(&plain, pattern)
		fmt.Fprintln(&extended, posix(pattern))
		fmt.Fprintf(&grouped, "(?:%s)\n", pattern)
		rule := fmt.Sprintf("rule_id: R%d\nrule_version: 1\nname: generated_%d\ndescription: generated\napplies_to: [command]\nmatch: {pattern: '%s'}\nemits:\n  - {tactic: TA0007, technique_id: T1082, confidence: 0.7}\n",
			50000+i, i, pattern)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("R%d.yaml", 50000+i)), []byte(rule), 0o644); err != nil {
			return err
		}
	}
	for suffix, text := range map[string]string{".txt": plain.String(), ".ere": extended.String(), ".rg": grouped.String()} {
		if err := os.WriteFile(dir+suffix, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// posix spells a pattern for grep -E, which has neither (?:) nor (?i).
func posix(pattern string) string {
	folded := strings.HasPrefix(pattern, "(?i)")
	pattern = strings.ReplaceAll(strings.TrimPrefix(pattern, "(?i)"), "(?:", "(")
	if !folded {
		return pattern
	}
	var b strings.Builder
	class := false
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == '\\':
			b.WriteString(pattern[i : i+2])
			i++
			continue
		case c == '[', c == ']':
			class = c == '['
		case class && c == 'z': // the end of a-z
			b.WriteString("zA-Z")
			continue
		case !class && 'a' <= c && c <= 'z':
			fmt.Fprintf(&b, "[%c%c]", c, c-'a'+'A')
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
