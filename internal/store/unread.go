package store

import (
	"context"
	"fmt"
	"slices"
)

// OwnerName says for people which process it is.
func OwnerName(pid int, host string) string { return fmt.Sprintf("pid %d on %s", pid, host) }

// Unread returns the sources in db that no process reads; self is the name of the
// one that asks.
func Unread(ctx context.Context, db Database, self string) (names []string, err error) {
	leases, err := db.Leases().Live(ctx)
	if err != nil {
		return nil, err
	}
	readers := []string{self}
	for _, l := range leases {
		readers = append(readers, OwnerName(l.PID, l.Host))
	}
	sources, err := db.Ledger().Sources(ctx)
	for _, p := range sources {
		if !slices.Contains(readers, p.Owner) {
			names = append(names, p.Source)
		}
	}
	return names, err
}
