package publish

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"ttpctl/internal/bus"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqlite"
	"ttpctl/internal/store/storetest"
)

// benchTags is how many tags the benchmark publishes, a commit of batch after
// another.
const benchTags = 20_000

// BenchmarkPublish publishes what is stored in SQLite through each output: the
// cost of a tag, from the outbox to the position behind it.
func BenchmarkPublish(b *testing.B) {
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }))
	defer hook.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go func() {
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			go drainConn(conn)
		}
	}()
	dir := b.TempDir()
	for _, c := range []struct{ kind, target string }{
		{"jsonl", filepath.Join(dir, "tags.jsonl")}, {"csv", filepath.Join(dir, "tags.csv")}, {"webhook", hook.URL},
		{"syslog", "tcp://" + l.Addr().String()}, {"bus", ""},
	} {
		b.Run(c.kind, func(b *testing.B) { benchmarkPublish(b, c.kind, c.target) })
	}
}

func benchmarkPublish(b *testing.B, kind, target string) {
	db, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "bench.db"), sqlite.Options{Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	first, spent := 0, time.Duration(0)
	for b.Loop() {
		b.StopTimer()
		out, err := Open(kind, target, Options{Now: time.Now, Secret: []byte("s"), Bus: &bus.Bus{}})
		if err != nil {
			b.Fatal(err)
		}
		fill(b, db, out.Name(), first)
		first += benchTags
		before := cpuTime(b)
		b.StartTimer()
		p, err := New(Config{Outbox: db.Outbox(), Outputs: []Output{out}})
		if err == nil {
			err = p.Add(b.Context(), "s")
		}
		if err == nil {
			err = p.Close(b.Context())
		}
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		spent += cpuTime(b) - before
		if waiting, err := db.Outbox().Waiting(b.Context()); err != nil || len(waiting) > 0 {
			b.Fatalf("Waiting() = %v, %v, want nothing", waiting, err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(spent.Nanoseconds())/float64(benchTags*b.N), "cpu-ns/tag")
	b.ReportMetric(float64(benchTags*b.N)/b.Elapsed().Seconds(), "tags/s")
}

// fill commits tags, numbered from first, to source s with one output.
func fill(b *testing.B, db *sqlite.DB, output string, first int) {
	b.Helper()
	p, err := db.Ledger().Resume(b.Context(), "s", "bench")
	if err == nil {
		err = db.Outbox().Outputs(b.Context(), "s", []string{output})
	}
	for n := 0; n < benchTags && err == nil; n += 5000 {
		c := &store.Commit{Source: "s", Epoch: p.Epoch, Tags: storetest.SomeTags(first+n, 5000)}
		_, err = NewLimiter(0, time.Now).Commit(context.Background(), db.Ledger(), c)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// cpuTime is what the process has used of its processors.
func cpuTime(b *testing.B) time.Duration {
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
		b.Fatal(err)
	}
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}
