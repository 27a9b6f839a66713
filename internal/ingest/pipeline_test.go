package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"ttpctl/internal/event"
	"ttpctl/internal/lines"
	"ttpctl/internal/rounds"
)

func TestMain(m *testing.M) {
	rounds.Roomy()
	rounds.InMemory()
	goleak.VerifyTestMain(m)
}

// tagEach is an evaluator that makes one tag of each event, so that order and
// content can be seen in the sink.
type tagEach struct{}

func (tagEach) Evaluate(dst []event.Tag, ev *event.Event) []event.Tag {
	return append(dst, event.Tag{SourceID: ev.SourceID, SourceKind: describe(ev)})
}

func newTagEach() Evaluator { return tagEach{} }

// result is everything a run gives that must not depend on chance.
type result struct {
	Tags       []string
	Rejections []Rejection
	Account    Account
}

func runAll(t *testing.T, cfg Config, inputs ...Input) result {
	t.Helper()
	var r result
	a, err := Run(t.Context(), inputs, cfg, newTagEach, func(b *Batch) error {
		for _, tag := range b.Tags {
			r.Tags = append(r.Tags, strings.Clone(tag.SourceKind))
		}
		r.Rejections = append(r.Rejections, b.Rejections...)
		return nil
	})
	if err != nil {
		t.Fatalf("Run() = %v", err)
	}
	r.Account = a
	return r
}

// mixedLog returns n lines of all sorts.
func mixedLog(n int) []byte {
	rng := rand.New(rand.NewPCG(3, 4))
	var log bytes.Buffer
	for i := range n {
		switch rng.IntN(12) {
		case 0:
			log.WriteString("\n")
		case 1:
			fmt.Fprintf(&log, "broken %d\n", i)
		case 2:
			fmt.Fprintf(&log, `{"source_kind":"kind-%d","source_id":"x","attacker_uuid":"A","payload":{}}`+"\n", rng.IntN(100))
		case 3:
			fmt.Fprintf(&log, `{"source_kind":"session","source_id":"s%d","attacker_ip":"192.0.2.1","payload":{"commands":["a","b",{"text":"c"}]}}`+"\n", i)
		case 4:
			log.WriteString(strings.Repeat("x", rng.IntN(5000)) + "\n")
		default:
			log.WriteString(eventLine(i) + "\n")
		}
	}
	return log.Bytes()
}

func mixedCowrie(n int) []byte {
	rng := rand.New(rand.NewPCG(5, 6))
	var log bytes.Buffer
	for i := range n {
		session, sensor := fmt.Sprint("s", rng.IntN(50)), fmt.Sprint("d", rng.IntN(3))
		switch rng.IntN(8) {
		case 0:
			log.WriteString(cowrieConnectLine(sensor, session, "ssh") + "\n")
		case 1:
			fmt.Fprintf(&log, `{"eventid":"cowrie.type.%d"}`+"\n", rng.IntN(100))
		case 2:
			log.WriteString("{broken\n")
		default:
			log.WriteString(cowrieInputLine(sensor, session, fmt.Sprintf("2026-03-18T13:28:%02dZ", rng.IntN(60)), fmt.Sprint("command ", i)) + "\n")
		}
	}
	return log.Bytes()
}

func TestRunSameForAnyWorkers(t *testing.T) {
	n := rounds.Of(t, 5000, 20_000)
	ttp, cowrie := mixedLog(n), mixedCowrie(n)
	inputs := func(chunked bool) []Input {
		var in []Input
		for i, log := range [][]byte{ttp, cowrie, ttp[:len(ttp)/2], nil, cowrie} {
			var r io.Reader = bytes.NewReader(log)
			if chunked {
				r = &choppy{r: r, rng: rand.New(rand.NewPCG(7, uint64(i)))}
			}
			in = append(in, Input{Name: fmt.Sprint("in", i), Reader: r})
		}
		return in
	}
	var want result
	for i, workers := range []int{1, 2, 8, 3} {
		got := runAll(t, Config{Workers: workers, MaxLine: 4000}, inputs(i%2 == 1)...)
		if i == 0 {
			want = got
			if len(want.Tags) < n || len(want.Rejections) < n/20 || want.Account.UnknownKinds.Other == 0 || len(want.Account.Empty) != 1 {
				t.Fatalf("the log does not test much: %d tags, %d rejections, %+v", len(want.Tags), len(want.Rejections), want.Account)
			}
			continue
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Tally{})); diff != "" {
			t.Errorf("%d workers give another result (-1 worker +%d):\n%.2000s", workers, workers, diff)
		}
	}
}

