package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"ttpctl/internal/ingest"
	"ttpctl/internal/lines"
	"ttpctl/internal/settings"
	"ttpctl/internal/spool"
	"ttpctl/internal/store"
	"ttpctl/internal/store/databases"
	"ttpctl/internal/vitals"
	"ttpctl/internal/worker"
)

// sourceFlags say what serve reads.
type sourceFlags struct {
	follow    []string
	once      bool
	listens   bool // --listen was given: stdin is read only when it is named
	spool     string
	spoolMax  settings.Size
	stdinName string
}

func (f *sourceFlags) register(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringArrayVar(&f.follow, "follow", nil, "log to follow, through its rotations: a `PATH`, a directory, a glob, or - for stdin; repeatable")
	fs.BoolVar(&f.once, "once", false, "read every source to its end, close what is open, and exit")
	fs.StringVar(&f.spool, "spool", "", "`directory` where what cannot be read again is kept until it was tagged (default beside the database)")
	f.spoolMax = spool.DefaultMaxBytes
	fs.Var(&f.spoolMax, "spool-max", "how much of it is kept, with a `size` suffix k, M or G; beyond it the sender waits")
	fs.StringVar(&f.stdinName, "stdin-filename", "stdin", "`name` to report stdin by")
}

// reads returns the files that are read, - for stdin.
func (f *sourceFlags) reads() []string {
	if len(f.follow) == 0 && !f.listens {
		return []string{"-"}
	}
	return f.follow
}

// open begins to read, and returns the sources as they come, that of web, which is
// nil when there is none, and more.
func (f *sourceFlags) open(ctx context.Context, cfg ingest.Config, web *listening, more []worker.Feed, v *serving) (<-chan worker.Feed, error) {
	finder, err := f.finder(cfg, v)
	if err != nil {
		return nil, err
	}
	feeds := make(chan worker.Feed, 2)
	if web != nil {
		feeds <- web.feed()
	}
	if slices.Contains(f.reads(), "-") {
		v.announceStdin()
		feed, err := f.stdin(ctx, v)
		if err != nil {
			return nil, err
		}
		feeds <- feed
	}
	v.background(func(ctx context.Context) error {
		defer close(feeds)
		for _, f := range more {
			select {
			case feeds <- f:
			case <-ctx.Done():
			}
		}
		if finder == nil {
			return nil
		}
		return finder.Feed(ctx, feeds)
	})
	return feeds, nil
}

// finder returns what finds the logs of --follow, nil when there are none.
func (f *sourceFlags) finder(cfg ingest.Config, v *serving) (*worker.Finder, error) {
	patterns := slices.DeleteFunc(slices.Clone(f.follow), func(p string) bool { return p == "-" })
	if len(patterns) == 0 {
		return nil, nil
	}
	return newFinder(patterns, cfg, f.once, v.streams)
}

// newFinder returns what finds the logs that patterns name.
func newFinder(patterns []string, cfg ingest.Config, once bool, s *streams) (*worker.Finder, error) {
	logs, err := lines.NewLogs(patterns)
	if err != nil {
		return nil, cannotRun("", "--follow: %w", err)
	}
	return &worker.Finder{
		Logs: logs, Ingest: cfg, Once: once,
		Notify:  vitals.Log{Log: s.log}.Followed,
		LeftOut: func(path, why string) { s.log.Info("not followed: no log of a known format", "file", path, "why", why) },
	}, nil
}

// stdin returns what comes on stdin: with a database through segment files,
// since nobody can read it again.
func (f *sourceFlags) stdin(ctx context.Context, v *serving) (worker.Feed, error) {
	in := ingest.Input{Name: f.stdinName, Reader: v.in}
	if v.db == nil {
		return worker.Feed{Source: "stdin", Input: in}, nil
	}
	log, err := f.openSpool("stdin", spool.Options{}, v)
	if err != nil {
		return worker.Feed{}, err
	}
	v.background(func(context.Context) error {
		if err := log.Copy(ctx, in, lines.SourceOptions{}); err != nil {
			return broke("stdin: %w", err)
		}
		return nil
	})
	dir, err := f.spoolDir(v)
	if err != nil {
		return worker.Feed{}, err
	}
	return worker.Feed{Source: v.spooled("stdin", dir), Ack: log.Ack, Input: ingest.Input{
		Name:   f.stdinName,
		Opener: log.Source,
	}}, nil
}

// spoolDir returns where segments are kept.
func (f *sourceFlags) spoolDir(v *serving) (string, error) {
	if f.spool != "" {
		return f.spool, nil
	}
	dir, err := databases.Beside(v.db, ".spool", v.getenv)
	if err != nil {
		return "", cannotRun("name a directory with --spool", "--spool: %w", err)
	}
	return dir, nil
}

// spooled returns what the ledger calls a source that is kept in the spool dir: in a
// database with a server, other processes have others of that name.
func (v *serving) spooled(name, dir string) string {
	if !databases.IsAddress(v.db.Path()) {
		return name
	}
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return name + "@" + hostName() + ":" + dir
}

// openSpool opens the segments of one source.
func (f *sourceFlags) openSpool(name string, opt spool.Options, v *serving) (*spool.Log, error) {
	opt.MaxBytes = int64(f.spoolMax)
	dir, err := f.spoolDir(v)
	if err != nil {
		return nil, err
	}
	log, err := spool.Open(filepath.Join(dir, name), opt)
	if err != nil {
		return nil, cannotRun("give each serve a --spool of its own", "%w", err)
	}
	v.closers = append(v.closers, log.Close)
	if t := log.Torn(); t != nil {
		v.log.Warn("the end of the spool was torn by a crash, before anybody was told that it is safe", "torn", fmt.Sprint(*t))
	}
	return log, nil
}

// thisProcess is what people call this process.
func thisProcess() string { return store.OwnerName(os.Getpid(), hostName()) }

// hostName returns the name of this host, "" = nobody knows.
func hostName() string {
	host, _ := os.Hostname()
	return host
}
