package storetest

import (
	"errors"
	"testing"
	"time"

	"ttpctl/internal/store"
)

// A process that is stopped in the middle of a transaction holds up the next owner of
// a source for some seconds, and no longer. It commits nothing when it wakes.
func testSilent(t *testing.T, f DatabaseFixture) {
	address := f.New(t)
	one, two := f.opened(t, address, time.Now), f.opened(t, address, time.Now)
	first, err := one.Ledger().Resume(t.Context(), "s", "one")
	if err != nil {
		t.Fatal(err)
	}
	silent, wake, done := make(chan bool, 9), make(chan bool), make(chan error)
	go func() {
		_, err := one.Ledger().Commit(t.Context(), &store.Commit{
			Source: "s", Epoch: first.Epoch, Tags: SomeTags(0, 3), TagsCursor: "one",
			Publish: func([]int) []store.Message { silent <- true; <-wake; return nil },
		})
		done <- err
	}()
	<-silent
	second, err := two.Ledger().Resume(t.Context(), "s", "two")
	if err != nil || second.Epoch != first.Epoch+1 || second.TagsCursor != "" {
		t.Errorf("Resume() beside a transaction that is silent = %+v, %v", second, err)
	}
	close(wake)
	if err := <-done; !errors.Is(err, store.ErrFenced) {
		t.Errorf("the commit that was held up: error = %v, want %v", err, store.ErrFenced)
	}
	if n := len(chosen(t, two.Tags(), store.Filter{})); n != 0 {
		t.Errorf("%d tags are stored, want none", n)
	}
}
