package sqlite

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"
)

func TestKeyIsMadeOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "t.db")
	one, two := openDB(t, path, time.Now), openDB(t, path, time.Now)
	first, err := one.Key(t.Context(), "hash", bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	again, err := two.Key(t.Context(), "hash", bytes.Repeat([]byte{2}, 32))
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("Key asked again by another handle = %x, %v, want the first %x", again, err, first)
	}
	other, err := two.Key(t.Context(), "other", bytes.Repeat([]byte{3}, 32))
	if err != nil || bytes.Equal(first, other) {
		t.Errorf("Key of another name = %x, %v, want one of its own", other, err)
	}
	if _, err := one.Key(t.Context(), "short", []byte{1}); err == nil {
		t.Error("Key took a secret of one byte")
	}
}
