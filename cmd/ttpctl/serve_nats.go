package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"ttpctl/internal/carry"
	"ttpctl/internal/hint"
	"ttpctl/internal/ingest"
	"ttpctl/internal/vitals"
	"ttpctl/internal/worker"
)

// natsFlags say how serve takes part over NATS.
type natsFlags struct {
	source, publish string
	route           bool
}

func (f *natsFlags) register(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.source, "source", "", "tag the events in the partitions at this `URL`, such as nats://nats.example:4222")
	fs.StringVar(&f.publish, "publish", "", "bring the events that are read to the partitions at this `URL`, instead of tagging them")
	fs.BoolVar(&f.route, "route", false, "with --source: bring what other systems publish to the partitions, too")
	cmd.MarkFlagsMutuallyExclusive("source", "publish")
	cmd.MarkFlagsMutuallyExclusive("source", "once")
	for _, other := range []string{"output", "webhook", "syslog"} {
		cmd.MarkFlagsMutuallyExclusive("publish", other)
	}
}

// openNATS sets up what is done over NATS.
func (v *serving) openNATS(f *natsFlags) error {
	if v.db == nil && f.publish != "" {
		return cannotRun("", "--publish with --db none: what was read could be lost")
	}
	if f.route && f.source == "" {
		return cannotRun("name the partitions with --source", "--route without --source")
	}
	v.over = &carry.Over{
		Getenv: v.getenv, Name: "ttpctl serve, " + thisProcess(), Log: vitals.Log{Log: v.log}, Now: v.now,
		Outbox: v.outbox(), Unread: v.unread,
	}
	if v.db != nil {
		v.over.SetAside = v.db.DeadLetters().SetAside
		v.over.Key = func(ctx context.Context, fresh []byte) (key []byte, err error) {
			err = v.patiently(ctx, func() (err error) { key, err = v.db.Key(ctx, "ledger", fresh); return err })
			return key, err
		}
	}
	v.closers = append(v.closers, v.over.Close)
	return nil
}

// partitions returns a feed for each partition of --source.
func (f *natsFlags) partitions(ctx context.Context, v *serving) ([]worker.Feed, error) {
	if f.source == "" {
		return nil, nil
	}
	feeds, err := v.over.Feeds(ctx, f.source)
	if err != nil {
		return nil, notOver("--source", err)
	}
	return feeds, nil
}

// herald publishes what changes in force to the address of a -o.
func (v *serving) herald(ctx context.Context, address string) error {
	h, err := v.over.Herald(ctx, address)
	if err != nil {
		return err
	}
	before := v.updated.Load()
	told := func(u worker.Update) {
		if before != nil {
			(*before)(u)
		}
		h.Updated(u)
	}
	v.updated.Store(&told)
	v.background(h.Run)
	v.background(func(ctx context.Context) error { return v.asOne(ctx, h.Claim(), h.Speak) })
	return nil
}

// routes brings what other systems publish to the partitions.
func (f *serveFlags) routes(ctx context.Context, cfg ingest.Config, web *listening, v *serving) error {
	r, err := v.over.Router(ctx, f.nats.source, &worker.Service{
		InForce: v.snapshot, Now: v.now, Ledger: v.ledger(), Owner: thisProcess(), Ingest: cfg,
		Observe: v.over.Log.Note, Delivered: web.carried, Forward: worker.NewForward(v.outbox(), f.publish.outboxMax),
	})
	if err != nil {
		return notOver("--route", err)
	}
	v.background(func(ctx context.Context) error {
		err := v.asOne(ctx, routerClaim, r.Run)
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.grace)
		defer cancel()
		return joinErrors(err, r.Close(end))
	})
	return nil
}

// notOver says that what a flag names cannot be used, and what to do about it.
func notOver(flag string, err error) error {
	help := ""
	if h, ok := errors.AsType[*hint.Error](err); ok {
		help = h.Help
	}
	return cannotRun(help, "%s: %w", flag, err)
}