// choppy reads in pieces of random size.
type choppy struct {
	r   io.Reader
	rng *rand.Rand
}

func (c *choppy) Read(p []byte) (int, error) {
	return c.r.Read(p[:min(len(p), 1+c.rng.IntN(50_000))])
}

func TestRunStrict(t *testing.T) {
	text := eventLine(1) + "\n" + eventLine(2) + "\nbroken\n" + eventLine(3) + "\nbroken\n"
	cowrie := cowrieInputLine("d", "s", "2026-03-18T13:28:51Z", "a") + "\n" +
		strings.Replace(cowrieInputLine("d", "t", "2026-03-18T13:28:51Z", "b"), "203.0.113.9", "?", 1) + "\n" + "{}\n"
	tests := []struct {
		name, text  string
		lines, tags int
	}{
		{"decoder rejects", text, 3, 2},
		{"assembler rejects", cowrie, 2, 1},
		{"nothing to reject", eventLine(1), 1, 1},
	}
	for _, tt := range tests {
		for _, workers := range []int{1, 4} {
			r := runAll(t, Config{Strict: true, Workers: workers}, Input{Name: "a", Reader: strings.NewReader(tt.text)},
				Input{Name: "b", Reader: strings.NewReader(strings.Repeat(text, 10_000))})
			if tt.name == "nothing to reject" {
				tt.lines, tt.tags = 4, 3
			}
			if r.Account.Lines != tt.lines || len(r.Tags) != tt.tags || r.Account.Rejected != 1 || r.Account.Interrupted {
				t.Errorf("%s, %d workers: %d lines, %d tags, %d rejected, want %d, %d, 1", tt.name, workers, r.Account.Lines, len(r.Tags), r.Account.Rejected, tt.lines, tt.tags)
			}
		}
	}
}

func TestRunSinkError(t *testing.T) {
	calls := 0
	a, err := Run(t.Context(), []Input{{Name: "endless", Reader: repeat(eventLine(1) + "\n")}}, Config{Workers: 2}, newTagEach, func(*Batch) error {
		calls++
		return errSink
	})
	if !errors.Is(err, errSink) || calls != 1 {
		t.Errorf("Run() = %v after %d calls of the sink, want %v after 1", err, calls, errSink)
	}
	if a.Interrupted {
		t.Error("Run() says it was interrupted")
	}
}

func TestRunInterrupt(t *testing.T) {
	for name, r := range map[string]io.Reader{"endless": repeat(eventLine(1) + "\n"), "silent": io.MultiReader(strings.NewReader(eventLine(1)+"\n"+eventLine(2)+"\nhal"), silent(t))} {
		ctx, cancel := context.WithCancel(t.Context())
		lines := 0
		a, err := Run(ctx, []Input{{Name: name, Reader: r}, {Name: "never", Reader: strings.NewReader("x")}}, Config{Workers: 2}, newTagEach, func(b *Batch) error {
			lines += len(b.Tags)
			cancel()
			return nil
		})
		cancel()
		if err != nil || !a.Interrupted || a.Lines != lines || a.Direct != lines || lines < 2 || a.Files != 1 || len(a.Errors) != 0 {
			t.Errorf("%s: Run() = %+v, %v; the sink saw %d lines; want the same, at least 2, and an interrupt", name, a, err, lines)
		}
	}
}

// silent returns a stream that gives nothing until the test ends.
func silent(t *testing.T) io.Reader {
	pr, pw := io.Pipe()
	t.Cleanup(func() { pw.Close() })
	return pr
}

