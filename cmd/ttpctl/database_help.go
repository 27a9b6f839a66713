package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ttpctl/internal/store"
)

// classHelp says what to do about a failure of a database, by its class; each
// names the file.
var classHelp = map[store.Class]string{
	store.Retry:  "try again",
	store.Locked: "try again, or see who holds it with `fuser %s`",
	store.Full:   "remove other files from the disk of %s, or name a database on another disk with --db; ttpctl db prune makes room within the file, but needs some itself",
	store.Gone:   "put the file back as %s, or a database of ttpctl in its place; or start again with another --db",
}

// kindHelp says it for databases that are of no use as they are.
var kindHelp = map[error]string{
	store.ErrReadOnly:    "check the owner and mode of %s and of its directory, or name another file with --db",
	store.ErrCorrupt:     "set %[1]s aside and recover what is left with `sqlite3 %[1]s .recover`, or name another file with --db",
	store.ErrNotDatabase: "name another file than %s with --db",
	store.ErrNewerSchema: "use that ttpctl with %s, or name another file with --db",
	store.ErrOlderSchema: "a command that writes brings %s up to date, such as `ttpctl rule disable` or `ttpctl tag --save`",
}

// databaseHelp returns what to do about the failure of a database in err, "" when
// there is none, or nothing to do.
func databaseHelp(err error) string {
	e, ok := errors.AsType[*store.Error](err)
	if !ok {
		return ""
	}
	help, ok := classHelp[e.Class]
	if e.Class == store.Unusable {
		help, ok = kindHelp[e.Kind]
	}
	if !ok || e.Class == store.Retry {
		return help
	}
	return fmt.Sprintf(help, e.Path)
}

// waitEvery is the time between two attempts to begin on a database that is
// locked, full or gone.
const waitEvery = time.Second

// patiently calls do until it fails no more in a way that passes, or ctx ends.
// That it waits is logged once.
func (s *streams) patiently(ctx context.Context, do func() error) error {
	for waits := false; ; waits = true {
		err := do()
		switch {
		case err == nil && waits:
			s.log.Info("the database works again")
			return nil
		case err == nil || !store.ClassOf(err).Passes():
			return err
		case ctx.Err() != nil:
			return joinErrors(context.Cause(ctx), err)
		}
		if !waits {
			s.log.Error("the database cannot be used yet, the input waits", "err", err, "help", databaseHelp(err))
		}
		select {
		case <-time.After(waitEvery):
		case <-ctx.Done():
		}
	}
}
