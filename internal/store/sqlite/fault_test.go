package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
	"ttpctl/internal/store"
	"ttpctl/internal/store/storetest"
)

// childRole is the variable that makes the test binary one of the processes
// below, on the database that is its last argument.
const childRole = "TTPCTL_STORE_TEST_CHILD"

var childRoles = map[string]func(ctx context.Context, path string) error{
	"write": childWrite, "commit": childCommit,
	"share": childShare,
	"read":  childRead,
}

func runChild(role, path string) int {
	if err := childRoles[role](context.Background(), path); err != nil {
		fmt.Println("error", err)
		return 1
	}
	return 0
}

// childBatch is how many tags a child inserts at once.
const childBatch = 50

// childWrite inserts tags and sets states until it is killed. What it prints
// it has been told is stored.
func childWrite(ctx context.Context, path string) error {
	db, err := Open(ctx, path, Options{Now: time.Now})
	if err != nil {
		return err
	}
	stats, err := db.Stats(ctx)
	if err != nil {
		return err
	}
	for first := stats.Tags; ; first += childBatch {
		in, err := db.Tags().Insert(ctx, storetest.SomeTags(first, childBatch))
		if err != nil {
			return err
		}
		fmt.Println("tags", first, len(in.New))
		mode := event.Mode(first / childBatch % 2)
		if err := db.States().SetState(ctx, "R0001", event.State{Mode: mode, Reason: fmt.Sprint(first), SetBy: "child"}); err != nil {
			return err
		}
		fmt.Println("state", first)
	}
}

// childShare inserts the same tags as its siblings and prints how many were
// new to it.
func childShare(ctx context.Context, path string) error {
	db, err := Open(ctx, path, Options{Now: time.Now, Busy: storetest.Patience})
	if err != nil {
		return err
	}
	defer db.Close()
	isNew := 0
	for first := 0; first < sharedTags; first += childBatch {
		in, err := db.Tags().Insert(ctx, storetest.SomeTags(first, childBatch))
		if err != nil {
			return err
		}
		isNew += len(in.New)
		if err := db.States().SetState(ctx, "R0001", event.State{Mode: event.Disabled, SetBy: "child"}); err != nil {
			return err
		}
	}
	fmt.Println("new", isNew)
	return nil
}

const sharedTags = 40 * childBatch

// childRead reads a database that it must not write, and tries to.
func childRead(ctx context.Context, path string) error {
	db, err := OpenReadOnly(ctx, path, Options{Now: time.Now})
	if err != nil {
		return err
	}
	defer db.Close()
	st, err := db.States().State(ctx, "R0001")
	if err != nil {
		return err
	}
	fmt.Println("state", st.Mode)
	if w, err := Open(ctx, path, Options{Now: time.Now}); !errors.Is(err, store.ErrReadOnly) || !strings.Contains(err.Error(), path) {
		if w != nil {
			w.Close()
		}
		return fmt.Errorf("Open of a file that may not be written: %w", err)
	}
	return nil
}

func child(t *testing.T, role, path string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, path)
	cmd.Env = append(os.Environ(), childRole+"="+role)
	return cmd
}

// checkIntact fails when the file's structure or the ties between its tables
// are damaged.
func checkIntact(t *testing.T, db *DB) {
	t.Helper()
	for statement, want := range map[string]string{
		`PRAGMA integrity_check`: "ok",
		`SELECT count(*) FROM ttp_rule_state_log l WHERE revision > 1 AND NOT EXISTS (SELECT 1 FROM ttp_rule_state_log p WHERE p.rule_id = l.rule_id AND p.revision = l.revision - 1)`: "0",
		`SELECT count(*) FROM ttp_rule_state s JOIN ttp_rule_state_log l USING (rule_id, revision) WHERE s.reason <> l.reason OR s.state <> l.state`:                                   "0",
		`SELECT (SELECT count(*) FROM ttp_change) - (SELECT count(*) FROM ttp_rule_state_log)`:                                                                                         "0",
		`SELECT count(*) - count(DISTINCT source_id) FROM ttp_tag`:                                                                                                                     "0",
	} {
		var got string
		if err := db.reader.QueryRowContext(t.Context(), statement).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %q, %v, want %s", statement, got, err, want)
		}
	}
}

