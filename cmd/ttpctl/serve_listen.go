package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"ttpctl/internal/api"
	"ttpctl/internal/bus"
	"ttpctl/internal/corpus"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/live"
	"ttpctl/internal/metrics"
	"ttpctl/internal/publish"
	"ttpctl/internal/spool"
	"ttpctl/internal/vitals"
	"ttpctl/internal/worker"
)

// listenFlags say how serve is reached over HTTP.
type listenFlags struct {
	api.FrontOptions
	hosts []string
}

func (f *listenFlags) register(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.Addr, "listen", "", "take events, and answer what docs/api.md says, on this `address`, such as 127.0.0.1:8470")
	fs.StringVar(&f.TokensFile, "listen-tokens-file", "", "`file` of tokens for --listen, a role and a token a line (or TTPCTL_LISTEN_TOKENS, with the lines themselves)")
	fs.StringVar(&f.CertFile, "listen-cert", "", "`file` of the certificate of --listen")
	fs.StringVar(&f.KeyFile, "listen-key", "", "`file` of its key")
	fs.BoolVar(&f.Plain, "listen-plain", false, "allow --listen without TLS on an address that is not loopback: whoever is on the way reads the tokens")
	fs.StringArrayVar(&f.hosts, "listen-host", nil, "`name` that requests may ask for besides localhost; repeatable")
}

// httpSource is what comes over HTTP.
const httpSource = "http"

// A listening is the HTTP side of a serve.
type listening struct {
	*serving
	front   *api.Front // nil with --once, which takes nothing more
	spool   *spool.Log
	source  string // of what comes, in the ledger
	metrics *metrics.Metrics
	vitals  *vitals.Vitals
}

// open opens what keeps the events, and listens; requests wait until start. It
// returns nil without --listen.
func (f *listenFlags) open(from *sourceFlags, v *serving) (*listening, error) {
	if f.Addr == "" {
		return nil, nil
	}
	if v.db == nil {
		return nil, cannotRun("", "--listen with --db none: what was answered could be lost")
	}
	dir, err := from.spoolDir(v)
	if err != nil {
		return nil, err
	}
	keys, err := api.OpenKeys(filepath.Join(dir, "http.keys"), v.now)
	if err != nil {
		return nil, cannotRun("", "spool: %w", err)
	}
	log, err := from.openSpool(httpSource, spool.Options{Seen: keys.Seen, Leaving: keys.Leaving}, v)
	if err != nil {
		return nil, err
	}
	v.closers = append(v.closers, keys.Close)
	v.bus = &bus.Bus{}
	w := &listening{serving: v, spool: log, source: v.spooled(httpSource, dir), metrics: metrics.New(metrics.Build{Version: readBuild().Version, Attack: v.attack().Release()})}
	w.vitals = vitals.New(vitals.Config{
		Metrics: w.metrics, Now: v.now, InForce: v.snapshot, Broken: v.follower.Broken,
		Database: v.db, Letters: v.db.DeadLetters(), Outbox: v.db.Outbox(), Spool: log, Bus: v.bus, Fleet: v.fleet,
	})
	told := w.vitals.Updated
	v.updated.Store(&told)
	told(worker.Update{}) // what is in force was loaded
	if from.once {
		log.End()
		return w, nil
	}
	f.TokensText = v.getenv("TTPCTL_LISTEN_TOKENS")
	board := live.New(live.Config{
		Tags: v.db.Tags(), Sessions: v.db.Sessions(), InForce: v.snapshot, Catalogue: v.attack(), Version: readBuild().Version, Now: v.now,
		Score: func(ctx context.Context, rules []string, rs *engine.Ruleset) ([]corpus.RuleScore, error) {
			return scoreFired(ctx, rules, rs, v.streams)
		},
		Warn: func(err error) { v.log.Warn("HTTP", "err", err) },
	})
	w.front, err = api.OpenFront(f.FrontOptions, api.Config{
		Spool: log, Keys: keys, Board: board, InForce: v.snapshot, States: v.db.States(), Tags: v.db.Tags(), Catalogue: v.attack(), Bus: v.bus,
		Checks: w.vitals.Checks, Metrics: w.metrics.Handler(), Now: v.now, Hosts: f.hosts, Tracer: v.tracer, Observe: func(a api.Access) {
			w.metrics.Requested(a.Route, a.Method, a.Status, a.Took)
			vitals.Log{Log: v.log}.Access(a)
		},
		Warn: func(err error) { v.log.Error("HTTP", "err", err) },
	})
	if err != nil {
		return nil, cannotRun("", "--listen: %w", err)
	}
	return w, nil
}

// feed returns what came over HTTP.
func (w *listening) feed() worker.Feed {
	return worker.Feed{Source: w.source, Format: "ttp", Ack: w.spool.Ack, Input: ingest.Input{
		Name:   httpSource,
		Opener: w.spool.Source,
	}}
}

// watch has w told of what s and p do.
func (w *listening) watch(s *worker.Service, p *publish.Publisher, l *publish.Limiter) {
	if w == nil {
		return
	}
	w.vitals.Publishing(p, l)
	w.vitals.Streaming(w.over.Stats)
	note, committed := s.Observe, s.Committed
	s.Observe = func(n worker.Note) { note(n); w.vitals.Note(n) }
	s.Delivered = w.vitals.Delivered
	s.Committed = func(c *worker.Committed) {
		committed(c)
		w.vitals.Committed(c)
		if c.Source != w.source || w.front == nil {
			return
		}
		fresh := make([]event.Tag, len(c.Fresh))
		for i, k := range c.Fresh {
			fresh[i] = c.Tags[k]
		}
		w.front.Server().Committed(c.TagsCursor, fresh)
	}
}

// carried takes a batch of the router's, which is judged elsewhere.
func (w *listening) carried(source string, b *ingest.Batch) {
	if w != nil {
		w.vitals.Carried(source, b)
	}
}

// published takes what a publisher told.
func (w *listening) published(n publish.Note) {
	if w != nil {
		w.vitals.Published(n)
	}
}

// start answers until the serving is closed, and then finishes within grace.
func (w *listening) start(grace time.Duration) {
	if w == nil || w.front == nil {
		return
	}
	w.front.Start()
	w.log.Info("listening", "address", w.front.Addr())
	w.closers = append(w.closers, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), grace)
		defer cancel()
		return w.front.Close(ctx)
	})
}

// reload reads the tokens and the certificate again.
func (w *listening) reload() error {
	if w == nil || w.front == nil {
		return nil
	}
	return w.front.Reload()
}
