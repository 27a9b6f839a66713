package outfile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestSamePlace(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Symlink(".", filepath.Join(dir, "link")), os.WriteFile(filepath.Join(dir, "there"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"new", "link/new", true}, {"there", "link/there", true}, {"new", "other", false}, {"there", "new", false},
		{"new", "New", foldsCase(dir)}, {"none/a", "none/a", true},
	} {
		if got := samePlace(filepath.Join(dir, tt.a), filepath.Join(dir, tt.b)); got != tt.want {
			t.Errorf("samePlace(%s, %s) = %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
	if samePlace("/dev/null", "/dev/null") {
		t.Error("samePlace of /dev/null twice = true, want false")
	}
}
