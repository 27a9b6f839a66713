package ingest

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/gzip"

	"ttpctl/internal/lines"
)

// writeTree writes files below a new directory and returns it.
func writeTree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func writeFile(t *testing.T, name string, data []byte) string {
	t.Helper()
	return filepath.Join(writeTree(t, map[string]string{name: string(data)}), name)
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// repeat reads text over and over.
func repeat(text string) io.Reader { return &repeater{text: text} }

type repeater struct {
	text string
	at   int
}

func (r *repeater) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		k := copy(p[n:], r.text[r.at:])
		n += k
		r.at = (r.at + k) % len(r.text)
	}
	return n, nil
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// countLines returns how many lines text is cut into.
func countLines(t *testing.T, text []byte) int {
	t.Helper()
	s, err := Input{Reader: bytes.NewReader(text)}.Open(t.Context(), nil)
	if err != nil {
		return 0
	}
	defer s.Close()
	n, c, b := 0, lines.NewCutter(s, 4096), &lines.Block{}
	for more := true; more; b.Reset() {
		more = c.Fill(b)
		n += len(b.Lines)
	}
	return n
}
