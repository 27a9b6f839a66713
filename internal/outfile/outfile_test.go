package outfile

import (
	"os"
	"path/filepath"
	"testing"
)

// A file is the old one until Commit, and the new one behind its link afterwards.
func TestFile(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(path, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		end  func(*File) error
		want string
	}{
		{func(f *File) error { f.Discard(); return nil }, "old"},
		{(*File).Commit, "new"},
	} {
		f, err := Create(link)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("new"); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); string(got) != "old" {
			t.Errorf("before the end the file holds %q, want %q", got, "old")
		}
		if err := tt.end(f); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); string(got) != tt.want {
			t.Errorf("at the end the file holds %q, want %q", got, tt.want)
		}
	}
	info, err := os.Lstat(path)
	if entries, _ := os.ReadDir(dir); err != nil || info.Mode() != 0o640 || len(entries) != 2 {
		t.Errorf("mode %v, %d files, %v; want 0640 and nothing but the file and its link", info.Mode(), len(entries), err)
	}
	if _, err := Create(dir); err == nil {
		t.Error("Create of a directory = nil, want an error")
	}
}
