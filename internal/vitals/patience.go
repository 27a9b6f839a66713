package vitals

import (
	"context"
	"errors"
	"time"

	"ttpctl/internal/store"
)

// Trouble logs a failure after which a store goes on, and its end.
func (l Log) Trouble(n store.Notice) {
	if n.Err == nil {
		l.Log.Info("works again", "subject", n.Subject)
		return
	}
	args := []any{"subject", n.Subject, "err", n.Err}
	if help := store.Help(n.Err); help != "" {
		args = append(args, "help", help)
	}
	l.Log.Warn("trouble, what is in force stays", args...)
}

// waitEvery is the time between two attempts to begin on a database that is
// locked, full or gone.
const waitEvery = time.Second

// Patiently calls do until it fails no more in a way that passes, or ctx ends.
// That it waits is logged once.
func (l Log) Patiently(ctx context.Context, do func() error) error {
	for waits := false; ; waits = true {
		err := do()
		switch {
		case err == nil && waits:
			l.Log.Info("the database works again")
			return nil
		case err == nil || !store.ClassOf(err).Passes():
			return err
		case ctx.Err() != nil:
			return errors.Join(context.Cause(ctx), err)
		}
		if !waits {
			l.Log.Error("the database cannot be used yet, the input waits", "err", err, "help", store.Help(err))
		}
		select {
		case <-time.After(waitEvery):
		case <-ctx.Done():
		}
	}
}