// faultTime is how long the kill test goes on: TTPCTL_FAULT_TIME, such as 10m.
func faultTime(t *testing.T) time.Duration {
	if v := os.Getenv("TTPCTL_FAULT_TIME"); v != "" {
		d, err := time.ParseDuration(v)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	return time.Duration(rounds.Of(t, 1, 4)) * 500 * time.Millisecond
}

// A process that is killed in the midst of writing leaves a database that
// opens, holds all that was acknowledged, and holds every batch whole.
func TestKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ttpctl.db")
	openDB(t, path, time.Now).Close()
	deadline := time.Now().Add(faultTime(t))
	kills, written := 0, 0
	for ; time.Now().Before(deadline) || written == 0 && time.Now().Before(deadline.Add(time.Minute)); kills++ {
		tags, lastState := killedWriter(t, "write", path, time.Duration(20+rand.IntN(300))*time.Millisecond)
		db := openDB(t, path, time.Now)
		checkIntact(t, db)
		stats, err := db.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		written += tags
		if unacknowledged := stats.Tags - written; unacknowledged != 0 && unacknowledged != childBatch {
			t.Fatalf("%d tags stored, %d acknowledged: want the same, or one batch more", stats.Tags, written)
		}
		written = stats.Tags
		if lastState != "" {
			h, err := db.States().History(t.Context(), "R0001")
			if err != nil || len(h) == 0 {
				t.Fatalf("History() = %v, %v", h, err)
			}
			if h[0].State.Reason != lastState && (len(h) < 2 || h[1].State.Reason != lastState) {
				t.Fatalf("state %s was acknowledged, the history ends with %v", lastState, h[0])
			}
		}
		db.Close()
	}
	if written == 0 {
		t.Errorf("%d processes were killed before any of them wrote", kills)
	}
	t.Logf("%d processes killed, %d tags", kills, written)
}

// killedWriter lets a child write for d, kills it, and returns how many tags
// and which state it had acknowledged.
func killedWriter(t *testing.T, role, path string, d time.Duration) (tags int, lastState string) {
	t.Helper()
	cmd := child(t, role, path)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	// The time counts from the child's first word: starting it takes long.
	lines := bufio.NewScanner(out)
	var timer *time.Timer
	for lines.Scan() {
		if timer == nil {
			timer = time.AfterFunc(d, func() { cmd.Process.Kill() })
			defer timer.Stop()
		}
		var first, n int
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "tags"):
			if _, err := fmt.Sscanf(line, "tags %d %d", &first, &n); err != nil || n != childBatch {
				t.Errorf("child says %q, want %d new", line, childBatch)
			}
			tags += n
		case strings.HasPrefix(line, "state"):
			lastState = strings.TrimPrefix(line, "state ")
		default:
			t.Errorf("child says %q", line)
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("child ended with %v, want it killed", err)
	}
	return tags, lastState
}

// Processes that insert the same tags at once store each once, and exactly one
// of them is told that it is new.
func TestWritersAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ttpctl.db")
	const processes = 3
	var outs []io.Reader
	var cmds []*exec.Cmd
	for range processes {
		cmd := child(t, "share", path)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		outs, cmds = append(outs, out), append(cmds, cmd)
	}
	total := 0
	for i, out := range outs {
		text, err := io.ReadAll(out)
		must(t, err)
		var n int
		if _, err := fmt.Sscanf(string(text), "new %d", &n); err != nil {
			t.Errorf("child %d says %q", i, text)
		}
		total += n
		if err := cmds[i].Wait(); err != nil {
			t.Error(err)
		}
	}
	if total != sharedTags {
		t.Errorf("%d tags were new to somebody, want %d", total, sharedTags)
	}
	db := openDB(t, path, time.Now)
	checkIntact(t, db)
	h, err := db.States().History(t.Context(), "R0001")
	if want := processes * sharedTags / childBatch; err != nil || len(h) != want {
		t.Errorf("%d state changes (%v), want %d", len(h), err, want)
	}
}

// Out of room is an error; what was stored stays, and there is no damage.
func TestFull(t *testing.T) {
	t.Parallel()
	db := tempDB(t)
	limit := func(pages int) {
		_, err := db.writer.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages))
		must(t, err)
	}
	limit(100)
	stored := 0
	var full error
	for first := 0; full == nil; first += childBatch {
		in, err := db.Tags().Insert(t.Context(), storetest.SomeTags(first, childBatch))
		stored += len(in.New)
		full = err
	}
	if !errors.Is(full, store.ErrFull) || store.ClassOf(full) != store.Full || !strings.Contains(full.Error(), db.path) {
		t.Errorf("Insert() into a full database: %v, want %v that names the file", full, store.ErrFull)
	}
	checkIntact(t, db)
	if got := countTags(t, db); got != stored || stored == 0 {
		t.Errorf("%d tags, want the %d acknowledged", got, stored)
	}
	limit(1 << 20)
	if in := insert(t, db, storetest.SomeTags(0, stored+childBatch)...); len(in.New) != childBatch || in.Duplicates != stored {
		t.Errorf("Insert() with room again = %d new, %d duplicates, want %d and %d", len(in.New), in.Duplicates, childBatch, stored)
	}
	checkIntact(t, db)
}

