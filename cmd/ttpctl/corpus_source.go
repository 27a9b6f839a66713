package main

import (
	"context"
	"errors"
	"strings"

	"ttpctl/internal/corpus"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/store/databases"
)

// sources returns the rows of what paths name: databases by content, all else
// as logs.
func (f *inputFlags) sources(ctx context.Context, paths []string, x *corpus.Exclusions, s *streams) ([]corpus.RowSource, error) {
	var all []corpus.RowSource
	var logs []string
	for _, path := range paths {
		r, err := databases.OpenRecorded(ctx, path, dbOptions(s))
		switch {
		case err != nil:
			return nil, err
		case r == nil:
			logs = append(logs, path)
			continue
		case r.Addressless && len(x.Large()) > 0:
			return nil, cannotRun("name single addresses, or ranges of a /16 and less",
				"%s: tags that an older ttpctl stored have no addresses, only ids of attackers, which cannot be compared with %s", r.Path, strings.Join(x.Large(), ", "))
		}
		all = append(all, &corpus.EventRows{File: r.Path, Each: r.Each})
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

// A logSource reads telemetry through ingest.
type logSource struct {
	inputs []ingest.Input
	cfg    ingest.Config
	s      *streams
}

func (f *inputFlags) logs(ctx context.Context, paths []string, s *streams) (*logSource, error) {
	cfg, err := f.config(ctx, s)
	if err != nil {
		return nil, err
	}
	inputs, err := f.findInputs(ctx, paths, "stdin", cfg, s)
	if err != nil {
		return nil, err
	}
	return &logSource{inputs, cfg, s}, nil
}

// Rows implements [corpus.RowSource]. What is wrong with the input is told
// after all that can be read.
func (l *logSource) Rows(ctx context.Context, yield func(*corpus.Row) error) error {
	bar := startProgress(l.s, ingest.TotalSize(l.inputs))
	l.cfg.OnRead = bar.Add
	var row corpus.Row
	account, err := ingest.Each(ctx, l.inputs, l.cfg, func(ev *event.Event) error {
		row = corpus.Row{Event: *ev}
		return yield(&row)
	})
	bar.Stop()
	if account.Rejected > 0 {
		first := account.Rejections[0]
		l.s.log.Warn("lines were rejected", "lines", account.Rejected, "first", first.File, "line", first.Line, "reason", first.Reason)
	}
	l.s.warnInput(&account)
	return joinErrors(err, verdict(ctx, &account, false))
}

// sourceFailure gives an error of reading sources its class.
func sourceFailure(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) || failureOf(err) != nil {
		return err
	}
	return broke("%w", err)
}
