package packed_test

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"ttpctl/internal/packed"
)

var dir = fstest.MapFS{
	"a/1.txt": {Data: []byte(strings.Repeat("one and the same\n", 400))},
	"a/2.txt": {Data: []byte(strings.Repeat("one and the same\n", 400) + "and more")},
	"a/3.txt": {},
	"b.txt":   {Data: []byte("left out")},
}

func pack(t *testing.T) []byte {
	t.Helper()
	archive, err := packed.PackFiles(dir, "a/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	return archive
}

// TestOpen: what was packed comes out, and files that resemble each other cost once.
func TestOpen(t *testing.T) {
	archive := pack(t)
	if len(archive) > 600 {
		t.Errorf("the archive has %d bytes", len(archive))
	}
	if again := pack(t); !bytes.Equal(again, archive) {
		t.Error("equal files give another archive")
	}
	f := packed.Open(archive)
	if err := fstest.TestFS(f, "a/1.txt", "a/2.txt", "a/3.txt"); err != nil {
		t.Error(err)
	}
	for _, name := range f.Names() {
		data, err := fs.ReadFile(f, name)
		if want := string(dir[name].Data); err != nil || string(data) != want || f.Text(name) != want {
			t.Errorf("%s is read as %q (%v), Text %q", name, data, err, f.Text(name))
		}
	}
}

// TestOpenPanics: an archive is part of the program, and so is every name asked for.
func TestOpenPanics(t *testing.T) {
	archive := pack(t)
	for what, f := range map[string]func(){
		"no archive": func() { packed.Open([]byte("plain text")) },
		"half":       func() { packed.Open(archive[:len(archive)/2]) },
		"no file":    func() { packed.Open(archive).Text("b.txt") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", what)
				}
			}()
			f()
		}()
	}
}

func TestCheck(t *testing.T) {
	archive := pack(t)
	for _, test := range []struct {
		name, want string
		change     func(fstest.MapFS)
	}{
		{"fresh", "", func(fstest.MapFS) {}},
		{"changed", "a/2.txt is another file now, or none: run go generate", func(d fstest.MapFS) { d["a/2.txt"] = &fstest.MapFile{Data: []byte("x")} }},
		{"gone", "a/3.txt is another file now, or none: run go generate", func(d fstest.MapFS) { delete(d, "a/3.txt") }},
		{"new", "a/4.txt is not packed: run go generate", func(d fstest.MapFS) { d["a/4.txt"] = &fstest.MapFile{} }},
	} {
		now := fstest.MapFS{}
		for name, file := range dir {
			now[name] = file
		}
		test.change(now)
		got := ""
		if err := packed.Check(archive, now, "a/*.txt"); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: Check() = %q, want %q", test.name, got, test.want)
		}
	}
}
