package main

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"

	"ttpctl/internal/corpus"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
)

// sources returns the rows of what paths name: databases by content, all else
// as logs.
func (f *inputFlags) sources(ctx context.Context, paths []string, x *corpus.Exclusions, s *streams) ([]corpus.RowSource, error) {
	var all []corpus.RowSource
	var logs []string
	for _, path := range paths {
		if path == "-" || !isSQLite(path) {
			logs = append(logs, path)
			continue
		}
		src, err := openDatabaseSource(ctx, path, x)
		if err != nil {
			return nil, err
		}
		all = append(all, src)
	}
	if len(logs) == 0 {
		return all, nil
	}
	src, err := f.logs(ctx, logs, s)
	if err != nil {
		return nil, err
	}
	return append(all, src), nil
}

// isSQLite reports whether a file is a SQLite database, or by its name should
// be one: a file that is not is reported when it is opened.
func isSQLite(path string) bool {
	// To open a pipe would wait for its writer.
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return false
	}
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

func (f *inputFlags) logs(ctx context.Context, paths []string, s *streams) (*logSource, error) {
	// One worker keeps the order of events, which rows depend on.
	cfg, err := f.config(ctx, s)
	if err != nil {
		return nil, err
	}
	cfg.Workers = 1
	inputs, err := f.findInputs(ctx, paths, "stdin", cfg, s)
	if err != nil {
		return nil, err
	}
	return &logSource{inputs, cfg, s}, nil
}

// Rows implements [corpus.RowSource]. What is wrong with the input is told
// after all that can be read.
func (l *logSource) Rows(ctx context.Context, yield func(*corpus.Row) error) error {
	e := &rowEvaluator{yield: yield}
	bar := startProgress(l.s, l.inputs)
	l.cfg.OnRead = bar.Add
	account, err := ingest.Run(ctx, l.inputs, l.cfg, func() ingest.Evaluator { return e }, func(*ingest.Batch) error { return e.failure() })
	bar.Stop()
	if err == nil {
		err = e.failure()
	}
	if account.Rejected > 0 {
		first := account.Rejections[0]
		l.s.log.Warn("lines were rejected", "lines", account.Rejected, "first", first.File, "line", first.Line, "reason", first.Reason)
	}
	l.s.warnInput(&account)
	return joinErrors(err, verdict(ctx, &account, false))
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

// sourceFailure gives an error of reading sources its class.
func sourceFailure(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) || failureOf(err) != nil {
		return err
	}
	return broke("%w", err)
}
