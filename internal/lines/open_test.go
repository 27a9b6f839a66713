package lines

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

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

func zstdPacked(t *testing.T, text string) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll([]byte(text), nil)
}

func unbase64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func writeFile(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenDecompresses(t *testing.T) {
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"plain", []byte("one\ntwo\n"), "one\ntwo\n"},
		{"empty", nil, ""},
		{"short", []byte("B"), "B"},
		{"gzip", gzipped(t, "one\ntwo\n"), "one\ntwo\n"},
		{"gzip members", append(gzipped(t, "one\n"), gzipped(t, "two\n")...), "one\ntwo\n"},
		{"zstd", zstdPacked(t, "one\ntwo\n"), "one\ntwo\n"},
		{"zstd frames", append(zstdPacked(t, "one\n"), zstdPacked(t, "two\n")...), "one\ntwo\n"},
		{"bzip2", unbase64(t, bzip2OneTwo), "one\ntwo\n"},
		{"bzip2 of nothing", unbase64(t, bzip2Empty), ""},
		{"text that begins like bzip2", []byte("BZhello world\n"), "BZhello world\n"},
	}
	for _, tt := range tests {
		read := 0
		// The name says nothing of the content, on purpose.
		in := Input{Name: writeFile(t, "log.gz", tt.data)}
		s, err := in.Open(t.Context(), func(n int) { read += n })
		if err != nil {
			t.Errorf("open(%s) = %v", tt.name, err)
			continue
		}
		got, err := io.ReadAll(s)
		s.Close()
		if string(got) != tt.want || err != nil {
			t.Errorf("content of %s = %q, %v, want %q", tt.name, got, err, tt.want)
		}
		if read != len(tt.data) {
			t.Errorf("%s: onRead was told of %d bytes, want %d", tt.name, read, len(tt.data))
		}
	}
}

// Made with Python's bz2.compress, of "one\ntwo\n" and of nothing.
const (
	bzip2OneTwo = "QlpoOTFBWSZTWacUK3cAAALBgAAQAgGEgCAAIYAMAjj1G4u5IpwoSFOKFbuA"
	bzip2Empty  = "QlpoORdyRThQkAAAAAA="
)

func TestOpenErrors(t *testing.T) {
	truncated := gzipped(t, strings.Repeat("some text ", 1000))
	in := Input{Name: writeFile(t, "a.gz", truncated[:len(truncated)-10])}
	s, err := in.Open(t.Context(), func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := io.ReadAll(s); !errors.Is(err, ErrTruncated) || !strings.Contains(err.Error(), "gzip") {
		t.Errorf("reading truncated gzip: %v, want %v", err, ErrTruncated)
	}
	for _, name := range []string{filepath.Join(t.TempDir(), "absent"), t.TempDir()} {
		if s, err := (Input{Name: name}).Open(t.Context(), func(int) {}); err == nil {
			s.Close()
			t.Errorf("open(%q) gave no error", name)
		} else if strings.Contains(err.Error(), name) {
			t.Errorf("open(%q) = %q: the caller adds the name", name, err)
		}
	}
}

// A stream that never gives anything ends when the context does.
func TestPumpStops(t *testing.T) {
	pr, pw := io.Pipe()
	defer pw.Close()
	ctx, cancel := context.WithCancel(t.Context())
	p := newPump(ctx, pr)
	go pw.Write([]byte("abc"))
	got := make([]byte, 2)
	if n, err := p.Read(got); n != 2 || err != nil {
		t.Fatalf("Read() = %d, %v, want 2 bytes", n, err)
	}
	if n, err := p.Read(got); n != 1 || err != nil {
		t.Fatalf("Read() = %d, %v, want 1 byte", n, err)
	}
	cancel()
	if n, err := p.Read(got); n != 0 || err != ErrStopped {
		t.Errorf("Read() = %d, %v, want %v", n, err, ErrStopped)
	}
}
