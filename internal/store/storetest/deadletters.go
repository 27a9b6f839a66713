package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/store"
)

// DeadLetters runs the suite of [store.DeadLetters] over ledgers that fixture
// makes.
func DeadLetters(t *testing.T, fixture func(t *testing.T) LedgerFixture) {
	runSuite(t, fixture, map[string]func(*testing.T, LedgerFixture){
		"read and forget": testLetters, "bounds": testLetterBounds, "tried again": testLettersAgain, "set aside": testSetAside, "hostile": testLettersHostile,
	})
}

// letters returns the dead letters, the newest first.
func letters(t *testing.T, f LedgerFixture, limit int) (ds []store.DeadLetter) {
	t.Helper()
	err := f.Each(t.Context(), limit, func(d *store.DeadLetter) error {
		ds = append(ds, *d)
		return nil
	})
	if err != nil {
		t.Fatalf("Each(%d) error = %v", limit, err)
	}
	return ds
}

// reasons returns why each was set aside.
func reasons(ds []store.DeadLetter) (rs []string) {
	for _, d := range ds {
		rs = append(rs, d.Reason)
	}
	return rs
}

// setAside commits dead letters with the reasons first to first+n-1.
func setAside(t *testing.T, f LedgerFixture, p store.Position, first, n int) {
	t.Helper()
	c := &store.Commit{Source: p.Source, Epoch: p.Epoch}
	for i := range n {
		c.Dead = append(c.Dead, store.DeadLetter{Where: "file:1", Reason: fmt.Sprint(first + i), Body: []byte("line\n")})
	}
	commit(t, f, c)
}

func testLetters(t *testing.T, f LedgerFixture) {
	now := store.Instant(f.Clock.Now())
	setAside(t, f, resume(t, f, "a"), 1, 2)
	setAside(t, f, resume(t, f, "b"), 3, 1)
	if f.Again != nil {
		f = f.Again(t)
	}
	all := letters(t, f, 0)
	if diff := cmp.Diff([]string{"3", "2", "1"}, reasons(all)); diff != "" {
		t.Fatalf("Each() (-want +got):\n%s", diff)
	}
	if got := reasons(letters(t, f, 2)); !slices.Equal(got, []string{"3", "2"}) {
		t.Errorf("Each(2) = %v, want 3, 2", got)
	}
	one, err := f.Letter(t.Context(), all[1].ID)
	want := store.DeadLetter{ID: all[1].ID, Source: "a", Where: "file:1", Reason: "2", Body: []byte("line\n"), At: one.At}
	if diff := cmp.Diff(want, one); err != nil || diff != "" || one.At.Before(now) {
		t.Errorf("Letter(), %v, of %v (-want +got):\n%s", err, one.At, diff)
	}
	stop, n := errors.New("enough"), 0
	if err := f.Each(t.Context(), 0, func(*store.DeadLetter) error { n++; return stop }); err != stop || n != 1 {
		t.Errorf("Each() = %v after %d, want the error of yield after 1", err, n)
	}
	if err := f.Forget(t.Context(), all[0].ID, all[2].ID, 4711); err != nil {
		t.Errorf("Forget() error = %v", err)
	}
	if got := reasons(letters(t, f, 0)); !slices.Equal(got, []string{"2"}) {
		t.Errorf("after Forget %v is left, want 2", got)
	}
	if _, err := f.Letter(t.Context(), all[0].ID); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Letter() of one forgotten: error = %v, want %v", err, fs.ErrNotExist)
	}
	setAside(t, f, resume(t, f, "a"), 4, 1)
	if got := letters(t, f, 1)[0].ID; got <= all[0].ID {
		t.Errorf("a new letter has the id %d, want one that was never given", got)
	}
}

