package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOutputsSet(t *testing.T) {
	tests := []struct {
		name  string
		words []string
		want  []output
		ok    bool
	}{
		{"one", []string{"json"}, []output{{"json", ""}}, true},
		{"dash is stdout", []string{"json=-"}, []output{{"json", ""}}, true},
		{"file with an equals sign", []string{"json=a=b"}, []output{{"json", "a=b"}}, true},
		{"stdout and file", []string{"table", "json=a"}, []output{{"table", ""}, {"json", "a"}}, true},
		{"unknown", []string{"jsn"}, nil, false},
		{"no file", []string{"json="}, nil, false},
		{"empty", []string{""}, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := outputs{formats: []string{"table", "json"}}
			var err error
			for _, w := range tt.words {
				err = errors.Join(err, o.Set(w))
			}
			if (err == nil) != tt.ok {
				t.Errorf("Set(%q) = %v, want ok %v", tt.words, err, tt.ok)
			}
			if diff := cmp.Diff(tt.want, o.list, cmp.AllowUnexported(output{})); diff != "" {
				t.Errorf("Set(%q) (-want +got):\n%s", tt.words, diff)
			}
		})
	}
}

// write renders text into one file.
func write(t *testing.T, path, text string, fail error) error {
	t.Helper()
	s := testStreams(io.Discard, io.Discard, nil)
	return s.render([]output{{"table", path}}, func(k *sink) error {
		k.printf("%s", text)
		return fail
	})
}

func TestRenderFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	if err := os.WriteFile(path, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("out", link); err != nil {
		t.Fatal(err)
	}

	if err := write(t, path, "new", errors.New("midway")); exitCode(err) != 4 {
		t.Errorf("render that fails midway = %v, want a runtime failure", err)
	}
	checkFile(t, path, "old")
	if err := write(t, link, "new", nil); err != nil {
		t.Fatalf("render: %v", err)
	}
	checkFile(t, path, "new")
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v (%v), want 0600", info.Mode(), err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("the directory holds %v (%v), want the file and the link", entries, err)
	}
}

func checkFile(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q (%v), want %q", path, got, err, want)
	}
}

func TestRenderFileFailures(t *testing.T) {
	dir := t.TempDir()
	tests := []struct {
		name, path string
		want       int
	}{
		{"full disk", "/dev/full", 4},
		{"a directory", dir, 2},
		{"no such directory", filepath.Join(dir, "none", "out"), 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := exitCode(write(t, tt.path, "x", nil)); got != tt.want {
				t.Errorf("render to %s exits %d, want %d", tt.path, got, tt.want)
			}
		})
	}
}

func TestRenderOpensAllOrNone(t *testing.T) {
	dir := t.TempDir()
	s := testStreams(io.Discard, io.Discard, nil)
	list := []output{{"table", filepath.Join(dir, "good")}, {"json", filepath.Join(dir, "none", "bad")}}
	err := s.render(list, func(*sink) error { t.Error("rendered, want nothing rendered"); return nil })
	entries, _ := os.ReadDir(dir)
	if exitCode(err) != 2 || len(entries) != 0 {
		t.Errorf("render = %v and leaves %v, want exit 2 and nothing", err, entries)
	}
}
