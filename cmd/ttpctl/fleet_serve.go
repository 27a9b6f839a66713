package main

import (
	"context"
	"strings"

	"golang.org/x/sync/errgroup"

	"ttpctl/internal/fleet"
	"ttpctl/internal/publish"
	"ttpctl/internal/store"
	"ttpctl/internal/vitals"
	"ttpctl/internal/worker"
)

// The claims of what one process of those that share a database does: mirror its
// --rules, and route what other systems publish.
const (
	rulesClaim  = "rules"
	routerClaim = "router"
)

// joinFleet begins to share db with other processes, under the id of this one's lease.
func joinFleet(db store.Database, id string, s *streams) *fleet.Member {
	return fleet.Join(fleet.Config{
		Claims: db.Claims(), Leases: db.Leases(), ID: id, Note: thisProcess(),
		Notify: func(n store.Notice) { logNotice(s, n) }, Observe: vitals.Log{Log: s.log}.Claimed,
	})
}

// mirror keeps the definitions in the database what layers say, while this process is
// the one that does. begun is told of how the first time began.
func (v *serving) mirror(ctx context.Context, layers store.RuleSource, begun chan<- error) error {
	opts := worker.MirrorOptions{
		Compile: runConfig(v.streams, false),
		By:      loginName(v.streams), Into: v.db.Path(), Notify: func(n store.Notice) { logNotice(v.streams, n) },
	}
	return v.fleet.Hold(ctx, rulesClaim, func(ctx context.Context, _ int64) error {
		var m *worker.Mirror
		err := v.patiently(ctx, func() (err error) { m, err = worker.NewMirror(ctx, layers, v.db.Rules(), opts); return err })
		select {
		case begun <- err:
		default: // nobody waits any more
		}
		if err != nil {
			return err
		}
		return m.Run(ctx)
	})
}

// work runs s on feeds, and on this process's share of partitions. What p has not
// published of one that goes to another process, that one does.
func (v *serving) work(ctx context.Context, s *worker.Service, p *publish.Publisher, feeds <-chan worker.Feed, partitions []worker.Feed) error {
	if len(partitions) == 0 {
		return s.Run(ctx, feeds)
	}
	v.lease.Say(func(w *store.Worker) { w.Member = true })
	s.StateVersion = func() int { return worker.NewestFor(worker.StateVersions(), v.fleet.Reads()) }
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.Run(ctx, feeds) })
	g.Go(func() error {
		return v.fleet.Share(ctx, strings.TrimSuffix(partitions[0].Source, "/0"), len(partitions), func(claim context.Context, n int) error {
			err := s.Follow(claim, partitions[n])
			if ctx.Err() == nil {
				p.Remove(partitions[n].Source)
			}
			return err
		})
	})
	return g.Wait()
}

// asOne runs fn while this process holds a claim.
func (v *serving) asOne(ctx context.Context, name string, fn func(ctx context.Context) error) error {
	if v.fleet == nil {
		return fn(ctx)
	}
	return v.fleet.Hold(ctx, name, func(ctx context.Context, _ int64) error { return fn(ctx) })
}
