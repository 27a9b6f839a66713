package main

import (
	"context"
	"time"

	"ttpctl/internal/report/sessions"
	"ttpctl/internal/store"
	"ttpctl/internal/worker"
)

// maxKeepDays is ten years.
const maxKeepDays = 3660

// checkKeep refuses a --keep-sessions that no run can mean.
func (f *serveFlags) checkKeep() error {
	switch {
	case f.keepSessions < 0 || f.keepSessions > maxKeepDays:
		return cannotRun("", "--keep-sessions: %d is outside [0, %d]", f.keepSessions, maxKeepDays)
	case f.keepSessions > 0 && f.origin.db == "none":
		return cannotRun("leave one of them out", "--keep-sessions with --db none: there is nowhere to keep them")
	case f.keepSessions > 0 && f.nats.publish != "":
		return cannotRun("give it to the serve that tags what is published", "--keep-sessions with --publish: nothing is tagged here")
	}
	return nil
}

// keepSessions has service keep sessions as they were typed, and forgets them after
// so many days; 0 = none are kept.
func (v *serving) keepSessions(days int, service *worker.Service) {
	if days == 0 {
		return
	}
	noter := sessions.NewKeeper(sessions.Options{})
	service.Record, service.Typed = func() worker.Recorder { return noter.Recorder() }, sessions.Lines
	notices := store.Notices{Notify: func(n store.Notice) { logNotice(v.streams, n) }}
	v.background(func(ctx context.Context) error {
		store.ForgetSessions(ctx, v.db.Sessions(), time.Duration(days)*24*time.Hour, v.now, func(err error) { notices.Tell("forgetting old sessions", err) })
		return nil
	})
}
