package storetest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

// A DatabaseFixture is a kind of database with a server under the suites.
type DatabaseFixture struct {
	// New makes an empty database, which goes with the test, and returns its
	// address.
	New          func(t testing.TB) string
	Open         func(ctx context.Context, address string, opts store.DBOptions) (store.Database, error)
	OpenReadOnly func(ctx context.Context, address string, opts store.DBOptions) (store.Database, error)
	// Drop breaks the connections of all others to the database.
	Drop func(t testing.TB, address string)
	// Exec runs a statement in the database.
	Exec func(t testing.TB, address, statement string)
}

// Opener returns open as a DatabaseFixture has it.
func Opener[D store.Database](open func(context.Context, string, store.DBOptions) (D, error)) func(context.Context, string, store.DBOptions) (store.Database, error) {
	return func(ctx context.Context, address string, opts store.DBOptions) (store.Database, error) {
		db, err := open(ctx, address, opts)
		if err != nil {
			return nil, err
		}
		return db, nil
	}
}

// ServerAddress returns the address of the server that a variable names. It skips
// the test when there is none, and says what was left out.
func ServerAddress(t testing.TB, variable string) string {
	address := os.Getenv(variable)
	if address == "" {
		t.Skipf("LEFT OUT: %s names no server", variable)
	}
	return address
}

// opened opens the database at address, until the end of the test.
func (f *DatabaseFixture) opened(t testing.TB, address string, now func() time.Time) store.Database {
	t.Helper()
	db, err := f.Open(t.Context(), address, store.DBOptions{Now: now, Getenv: os.Getenv, DeadLetters: serverLetters})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// serverLetters is how many dead letters the databases of the suites keep.
const serverLetters = 20

// Database runs all suites over databases with a server, and what such a database
// owes besides.
func Database(t *testing.T, f DatabaseFixture) {
	t.Run("rules", func(t *testing.T) { t.Parallel(); RuleSource(t, f.rules) })
	t.Run("states", func(t *testing.T) { t.Parallel(); StateStore(t, f.states) })
	t.Run("states of two processes", func(t *testing.T) { t.Parallel(); StateStore(t, f.twoStates) })
	t.Run("tags", func(t *testing.T) { t.Parallel(); Tags(t, f.tags) })
	t.Run("ledger", func(t *testing.T) { t.Parallel(); Ledger(t, f.ledger) })
	t.Run("outbox", func(t *testing.T) { t.Parallel(); Outbox(t, f.ledger) })
	t.Run("dead letters", func(t *testing.T) { t.Parallel(); DeadLetters(t, f.ledger) })
	t.Run("sessions", func(t *testing.T) { t.Parallel(); Sessions(t, f.ledger) })
	t.Run("leases", func(t *testing.T) { t.Parallel(); Leases(t, f.leases) })
	t.Run("claims", func(t *testing.T) { t.Parallel(); Claims(t, f.claims) })
	for name, test := range map[string]func(*testing.T, DatabaseFixture){
		"migrated at once": testMigratedAtOnce, "schema": testSchema, "newer beside": testNewerBeside, "password": testPassword, "long ids": testLongIDs,
		"out of order": testOutOfOrder, "dropped": testDropped, "key": testKey, "retention": testRetention, "read only": testReadOnly,
		"same tags at once": testSameTags, "rewritten": testRewritten, "silent": testSilent, "sessions pruned beside": testSessionsPrunedBeside,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, f) })
	}
}

// claims is one database, which two processes have open.
func (f *DatabaseFixture) claims(t *testing.T) [2]store.Claims {
	address := f.New(t)
	return [2]store.Claims{f.opened(t, address, time.Now).Claims(), f.opened(t, address, time.Now).Claims()}
}

func (f *DatabaseFixture) rules(t *testing.T, initial map[string]string) RuleFixture {
	address := f.New(t)
	writer, reader := f.opened(t, address, time.Now), f.opened(t, address, time.Now)
	put := func(t *testing.T, id, content string) {
		if _, err := writer.Rules().Write(t.Context(), []store.StoredRule{{ID: id, Version: 1, Content: []byte(content)}}, nil); err != nil {
			t.Error(err)
		}
	}
	for id, content := range initial {
		put(t, id, content)
	}
	return RuleFixture{
		Source: reader.Rules(), Name: store.SourceName, Put: put, Close: reader.Close,
		Remove: func(t *testing.T, id string) {
			if n, err := writer.Rules().Write(t.Context(), nil, []string{id, "R9999"}); err != nil || n != 1 {
				t.Errorf("Delete(%s) = %d, %v, want 1", id, n, err)
			}
		},
	}
}