// Somebody else's lock is an error after the time allowed, and nothing worse.
func TestLocked(t *testing.T) {
	t.Parallel()
	holder := tempDB(t)
	tx, err := holder.writer.BeginTx(t.Context(), nil)
	must(t, err)
	db, err := Open(t.Context(), holder.path, Options{Now: time.Now, Busy: 50 * time.Millisecond})
	must(t, err)
	defer db.Close()
	set := func() error {
		return db.States().SetState(t.Context(), "R0001", event.State{Mode: event.Disabled, SetBy: "a"})
	}
	for name, err := range map[string]error{"SetState": set(), "Insert": onlyError(db.Tags().Insert(t.Context(), storetest.SomeTags(0, 1)))} {
		if !errors.Is(err, store.ErrLocked) || store.ClassOf(err) != store.Locked || !strings.Contains(err.Error(), db.path) {
			t.Errorf("%s on a locked database: %v, want %v that names the file", name, err, store.ErrLocked)
		}
	}
	if _, err := db.States().State(t.Context(), "R0001"); err != nil {
		t.Errorf("State() while another process writes: %v", err)
	}
	must(t, tx.Rollback())
	must(t, set())
}

// An expiry that cannot be written is told, and written when it can be.
func TestLockedExpiry(t *testing.T) {
	t.Parallel()
	c := &storetest.Clock{}
	path := filepath.Join(t.TempDir(), "ttpctl.db")
	told := make(chan store.Notice, 100)
	db, err := Open(t.Context(), path, Options{Now: c.Now, Busy: 20 * time.Millisecond, Notify: func(n store.Notice) { told <- n }})
	must(t, err)
	defer db.Close()
	_, sub, err := db.States().Watch(t.Context())
	must(t, err)
	must(t, db.States().SetState(t.Context(), "R0001", event.State{Mode: event.Disabled, ExpiresAt: c.Now().Add(time.Hour), SetBy: "a"}))
	storetest.Next(t, sub)
	tx, err := openDB(t, path, c.Now).writer.BeginTx(t.Context(), nil)
	must(t, err)
	c.Advance(time.Hour)
	if n := <-told; !errors.Is(n.Err, store.ErrLocked) {
		t.Errorf("notice = %v, want %v", n, store.ErrLocked)
	}
	must(t, tx.Rollback())
	if c := storetest.Next(t, sub); c.State.SetBy != store.ExpiredBy {
		t.Errorf("Next() = %v, want the revert", c)
	}
	if n := <-told; n.Err != nil {
		t.Errorf("notice = %v, want that it is over", n)
	}
}

// A user who may only read the file and its directory can read, with and
// without another process writing.
func TestMayNotWrite(t *testing.T) {
	t.Parallel()
	// Outside t.TempDir, whose parents other users may not enter.
	root, err := os.MkdirTemp("", "ttpctl-store-test")
	must(t, err)
	defer os.RemoveAll(root)
	must(t, os.Chmod(root, 0o755))
	dir := filepath.Join(root, "db")
	path := filepath.Join(dir, "ttpctl.db")
	db := openDB(t, path, time.Now)
	must(t, db.States().SetState(t.Context(), "R0001", event.State{Mode: event.Disabled, SetBy: "a"}))

	reader := func(name string) {
		t.Helper()
		files, err := filepath.Glob(path + "*")
		must(t, err)
		for _, f := range files {
			must(t, os.Chmod(f, 0o444))
		}
		must(t, os.Chmod(dir, 0o555))
		defer os.Chmod(dir, 0o755)
		cmd := child(t, "read", path)
		if os.Geteuid() == 0 { // root may write everywhere
			cmd.Path = copyForAll(t, root, cmd.Path)
			cmd.Dir = root
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		// Not what it says on stderr: go test -cover complains there that
		// another user cannot write its counters.
		if out, err := cmd.Output(); err != nil || string(out) != "state disabled\n" {
			t.Errorf("%s, a reader says %q (%v), want the state", name, out, err)
		}
	}
	reader("with a writer")
	must(t, db.Close())
	if left, err := filepath.Glob(path + "-*"); err != nil || len(left) > 0 {
		t.Fatalf("%v are left beside a closed database (%v)", left, err)
	}
	reader("without a writer")
}

func copyForAll(t *testing.T, dir, exe string) string {
	t.Helper()
	data, err := os.ReadFile(exe)
	must(t, err)
	path := filepath.Join(dir, "reader.test")
	must(t, os.WriteFile(path, data, 0o755))
	must(t, os.Chmod(path, 0o755))
	return path
}
