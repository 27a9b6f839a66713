package fleets

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/report"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqlite"
)

// fixture is a fleet of two, of which one has other rules, and partitions of all
// kinds.
func fixture(t *testing.T) *sqlite.DB {
	t.Helper()
	ctx := t.Context()
	db, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "ttpctl.db"), sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for i, l := range []store.Lease{
		{ID: "a", Worker: store.Worker{Version: "1", Member: true, Ruleset: "aaaaaaaaaaaaaaaa", States: "s"}},
		{ID: "b", Worker: store.Worker{Version: "1", Member: true, Ruleset: "aaaaaaaaaaaaaaaa", States: "s"}},
		{ID: "c", Host: "h\x1b[31m", Worker: store.Worker{Version: "2", Member: true, Ruleset: "bbbb", States: "t"}},
	} {
		l.What, l.PID, l.Every, l.Since = "serve", i, 5*time.Second, time.Now()
		if err := db.Leases().Renew(ctx, l); err != nil {
			t.Fatal(err)
		}
	}
	for name, owner := range map[string]string{"log/0": "a", "log/2": "b", "log/10": "gone", "log/1": "", "rules": "b"} {
		c, err := db.Claims().Take(ctx, store.Claim{Name: name}, owner, "note of "+owner)
		if err == nil && owner == "" {
			err = db.Claims().GiveUp(ctx, owner, c)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	p, err := db.Ledger().Resume(ctx, "log/0", "a")
	if err == nil {
		_, err = db.Ledger().Commit(ctx, &store.Commit{Source: "log/0", Epoch: p.Epoch, TagsCursor: "17"})
	}
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestAsk(t *testing.T) {
	lag := func(_ context.Context, source, cursor string) (int64, error) { return int64(len(cursor)), nil }
	st, err := Ask(t.Context(), fixture(t), Options{Lag: lag})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(st.Problems)
	want := []string{
		"partition log/1 has no owner", "partition log/10: its owner, note of gone, gives no sign of life",
		"pid 2 on h\x1b[31m has other rule states in force than most workers", "pid 2 on h\x1b[31m has other rules in force than most workers",
	}
	if diff := cmp.Diff(want, st.Problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	var names []string
	for _, p := range st.Partitions {
		names = append(names, p.Name)
	}
	if diff := cmp.Diff([]string{"log/0", "log/1", "log/2", "log/10"}, names); diff != "" {
		t.Errorf("partitions (-want +got):\n%s", diff)
	}
	if p := st.Partitions[0]; p.Epoch != 1 || p.CommittedAt == nil || p.Lag == nil || *p.Lag != 2 || !p.Alive {
		t.Errorf("log/0 = %+v, want its place in the ledger and a lag of 2", p)
	}
	if len(st.Roles) != 1 || st.Roles[0].Owner != "note of b" {
		t.Errorf("roles = %+v", st.Roles)
	}
	var b strings.Builder
	if err := st.WriteText(&b, report.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"bbbb DIFFERS", "aaaaaaaaaaaa ", "note of gone NO SIGN OF LIFE", "NONE", "3 workers, 4 partitions, 0 dead letters", "wrong: partition log/1 has no owner"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Errorf("the table has control characters:\n%q", b.String())
	}
}

// Without a bus the lag is unknown; a bus that fails is an error.
func TestAskLag(t *testing.T) {
	db := fixture(t)
	st, err := Ask(t.Context(), db, Options{})
	if err != nil || st.Partitions[0].Lag != nil {
		t.Errorf("Ask() without a bus = %+v, %v, want no lag", st.Partitions[0], err)
	}
	away := errors.New("away")
	if _, err := Ask(t.Context(), db, Options{Lag: func(context.Context, string, string) (int64, error) { return 0, away }}); !errors.Is(err, away) {
		t.Errorf("Ask() error = %v, want %v", err, away)
	}
}
