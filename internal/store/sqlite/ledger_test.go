package sqlite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"ttpctl/internal/store"
	"ttpctl/internal/store/storetest"
)

// childCommit commits tags, their messages, a cursor that says how many they
// are, and a state until it is killed.
func childCommit(ctx context.Context, path string) error {
	db, err := Open(ctx, path, Options{Now: time.Now})
	if err != nil {
		return err
	}
	p, err := db.Ledger().Resume(ctx, "s", "child")
	if err != nil {
		return err
	}
	if err := db.Outbox().Outputs(ctx, "s", []string{"out"}); err != nil {
		return err
	}
	for first := int(p.Seq); ; first += childBatch {
		tags := storetest.SomeTags(first, childBatch)
		cursor := strconv.Itoa(first + childBatch)
		fresh, err := db.Ledger().Commit(ctx, &store.Commit{
			Source: "s", Epoch: p.Epoch, Tags: tags, TagsCursor: cursor, State: []byte(cursor), StateCursor: cursor,
			Publish: func(fresh []int) []store.Message { return bodies(tags, fresh) },
		})
		if err != nil {
			return err
		}
		fmt.Println("tags", first, len(fresh))
	}
}

// After a kill at any moment tags, cursors, state and outbox say the same.
func TestKillLedger(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ttpctl.db")
	openDB(t, path, time.Now).Close()
	written := int64(0)
	for deadline := time.Now().Add(faultTime(t)); time.Now().Before(deadline) || written == 0 && time.Now().Before(deadline.Add(time.Minute)); {
		told, _ := killedWriter(t, "commit", path, time.Duration(20+rand.IntN(300))*time.Millisecond)
		db := openDB(t, path, time.Now)
		checkIntact(t, db)
		p, err := db.Ledger().Resume(t.Context(), "s", "parent")
		must(t, err)
		written += int64(told)
		if more := p.Seq - written; more != 0 && more != childBatch {
			t.Fatalf("%d messages numbered, %d acknowledged: want the same, or one commit more", p.Seq, written)
		}
		written = p.Seq
		if want := strconv.FormatInt(p.Seq, 10); p.Seq > 0 && (p.TagsCursor != want || p.StateCursor != want || string(p.State) != want) {
			t.Fatalf("cursors %s and %s, state %s, want all of them %s", p.TagsCursor, p.StateCursor, p.State, want)
		}
		if tags := countTags(t, db); int64(tags) != p.Seq {
			t.Fatalf("%d tags, %d messages: want as many", tags, p.Seq)
		}
		wantOutbox(t, db, p.Seq)
		db.Close()
	}
	if written == 0 {
		t.Error("every process was killed before it wrote")
	}
}

// wantOutbox fails unless the outbox holds the messages 1 to last.
func wantOutbox(t *testing.T, db *DB, last int64) {
	t.Helper()
	ms, err := db.Outbox().Next(t.Context(), "out", "s", 0, int(last)+1)
	must(t, err)
	for i, m := range ms {
		if m.Seq != int64(i+1) {
			t.Fatalf("message %d has number %d", i, m.Seq)
		}
	}
	if int64(len(ms)) != last {
		t.Fatalf("the outbox has %d messages, want %d", len(ms), last)
	}
}

func TestCountLetters(t *testing.T) {
	db := openDB(t, filepath.Join(t.TempDir(), "ttpctl.db"), time.Now)
	p, err := db.Ledger().Resume(t.Context(), "log", "test")
	must(t, err)
	c := store.Commit{Source: "log", Epoch: p.Epoch, Dead: []store.DeadLetter{{Reason: "a"}, {Reason: "b"}}}
	_, err = db.Ledger().Commit(t.Context(), &c)
	must(t, err)
	if n, err := db.DeadLetters().Count(t.Context()); n != 2 || err != nil {
		t.Errorf("Count() = %d, %v, want 2", n, err)
	}
}