// A file that breaks off costs nothing else.
func TestRunFileErrors(t *testing.T) {
	var text strings.Builder
	for i := range 1000 {
		text.WriteString(eventLine(i) + "\n")
	}
	packed := gzipped(t, text.String())
	broken := writeFile(t, "broken.gz", packed[:len(packed)/2])
	whole := writeFile(t, "whole.json", []byte(eventLine(1)))
	r := runAll(t, Config{}, Input{Name: broken}, Input{Name: "absent.json"}, Input{Name: whole})
	if len(r.Account.Errors) != 2 || r.Account.Errors[0].File != broken || !errors.Is(r.Account.Errors[0], lines.ErrTruncated) || r.Account.Errors[1].File != "absent.json" {
		t.Errorf("errors = %v, want a truncated and an absent file", r.Account.Errors)
	}
	if r.Account.Direct < 100 || r.Account.Rejected != 1 || !strings.HasPrefix(r.Tags[len(r.Tags)-1], "command sess-00000001#cmd1") {
		t.Errorf("%d direct, %d rejected, last tag %q; want most lines of the broken file, its cut line, and the whole file", r.Account.Direct, r.Account.Rejected, r.Tags[len(r.Tags)-1])
	}
}

// Memory stays flat with the input's size.
func TestRunMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 500 MB, or a fourth")
	}
	const limit = 180 << 20
	defer debug.SetGCPercent(debug.SetGCPercent(100)) // as in the program
	open, end := `{"source_kind":"session","source_id":"s","attacker_uuid":"A","payload":{"commands":[`, `""]}}`
	// The lines are made when their turn comes: they count too.
	tests := []struct {
		name string
		line func() string
		size int64
	}{
		{"events", func() string { return eventLine(1) + "\n" }, 200 << 20},
		{"cowrie", func() string { return cowrieInputLine("d", "s", "2026-03-18T13:28:51Z", "ls") + "\n" }, 40 << 20},
		{"binary", func() string { return "\x00\x01\x02\n" }, 20 << 20},
		{"sessions of many commands", func() string { return open + strings.Repeat(`"",`, 20_000) + end + "\n" }, 8 << 20},
		{"lines of 15 MiB", func() string { return open + `"` + strings.Repeat(`\n`, 15<<19) + `",` + end + "\n" }, 150 << 20},
		{"lines of 20 MiB, over the limit", func() string { return strings.Repeat(" ", 20<<20) + "\n" }, 100 << 20},
	}
	size := int64(rounds.Every(t, 4))
	for _, tt := range tests {
		peak, stop := watchHeap()
		_, err := Run(t.Context(), []Input{{Name: "big", Reader: io.LimitReader(repeat(tt.line()), tt.size/size)}}, Config{Workers: 2},
			func() Evaluator { return noRules{} }, func(*Batch) error { return nil })
		stop()
		if err != nil {
			t.Fatalf("Run() = %v", err)
		}
		t.Logf("%s: heap at most %d MB", tt.name, peak.Load()>>20)
		if peak.Load() > limit {
			t.Errorf("%s: heap of %d MB for %d MB of input, want at most %d", tt.name, peak.Load()>>20, tt.size/size>>20, limit>>20)
		}
	}
}

// watchHeap notes the largest heap until stop is called.
func watchHeap() (peak *atomic.Uint64, stop func()) {
	peak = new(atomic.Uint64)
	runtime.GC()
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for {
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak.Store(max(peak.Load(), m.HeapInuse))
			}
		}
	}()
	return peak, func() { close(done); <-over }
}

func TestBatchRecyclingKeepsNothing(t *testing.T) {
	b := filled(cowrieFormat(), cowrieInputLine("d", "s", "2026-03-18T13:28:51Z", "ls"), "x", strings.Repeat("y", 2*lines.KeepBytes))
	b.decode(b.format.newDecoder(event.AllFields()), false)
	b.assemble(newTestAssembler(b.format), false)
	(&judge{Evaluator: tagEach{}}).batch(b)
	if len(b.Tags) != 1 || len(b.Rejections) != 2 {
		t.Fatalf("%d tags, %d rejections, want 1, 2", len(b.Tags), len(b.Rejections))
	}
	b.reset()
	if b.Tags[:1][0].SourceID != "" || b.Rejections[:1][0].Reason != "" || recordsOf[cowrieRecord](b)[:1][0].session != "" || b.events[:1][0].SourceID != "" || cap(b.block.Text) != 0 {
		t.Errorf("reset() left something behind: %+v", b)
	}
}
