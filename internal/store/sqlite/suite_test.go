package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
	"ttpctl/internal/store/storetest"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(childRole); role != "" {
		os.Exit(runChild(role, os.Args[len(os.Args)-1]))
	}
	storetest.Main(m)
}

func TestRuleSource(t *testing.T) {
	t.Parallel()
	storetest.RuleSource(t, databaseRules)
}

func TestStateStore(t *testing.T) {
	t.Parallel()
	for name, fixture := range map[string]func(*testing.T) storetest.StateFixture{
		"one process": databaseStates, "two processes": twoDatabaseStates,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.StateStore(t, fixture)
		})
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	storetest.Tags(t, func(t *testing.T) storetest.TagFixture {
		tags := tempDB(t).Tags()
		return storetest.TagFixture{Tags: tags, LinkCampaigns: tags.LinkCampaigns}
	})
}

func TestLedger(t *testing.T) {
	t.Parallel()
	storetest.Ledger(t, databaseLedger)
	storetest.Outbox(t, databaseLedger)
	storetest.DeadLetters(t, databaseLedger)
	storetest.Sessions(t, databaseLedger)
}

// databaseLedger is a new database that keeps few dead letters.
func databaseLedger(t *testing.T) storetest.LedgerFixture {
	c := &storetest.Clock{}
	path := filepath.Join(t.TempDir(), "ttpctl.db")
	const letters = 20
	var open func(t *testing.T) storetest.LedgerFixture
	open = func(t *testing.T) storetest.LedgerFixture {
		db, err := Open(t.Context(), path, Options{Now: c.Now, DeadLetters: letters, Busy: storetest.Patience})
		must(t, err)
		t.Cleanup(func() { db.Close() })
		return storetest.LedgerFixture{
			Ledger: db.Ledger(), Outbox: db.Outbox(), DeadLetters: db.DeadLetters(), Tags: db.Tags(), Sessions: db.Sessions(), Clock: c, Letters: letters, Again: open,
		}
	}
	return open(t)
}

func TestLeases(t *testing.T) {
	t.Parallel()
	storetest.Leases(t, func(t *testing.T) storetest.LeaseFixture {
		c := &storetest.Clock{}
		db := openDB(t, filepath.Join(t.TempDir(), "ttpctl.db"), c.Now)
		return storetest.LeaseFixture{Leases: db.Leases(), Clock: c}
	})
}

func TestClaims(t *testing.T) {
	t.Parallel()
	storetest.Claims(t, func(t *testing.T) [2]store.Claims {
		path := filepath.Join(t.TempDir(), "ttpctl.db")
		return [2]store.Claims{openDB(t, path, time.Now).Claims(), openDB(t, path, time.Now).Claims()}
	})
}

// databaseRules writes through one handle and watches through another, as two
// processes do.
func databaseRules(t *testing.T, initial map[string]string) storetest.RuleFixture {
	path := filepath.Join(t.TempDir(), "ttpctl.db")
	writer, reader := openDB(t, path, time.Now), openDB(t, path, time.Now)
	put := func(t *testing.T, id, content string) {
		if _, err := writer.Rules().Write(t.Context(), []store.StoredRule{{ID: id, Version: 1, Content: []byte(content)}}, nil); err != nil {
			t.Error(err)
		}
	}
	for id, content := range initial {
		put(t, id, content)
	}
	return storetest.RuleFixture{
		Source: reader.Rules(),
		Name:   store.SourceName,
		Put:    put,
		Remove: func(t *testing.T, id string) {
			if n, err := writer.Rules().Write(t.Context(), nil, []string{id, "R9999"}); err != nil || n != 1 {
				t.Errorf("Delete(%s) = %d, %v, want 1", id, n, err)
			}
		},
		Close: reader.Close,
	}
}

func databaseStates(t *testing.T) storetest.StateFixture {
	c := &storetest.Clock{}
	db := openDB(t, filepath.Join(t.TempDir(), "ttpctl.db"), c.Now)
	return storetest.StateFixture{StateStore: db.States(), States: db.States().States, Clock: c, Close: db.Close}
}

// twoDatabaseStates writes through one handle and does the rest through
// another.
func twoDatabaseStates(t *testing.T) storetest.StateFixture {
	c := &storetest.Clock{}
	path := filepath.Join(t.TempDir(), "ttpctl.db")
	writer, reader := openDB(t, path, c.Now), openDB(t, path, c.Now)
	return storetest.StateFixture{
		StateStore: &splitStates{reader.States(), writer.States()}, States: reader.States().States, Clock: c, Close: reader.Close,
	}
}

type splitStates struct {
	store.StateStore
	writer store.StateStore
}

func (s *splitStates) SetState(ctx context.Context, id string, st event.State) error {
	return s.writer.SetState(ctx, id, st)
}

func (s *splitStates) SetStateAfter(ctx context.Context, id string, revision int64, st event.State) error {
	return s.writer.SetStateAfter(ctx, id, revision, st)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
