package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/netip"
	"os"
	"sync"

	"ttpctl/internal/corpus"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/lines"
)

// sources returns the rows of what paths name: databases by content, all else
// as logs. Lines of excluded addresses that only ttp logs would forget are left
// out.
func (f *inputFlags) sources(paths []string, x *corpus.Exclusions, s *streams) ([]corpus.RowSource, error) {
	var all []corpus.RowSource
	var logs []string
	for _, path := range paths {
		if path == "-" || !isSQLite(path) {
			logs = append(logs, path)
			continue
		}
		src, err := databaseSource(path, x)
		if err != nil {
			return nil, err
		}
		all = append(all, src)
	}
	if len(logs) == 0 {
		return all, nil
	}
	src, err := f.logs(logs, x, s)
	if err != nil {
		return nil, err
	}
	return append(all, src), nil
}

// isSQLite reports whether a file is a SQLite database, or by its name should
// be one: what is none then is said when it is opened.
func isSQLite(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 16)
	n, _ := io.ReadFull(f, head)
	return string(head[:n]) == "SQLite format 3\x00" || hasDatabaseName(path)
}

// A logSource reads telemetry through ingest.
type logSource struct {
	inputs []ingest.Input
	cfg    ingest.Config
	s      *streams
}

func (f *inputFlags) logs(paths []string, x *corpus.Exclusions, s *streams) (*logSource, error) {
	// One worker keeps the order of events, which rows depend on.
	cfg, err := f.config()
	if err != nil {
		return nil, err
	}
	cfg.Workers = 1
	inputs, err := findInputs(paths, "stdin", cfg, s)
	if err != nil {
		return nil, err
	}
	for i := range inputs {
		inputs[i].Reader = &lineFilter{open: opener(inputs[i]), x: x}
	}
	return &logSource{inputs, cfg, s}, nil
}

func opener(in ingest.Input) func() (io.ReadCloser, error) {
	if in.Reader != nil {
		return func() (io.ReadCloser, error) { return io.NopCloser(in.Reader), nil }
	}
	return func() (io.ReadCloser, error) { return openPlain(in.Name) }
}

// Rows implements [corpus.RowSource].
func (l *logSource) Rows(ctx context.Context, yield func(*corpus.Row) error) error {
	e := &rowEvaluator{yield: yield}
	bar := startProgress(l.s, l.inputs)
	l.cfg.OnRead = bar.add
	account, err := ingest.Run(ctx, l.inputs, l.cfg, func() ingest.Evaluator { return e }, func(*ingest.Batch) error { return e.failure() })
	bar.stop()
	if err == nil {
		err = e.failure()
	}
	for _, x := range account.Errors {
		err = errors.Join(err, broke("input %s: %w", x.File, x.Err))
	}
	if account.Rejected > 0 {
		first := account.Rejections[0]
		l.s.log.Warn("lines were rejected", "lines", account.Rejected, "first", first.File, "line", first.Line, "reason", first.Reason)
	}
	if account.Interrupted {
		err = errors.Join(err, context.Cause(ctx))
	}
	return err
}

// A rowEvaluator hands each event on as a row instead of judging it.
type rowEvaluator struct {
	yield func(*corpus.Row) error
	row   corpus.Row

	mu  sync.Mutex
	err error
}

// Evaluate implements [ingest.Evaluator].
func (e *rowEvaluator) Evaluate(dst []event.Tag, ev *event.Event) []event.Tag {
	if e.failure() != nil {
		return dst
	}
	e.row = corpus.Row{Event: *ev}
	if err := e.yield(&e.row); err != nil {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.err = err
	}
	return dst
}

func (e *rowEvaluator) failure() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

// A lineFilter blanks the lines whose attacker_ip is excluded: an event that
// names attacker_uuid as well keeps no address behind the reader. Everything
// else passes as it is.
type lineFilter struct {
	open    func() (io.ReadCloser, error)
	x       *corpus.Exclusions // nil = nothing is blanked
	dropped map[netip.Addr]int // lines, by address

	src  io.ReadCloser
	buf  []byte
	rest []byte // to be read
	err  error
}

// Read implements io.Reader.
func (l *lineFilter) Read(p []byte) (int, error) {
	if l.src == nil {
		if l.src, l.err = l.open(); l.err != nil {
			l.src = io.NopCloser(bytes.NewReader(nil))
		}
	}
	for len(l.rest) == 0 {
		if l.err != nil {
			l.src.Close()
			return 0, l.err
		}
		l.fill()
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// fill reads on and filters the whole lines there are; the beginning of one
// waits for its end, up to the longest line that is read.
func (l *lineFilter) fill() {
	const chunk = 64 << 10
	have := len(l.buf)
	l.buf = append(l.buf, make([]byte, chunk)...)
	n, err := l.src.Read(l.buf[have:])
	l.buf, l.err = l.buf[:have+n], err
	end := bytes.LastIndexByte(l.buf, '\n') + 1
	if err != nil || len(l.buf) > lines.DefaultMaxLine {
		end = len(l.buf)
	}
	out := make([]byte, 0, end)
	for line := range bytes.Lines(l.buf[:end]) {
		if ip, ok := corpus.AttackerIP(line); ok && l.x != nil && l.x.Contains(ip) {
			l.drop(ip)
			line = line[len(bytes.TrimSuffix(line, []byte("\n"))):]
		}
		out = append(out, line...)
	}
	l.rest = out
	l.buf = append(l.buf[:0], l.buf[end:]...)
}

// maxDropped bounds the addresses that a lineFilter tells apart.
const maxDropped = 1 << 16

func (l *lineFilter) drop(ip netip.Addr) {
	if l.dropped == nil {
		l.dropped = map[netip.Addr]int{}
	}
	if _, seen := l.dropped[ip]; seen || len(l.dropped) < maxDropped {
		l.dropped[ip]++
	}
}

// dropped returns the rows that src left out by itself, by address. It may be
// called once its Rows have returned.
func dropped(src corpus.RowSource) map[netip.Addr]int {
	all := map[netip.Addr]int{}
	if l, ok := src.(*logSource); ok {
		for _, in := range l.inputs {
			for ip, n := range in.Reader.(*lineFilter).dropped {
				all[ip] += n
			}
		}
	}
	return all
}

// sourceFailure gives an error of reading sources its class.
func sourceFailure(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
		return err
	}
	var f *failure
	if errors.As(err, &f) {
		return err
	}
	return broke("%w", err)
}
