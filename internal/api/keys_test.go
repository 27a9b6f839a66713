package api

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
	"ttpctl/internal/lines"
	"ttpctl/internal/spool"
)

// A failingSpool gives an error while it has one.
type failingSpool struct {
	Spool
	err error
}

func (s *failingSpool) Append(ctx context.Context, e spool.Entry) (lines.Cursor, error) {
	if s.err != nil {
		return "", s.err
	}
	return s.Spool.Append(ctx, e)
}

func errFull() error { return fmt.Errorf("spool: %w", spool.ErrFull) }

// reborn serves what b left in its directory, as a process does that comes after
// a kill.
func reborn(t *testing.T, b *bench) *bench {
	t.Helper()
	dir := filepath.Dir(b.keys.path)
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return newBench(t, func(c *Config) {
		next := &bench{t: t}
		next.open(to)
		c.Keys, c.Spool, c.Limits.Wait = next.keys, next.log, time.Millisecond
	})
}

// The same key and body again gives the first answer and stores nothing, also
// after a kill, whether or not the first answer came out; another body is
// refused.
func TestIdempotency(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Limits.Wait = 10 * time.Second })
	go b.follow(func(blk *lines.Block) bool {
		b.srv.Committed(blk.Cursor, []event.Tag{{SourceID: "a"}, {SourceID: "a"}})
		return false
	})
	body := eventLine("a") + "\nbad"
	first := b.do("POST", "/v1/events", ingestToken, body, "Idempotency-Key", "k1")
	first.want(t, 200, `"tags_new":2`)
	b.cfg.Limits.Wait = time.Millisecond
	for i, again := range []*bench{b, reborn(t, b)} {
		got := again.do("POST", "/v1/events", ingestToken, zipped(t, body), "Idempotency-Key", "k1", "Content-Encoding", "gzip")
		if diff := cmp.Diff(first.body, got.body); diff != "" || got.StatusCode != 200 {
			t.Errorf("again %d: %d (-first +again):\n%s", i, got.StatusCode, diff)
		}
		again.do("POST", "/v1/events", ingestToken, eventLine("b"), "Idempotency-Key", "k1").want(t, 422, "another body")
	}
	if diff := cmp.Diff([]string{eventLine("a")}, b.spooled()); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	for _, key := range []string{"", strings.Repeat("k", 256)} {
		b.do("POST", "/v1/events", ingestToken, body, "Idempotency-Key", key).want(t, 400, "Idempotency-Key")
	}
}

// A request that was stored, and whose answer a kill prevented, is not stored
// again.
func TestKilledBeforeTheAnswer(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Limits.Wait = time.Hour })
	done := make(chan reply)
	go func() { done <- b.do("POST", "/v1/events", ingestToken, eventLine("a"), "Idempotency-Key", "k") }()
	b.awaitWaiter()
	b.do("POST", "/v1/events", ingestToken, eventLine("a"), "Idempotency-Key", "k").want(t, 409, "being answered")
	next := reborn(t, b)
	b.srv.stopped()
	(<-done).want(t, 202, `"accepted":1`)
	next.do("POST", "/v1/events", ingestToken, eventLine("a"), "Idempotency-Key", "k").want(t, 202, `{"accepted":1,"rejected":[],"tags_new":null}`)
	next.log = next.cfg.Spool.(*spool.Log)
	if diff := cmp.Diff([]string{eventLine("a")}, next.spooled()); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
}

// Keys outlive the segments that they came with, a torn end, and a day; not more.
func TestKeysAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	open := func() *Keys {
		t.Helper()
		k, err := OpenKeys(path, clock)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	k := open()
	_, end, err := k.begin(keyHash{1}, keyHash{2})
	if err != nil {
		t.Fatal(err)
	}
	end(true)
	k.Seen(meta(keyHash{3}, keyHash{4}, now.Add(-23*time.Hour)), "")
	k.Seen([]byte("of another kind"), "")
	if err := k.Leaving(); err != nil { // both are in segments only
		t.Fatal(err)
	}
	if err := k.answered(keyHash{1}, new(7)); err != nil {
		t.Fatal(err)
	}
	k.Close()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(text, text[:50]...), 0o600); err != nil {
		t.Fatal(err)
	}
	k = open()
	if a := k.known[keyHash{1}]; a == nil || a.new != 7 || a.body != (keyHash{2}) || !a.at.Equal(now) {
		t.Errorf("key 1 is %+v, want its answer", a)
	}
	if a := k.known[keyHash{3}]; a == nil || a.tags() != nil {
		t.Errorf("key 3 is %+v, want it without an answer", a)
	}
	now = now.Add(2 * time.Hour)
	if known, end, err := k.begin(keyHash{3}, keyHash{9}); known != nil || end == nil || err != nil {
		t.Errorf("a key of yesterday is %v, %v, want it free", known, err)
	} else {
		end(false)
	}
	k.Close()
}

// The number of keys is bounded, and the file does not grow for ever.
func TestKeysAreBounded(t *testing.T) {
	t.Parallel()
	k, err := OpenKeys(filepath.Join(t.TempDir(), "keys"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	at := time.Now()
	k.mu.Lock()
	for i := range maxKeys + 10 {
		k.remember(keyRecord{key: keyHash{byte(i), byte(i >> 8), byte(i >> 16)}, at: at})
	}
	k.expire()
	if len(k.known) != maxKeys || len(k.order) != maxKeys || k.known[keyHash{}] != nil {
		t.Errorf("%d keys in %d, want %d without the oldest", len(k.known), len(k.order), maxKeys)
	}
	k.known, k.order = map[keyHash]*answered{}, nil
	k.remember(keyRecord{key: keyHash{1}, at: at})
	k.mu.Unlock()
	if _, err := os.Stat(k.path); err == nil {
		t.Error("the file was written before there was anything to write")
	}
	for range 3000 {
		if err := k.answered(keyHash{1}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.Leaving(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(k.path); err != nil || info.Size() != keyRecordBytes {
		t.Errorf("the file is %v (%v), want one record", info.Size(), err)
	}
}

// Requests and segments that leave hold each other up for a moment at most.
func TestKeysWhileSegmentsLeave(t *testing.T) {
	k, err := OpenKeys(filepath.Join(t.TempDir(), "keys"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		var running sync.WaitGroup
		for c := range 8 {
			running.Go(func() {
				for i := range 200 {
					key := keyHash{byte(c), byte(i)}
					if _, end, err := k.begin(key, key); err != nil {
						t.Error(err)
					} else {
						end(true)
					}
					if err := k.answered(key, nil); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for range 50 {
			if err := k.Leaving(); err != nil {
				t.Error(err)
			}
		}
		running.Wait()
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("requests and segments wait for each other")
	}
}
