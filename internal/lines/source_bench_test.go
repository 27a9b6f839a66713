package lines

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// benchLog writes a log of 32 MiB, lines of 300 bytes.
func benchLog(b *testing.B) (path string, size int64) {
	path = filepath.Join(b.TempDir(), "log")
	text := strings.Repeat(strings.Repeat("x", 299)+"\n", 32<<20/300)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return path, int64(len(text))
}

// BenchmarkSource reads a log as a file and as one that is followed.
func BenchmarkSource(b *testing.B) {
	path, size := benchLog(b)
	for name, in := range map[string]Input{"file": {Name: path}, "followed": {Name: path, Follow: &Follow{Once: true}}} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				src, err := in.Source(b.Context(), SourceOptions{})
				if err != nil {
					b.Fatal(err)
				}
				for block := (&Block{}); src.Next(b.Context(), block) == nil; block.Reset() {
				}
				src.Close()
			}
		})
	}
}