// A commit that is tried again, since nobody knows what became of it, adds its letters
// and what is told of them once; the next one, and the first of the next owner, add theirs.
func testLettersAgain(t *testing.T, f LedgerFixture) {
	p := resumed(t, f, "s", "out")
	add := func(number int64, message int) {
		t.Helper()
		commit(t, f, &store.Commit{Source: "s", Epoch: p.Epoch, Number: number, TagsCursor: "t", Publish: messages(message, 1), Dead: []store.DeadLetter{{Where: "file:1", Reason: fmt.Sprint(message)}}})
	}
	add(1, 0)
	add(1, 0)
	add(3, 1)
	add(3, 1)
	wantMessages(t, f, "out", "s", 1, 2)
	p = resumed(t, f, "s", "out")
	add(1, 2)
	wantMessages(t, f, "out", "s", 1, 3)
	if got := reasons(letters(t, f, 0)); !slices.Equal(got, []string{"2", "1", "0"}) {
		t.Errorf("dead letters %v, want 2, 1, 0", got)
	}
}

// The newest are kept, each cut to its bounds.
func testLetterBounds(t *testing.T, f LedgerFixture) {
	p := resume(t, f, "s")
	for first := 0; first < f.Letters+7; first += 1000 {
		setAside(t, f, p, first, min(1000, f.Letters+7-first))
	}
	all := letters(t, f, 0)
	if len(all) != f.Letters || all[0].Reason != fmt.Sprint(f.Letters+6) || all[len(all)-1].Reason != "7" {
		t.Errorf("%d letters are kept, from %s to %s, want the newest %d", len(all), all[len(all)-1].Reason, all[0].Reason, f.Letters)
	}
	long := strings.Repeat("x", 1<<20)
	commit(t, f, &store.Commit{Source: "s", Epoch: p.Epoch, Dead: []store.DeadLetter{{Where: long, Reason: long, Body: []byte(long)}}})
	d := letters(t, f, 1)[0]
	if len(d.Body) != store.DeadLetterBody || len(d.Where) > 4096 || len(d.Reason) > 4096 || !strings.HasPrefix(long, d.Where) {
		t.Errorf("a letter of a mebibyte is kept with %d, %d and %d bytes", len(d.Where), len(d.Reason), len(d.Body))
	}
}

// A letter that was found in no commit is one like all others, and is stored once.
func testSetAside(t *testing.T, f LedgerFixture) {
	box, ok := f.DeadLetters.(store.LetterBox)
	if !ok {
		return // it has commits alone
	}
	setAside(t, f, resume(t, f, "a"), 1, 1)
	for _, d := range []store.DeadLetter{
		{Source: "a", Where: "outbox:7", Reason: "2", Body: []byte("x")}, {Source: "b", Where: "outbox:7", Reason: "3"},
		{Source: "a", Where: "outbox:7", Reason: "again"}, {Source: "a", Where: "file:1", Reason: "again"},
	} {
		if err := box.SetAside(t.Context(), d); err != nil {
			t.Errorf("SetAside(%+v): %v", d, err)
		}
	}
	if got := reasons(letters(t, f, 0)); !slices.Equal(got, []string{"3", "2", "1"}) {
		t.Errorf("letters are %v, want 3, 2, 1", got)
	}
	for i := range f.Letters {
		d := store.DeadLetter{Source: "c", Where: fmt.Sprintf("outbox:%d", i), Body: bytes.Repeat([]byte{'x'}, 1<<20)}
		if err := box.SetAside(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	all := letters(t, f, 0)
	if len(all) != f.Letters || all[f.Letters-1].Where != "outbox:0" || len(all[0].Body) != store.DeadLetterBody {
		t.Errorf("%d letters are kept, the oldest %s, the newest of %d bytes", len(all), all[f.Letters-1].Where, len(all[0].Body))
	}
}

func testLettersHostile(t *testing.T, f LedgerFixture) {
	for _, s := range hostile {
		p := resume(t, f, s)
		commit(t, f, &store.Commit{Source: s, Epoch: p.Epoch, Dead: []store.DeadLetter{{Source: "not this", Where: s, Reason: s, Body: []byte(s)}}})
		d := letters(t, f, 1)[0]
		if d.Source != s || d.Where != s || d.Reason != s || !bytes.Equal(d.Body, []byte(s)) {
			t.Errorf("the dead letter %q comes back as %+v", s, d)
		}
	}
}