func (f *DatabaseFixture) states(t *testing.T) StateFixture {
	c := &Clock{}
	db := f.opened(t, f.New(t), c.Now)
	return StateFixture{StateStore: db.States(), States: db.States().States, Clock: c, Close: db.Close}
}

// twoStates writes through one process and does the rest through another.
func (f *DatabaseFixture) twoStates(t *testing.T) StateFixture {
	c := &Clock{}
	address := f.New(t)
	writer, reader := f.opened(t, address, c.Now), f.opened(t, address, c.Now)
	return StateFixture{
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

func (f *DatabaseFixture) tags(t *testing.T) TagFixture {
	tags := f.opened(t, f.New(t), time.Now).Tags()
	return TagFixture{Tags: tags, LinkCampaigns: tags.LinkCampaigns}
}

func (f *DatabaseFixture) ledger(t *testing.T) LedgerFixture {
	c := &Clock{}
	address := f.New(t)
	var open func(t *testing.T) LedgerFixture
	open = func(t *testing.T) LedgerFixture {
		db := f.opened(t, address, c.Now)
		return LedgerFixture{
			Ledger: db.Ledger(), Outbox: db.Outbox(), DeadLetters: db.DeadLetters(), Tags: db.Tags(), Sessions: db.Sessions(), Clock: c, Letters: serverLetters, Again: open,
		}
	}
	return open(t)
}

func (f *DatabaseFixture) leases(t *testing.T) LeaseFixture {
	c := &Clock{}
	return LeaseFixture{Leases: f.opened(t, f.New(t), c.Now).Leases(), Clock: c}
}

// Processes that open a new database at once make its schema once.
func testMigratedAtOnce(t *testing.T, f DatabaseFixture) {
	address := f.New(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			db, err := f.Open(t.Context(), address, store.DBOptions{Now: time.Now, Getenv: os.Getenv})
			if err != nil {
				t.Error(err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// A schema that is newer, or was made by other migrations, is refused.
func testSchema(t *testing.T, f DatabaseFixture) {
	address := f.New(t)
	if _, err := f.OpenReadOnly(t.Context(), address, store.DBOptions{Now: time.Now, Getenv: os.Getenv}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenReadOnly() of an empty database: error = %v, want %v", err, fs.ErrNotExist)
	}
	f.opened(t, address, time.Now)
	for _, c := range []struct {
		statement string
		want      error
	}{
		{`INSERT INTO ttp_migration (version, name, sum, applied_at) VALUES (99, 'later', '', 0)`, store.ErrNewerSchema},
		{`UPDATE ttp_migration SET sum = 'other', version = 1 WHERE version = 1`, store.ErrNewerSchema},
		{`DELETE FROM ttp_migration WHERE version = 99`, store.ErrNotDatabase},
	} {
		f.Exec(t, address, c.statement)
		for _, open := range []func(context.Context, string, store.DBOptions) (store.Database, error){f.Open, f.OpenReadOnly} {
			if _, err := open(t.Context(), address, store.DBOptions{Now: time.Now, Getenv: os.Getenv}); !errors.Is(err, c.want) || store.ClassOf(err) != store.Unusable {
				t.Errorf("after %s: error = %v, want %v", c.statement, err, c.want)
			}
		}
	}
}

// A program goes on beside a newer one whose migrations say that it can.
func testNewerBeside(t *testing.T, f DatabaseFixture) {
	address := f.New(t)
	f.opened(t, address, time.Now)
	for _, c := range []struct {
		statement string
		want      error
	}{
		{`INSERT INTO ttp_migration (version, name, sum, applied_at, oldest) SELECT count(*) + 1, 'later', '', 0, count(*) FROM ttp_migration`, nil},
		{`INSERT INTO ttp_migration (version, name, sum, applied_at, oldest) SELECT count(*) + 1, 'later still', '', 0, count(*) - 1 FROM ttp_migration`, nil},
		{`INSERT INTO ttp_migration (version, name, sum, applied_at, oldest) SELECT count(*) + 1, 'and not with that', '', 0, count(*) FROM ttp_migration`, store.ErrNewerSchema},
	} {
		f.Exec(t, address, c.statement)
		for _, open := range []func(context.Context, string, store.DBOptions) (store.Database, error){f.Open, f.OpenReadOnly} {
			db, err := open(t.Context(), address, store.DBOptions{Now: time.Now, Getenv: os.Getenv})
			if !errors.Is(err, c.want) {
				t.Errorf("after %s: error = %v, want %v", c.statement, err, c.want)
			}
			if err == nil {
				db.Close()
			}
		}
	}
}

// A password is taken from a file or the environment, and is in no error.
func testPassword(t *testing.T, f DatabaseFixture) {
	const secret = "s3cr3t-of-the-test"
	address := f.New(t)
	before, after, _ := strings.Cut(address, "@")
	file := t.TempDir() + "/password"
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	scheme, _, _ := strings.Cut(before, "://")
	for name, c := range map[string]struct {
		address string
		refused bool // before anybody is asked
	}{
		"in the address":    {before + ":" + secret + "@" + after, true},
		"as a parameter":    {address + "?password=" + secret, true},
		"malformed":         {before + ":" + secret + "@%zz/" + after, true},
		"of a file":         {scheme + "://nobody-of-that-name@" + after + "?password-file=" + file, false},
		"of no such server": {scheme + "://nobody@127.0.0.1:1/x?password-file=" + file, false},
	} {
		_, err := f.Open(t.Context(), c.address, store.DBOptions{Now: time.Now, Getenv: func(string) string { return "" }})
		if err == nil && c.refused || err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("Open() with a password %s: error = %v", name, err)
		}
	}
	db, err := f.Open(t.Context(), address, store.DBOptions{Now: time.Now, Getenv: os.Getenv})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if strings.Contains(db.Path(), "?") || !strings.Contains(db.Path(), scheme) {
		t.Errorf("Path() = %q, want the address without parameters", db.Path())
	}
}

// Ids that attackers choose may be longer than an index takes.
func testLongIDs(t *testing.T, f DatabaseFixture) {
	db := f.opened(t, f.New(t), time.Now)
	long := func(c string) string { return strings.Repeat(c+"\x00ü", 30_000) }
	tag := NamedTag(1, long("a"), long("i"))
	tag.SourceID, tag.SessionID = long("e"), event.Some(long("s"))
	tag.Evidence = []byte(`{"command_text":"` + strings.Repeat("x", 100_000) + `"}`)
	other := tag
	other.SourceID += "2"
	other.UUID[0]++
	tags := []event.Tag{tag, other}
	if in, err := db.Tags().Insert(t.Context(), tags); err != nil || len(in.New) != 2 {
		t.Fatalf("Insert() = %+v, %v", in, err)
	}
	for _, filter := range []store.Filter{
		{}, {Attackers: []store.Attacker{{UUID: long("a")}}}, {Identity: long("i")}, {Sessions: []string{long("s")}},
	} {
		got := chosen(t, db.Tags(), filter)
		if len(got) != 2 || cmp.Diff(other, got[0].Tag) != "" || cmp.Diff(tag, got[1].Tag) != "" {
			t.Errorf("%d tags come back, want both as they were", len(got))
		}
	}
}

// Changes of transactions that overlap are all seen, whichever commits first.
func testOutOfOrder(t *testing.T, f DatabaseFixture) {
	address := f.New(t)
	watcher := f.opened(t, address, time.Now)
	_, sub, err := watcher.States().Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	const writers, each = 4, 20
	var wg sync.WaitGroup
	for w := range writers {
		db := f.opened(t, address, time.Now)
		wg.Go(func() {
			for i := range each {
				if err := db.States().SetState(t.Context(), fmt.Sprintf("R%d%03d", w, i), event.State{Mode: event.Disabled, SetBy: "w"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	seen := map[string]bool{}
	for len(seen) < writers*each {
		seen[Next(t, sub).RuleID] = true
	}
	wg.Wait()
}

// Connections that break cost nothing but time: what was watched is watched on.
func testDropped(t *testing.T, f DatabaseFixture) {
	address := f.New(t)
	db := f.opened(t, address, time.Now)
	_, sub, err := db.States().Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	for i := range 5 {
		f.Drop(t, address)
		if in, err := db.Tags().Insert(t.Context(), SomeTags(10*i, 10)); err != nil || len(in.New) != 10 {
			t.Errorf("Insert() after the connections broke = %+v, %v", in, err)
		}
		f.Drop(t, address)
		if err := db.States().SetState(t.Context(), "R0001", event.State{Mode: event.Disabled, Reason: fmt.Sprint(i), SetBy: "w"}); err != nil {
			t.Errorf("SetState() after the connections broke: %v", err)
		}
		for Next(t, sub).State.Reason != fmt.Sprint(i) {
		}
		f.Drop(t, address)
		if n := len(chosen(t, db.Tags(), store.Filter{})); n != 10*(i+1) {
			t.Errorf("%d tags, want %d", n, 10*(i+1))
		}
	}
}

func testKey(t *testing.T, f DatabaseFixture) {
	address := f.New(t)
	one, two := f.opened(t, address, time.Now), f.opened(t, address, time.Now)
	first, err := one.Key(t.Context(), "k", []byte("0123456789abcdef\x00"))
	if err != nil || string(first) != "0123456789abcdef\x00" {
		t.Errorf("Key() = %q, %v", first, err)
	}
	var wg sync.WaitGroup
	made := make([]string, 8)
	for i := range made { // all at once: one makes it
		wg.Go(func() {
			text, err := []store.Database{one, two}[i%2].Key(t.Context(), "raced", fmt.Appendf(nil, "a secret of 16 bytes, %d", i))
			if err != nil {
				t.Error(err)
			}
			made[i] = string(text)
		})
	}
	wg.Wait()
	if slices.Sort(made); made[0] != made[len(made)-1] || made[0] == "" {
		t.Errorf("who asks at once gets %q, want one secret", made)
	}
	if again, err := two.Key(t.Context(), "k", []byte("another of 16 bytes")); err != nil || string(again) != string(first) {
		t.Errorf("Key() of another process = %q, %v, want the first", again, err)
	}
}

func testRetention(t *testing.T, f DatabaseFixture) {
	c := &Clock{}
	db := f.opened(t, f.New(t), c.Now)
	const old, recent = 6000, 20
	insert(t, TagFixture{Tags: db.Tags()}, SomeTags(0, old)...)
	cutoff := c.Now().Add(time.Hour)
	c.Advance(2 * time.Hour)
	insert(t, TagFixture{Tags: db.Tags()}, SomeTags(old, recent)...)
	if st, err := db.Stats(t.Context()); err != nil || st.Tags != old+recent || st.Schema == 0 || st.Bytes == 0 || st.Newest.Sub(st.Oldest) < 2*time.Hour {
		t.Errorf("Stats() = %+v, %v, want %d tags over 2 h", st, err, old+recent)
	}
	if n, err := db.Tags().CountOlderThan(t.Context(), cutoff); err != nil || n != old {
		t.Errorf("CountOlderThan() = %d, %v, want %d", n, err, old)
	}
	for _, want := range []int{old, 0} {
		if n, err := db.Tags().PruneOlderThan(t.Context(), cutoff); err != nil || n != want {
			t.Errorf("PruneOlderThan() = %d, %v, want %d", n, err, want)
		}
	}
	if in := insert(t, TagFixture{Tags: db.Tags()}, SomeTags(0, 3)...); len(in.New) != 3 {
		t.Errorf("Insert() of pruned tags = %+v, want 3 new", in)
	}
}

// What was opened for reading is not written.
func testReadOnly(t *testing.T, f DatabaseFixture) {
	address := f.New(t)
	f.opened(t, address, time.Now)
	db, err := f.OpenReadOnly(t.Context(), address, store.DBOptions{Now: time.Now, Getenv: os.Getenv})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.States().SetState(t.Context(), "R0001", event.State{Mode: event.Disabled}); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("SetState() error = %v, want %v", err, store.ErrReadOnly)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	if _, err := db.Stats(t.Context()); !errors.Is(err, store.ErrDBClosed) {
		t.Errorf("Stats() of a closed database: error = %v, want %v", err, store.ErrDBClosed)
	}
}

// Of several processes that store the same tags, each is new to one.
func testSameTags(t *testing.T, f DatabaseFixture) {
	const processes, batches, size = 3, 20, 100
	address := f.New(t)
	var mu sync.Mutex
	isNew := map[int]int{}
	var wg sync.WaitGroup
	for p := range processes {
		db := f.opened(t, address, time.Now)
		wg.Go(func() {
			for b := range batches {
				first := (b + p) % batches * size // in orders of their own
				tags := SomeTags(first, size)
				in, err := db.Tags().Insert(t.Context(), tags)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for _, i := range in.New {
					isNew[first+i]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for n := range batches * size {
		if isNew[n] != 1 {
			t.Errorf("tag %d was new to %d processes, want 1", n, isNew[n])
		}
	}
}

// A database that was set back to an earlier state is read anew.
func testRewritten(t *testing.T, f DatabaseFixture) {
	address := f.New(t)
	db := f.opened(t, address, time.Now)
	for _, id := range []string{"R0001", "R0002"} {
		if err := db.States().SetState(t.Context(), id, event.State{Mode: event.Disabled, SetBy: "w"}); err != nil {
			t.Fatal(err)
		}
	}
	_, sub, err := db.States().Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	f.Exec(t, address, `UPDATE ttp_rule_state SET state = 'enabled', revision = revision + 1 WHERE rule_id = 'R0001'`)
	f.Exec(t, address, `DELETE FROM ttp_change WHERE rev > 1`)
	f.Exec(t, address, `UPDATE ttp_counter SET rev = 1`)
	for c := Next(t, sub); c.RuleID != "R0001" || c.State.Mode != event.Enabled; c = Next(t, sub) {
	}
	if err := db.States().SetState(t.Context(), "R0002", event.State{Mode: event.Enabled, SetBy: "w", Reason: "after"}); err != nil {
		t.Fatal(err)
	}
	for Next(t, sub).State.Reason != "after" {
	}
}
