// Package packed is how the binary carries files that would make it large and that few
// runs ask for: as one archive a package, unpacked when a file is first asked for.
//
// An archive is a zip file that stores its entries, compressed as a whole by
// Zstandard: files of one kind resemble each other, and one stream sees all of them.
// `go generate` in the package that embeds an archive makes it anew from the files
// beside it, by the program in gen; Check tells a test when it is stale. For example:
//
//	//go:generate go run ttpctl/internal/packed/gen -o seeds.zst *.jsonl
//	//go:embed seeds.zst
//	var archive []byte
//
//	text := packed.Open(archive).Text("shell.jsonl")
package packed

import (
	"archive/zip"
	"fmt"
	"io/fs"
	"strings"
	"unsafe"

	"github.com/klauspost/compress/zstd"
)

// Files are the files of an archive. They are immutable and safe for concurrent use.
type Files struct {
	*zip.Reader // a file system
	text        string
}

// Open unpacks an archive that is part of the program: of another it panics.
func Open(archive []byte) *Files {
	f, err := open(archive)
	if err != nil {
		panic("packed: " + err.Error())
	}
	return f
}

func open(archive []byte) (*Files, error) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	data, err := d.DecodeAll(archive, nil)
	if err != nil {
		return nil, err
	}
	f := &Files{text: unsafe.String(unsafe.SliceData(data), len(data))} // nothing else has data
	f.Reader, err = zip.NewReader(strings.NewReader(f.text), int64(len(f.text)))
	return f, err
}

// Names returns the names of the files, sorted.
func (f *Files) Names() []string {
	names := make([]string, len(f.File))
	for i, entry := range f.File {
		names[i] = entry.Name
	}
	return names
}

// Text returns a file as it lies in the archive, without a copy. That there is such a
// file is the caller's to know.
func (f *Files) Text(name string) string {
	for _, entry := range f.File {
		if entry.Name != name {
			continue
		}
		at, err := entry.DataOffset()
		if err != nil {
			panic("packed: " + name + ": " + err.Error())
		}
		return f.text[at : at+int64(entry.UncompressedSize64)]
	}
	panic("packed: no file " + name)
}

// Check returns how an archive differs from the files of dir that the patterns name.
func Check(archive []byte, dir fs.FS, patterns ...string) error {
	f, err := open(archive)
	if err != nil {
		return err
	}
	want, err := read(dir, patterns)
	if err != nil {
		return err
	}
	for _, name := range f.Names() {
		if text, ok := want[name]; !ok || text != f.Text(name) {
			return fmt.Errorf("%s is another file now, or none: run go generate", name)
		}
		delete(want, name)
	}
	for name := range want {
		return fmt.Errorf("%s is not packed: run go generate", name)
	}
	return nil
}
