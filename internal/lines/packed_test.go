package lines

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/ulikunitz/xz"
	"golang.org/x/text/encoding/unicode"
)

func xzPacked(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := xz.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte(text))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tarred returns an archive of files, name and content in turn.
func tarred(t *testing.T, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	w.WriteHeader(&tar.Header{Name: "logs/", Typeflag: tar.TypeDir, Mode: 0o700})
	for i := 0; i < len(files); i += 2 {
		err := w.WriteHeader(&tar.Header{Name: files[i], Typeflag: tar.TypeReg, Mode: 0o600, Size: int64(len(files[i+1]))})
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, files[i+1])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func utf16(t *testing.T, order unicode.Endianness, text string) []byte {
	t.Helper()
	b, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// content returns what in reads as.
func content(t *testing.T, in Input) (string, error) {
	t.Helper()
	s, err := in.Open(t.Context(), nil)
	if err != nil {
		return "", err
	}
	defer s.Close()
	b, err := io.ReadAll(s)
	return string(b), err
}

func TestOpenUnpacks(t *testing.T) {
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"xz", xzPacked(t, "one\ntwo\n"), "one\ntwo\n"},
		{"xz streams", append(xzPacked(t, "one\n"), xzPacked(t, "two\n")...), "one\ntwo\n"},
		{"gzip in xz", xzPacked(t, string(gzipped(t, "one\n"))), "one\n"},
		{"gzip padded with zeros", append(gzipped(t, "one\n"), make([]byte, 700)...), "one\n"},
		{"tar", tarred(t, "a", "one\n", "b", "two"), "one\ntwo\n"},
		{"tar.gz of gz", gzipped(t, string(tarred(t, "a.gz", string(gzipped(t, "one")), "b", "two\n"))), "one\ntwo\n"},
		{"tar of arrays", tarred(t, "a", `[{"a":1}]`, "b", `[{"b":1}]`), "{\"a\":1}\n{\"b\":1}\n"},
		{"empty tar", tarred(t), ""},
		{"utf-16, little endian", utf16(t, unicode.LittleEndian, "säß\n"), "säß\n"},
		{"utf-16, big endian", utf16(t, unicode.BigEndian, "säß\n"), "säß\n"},
		{"utf-16 array", utf16(t, unicode.LittleEndian, `[{"ä":1},{"b":2}]`), "{\"ä\":1}\n{\"b\":2}\n"},
		{"array", []byte(`[{"a":[1,{}]} , {"b":"],\"}\\"}]` + "\n"), "{\"a\":[1,{}]} \n{\"b\":\"],\\\"}\\\\\"}\n"},
		{"array over lines", []byte("\ufeff [\r\n  {\n    \"a\": 1\n  },\n  {}\n]\n"), "{     \"a\": 1   }\n{} \n"},
		{"arrays in lines", []byte("[{\"a\":1}]\n[{\"b\":2}]\n"), "{\"a\":1}\n{\"b\":2}\n"},
		{"text behind an array", []byte("[{\"a\":1}]\nmore [x]\n"), "{\"a\":1}\nmore [x]\n"},
		{"no array for a line break in a string", []byte("[{\"a\n{\"b\":1}\n{\"c\":1}\n"), "{\"a\n{\"b\":1}\n{\"c\":1}\n"},
		{"a line that begins with a bracket", []byte("[2026-03-18] x\n"), "[2026-03-18] x\n"},
		{"an array of something else", []byte("[1,2]\n"), "[1,2]\n"},
	}
	for _, tt := range tests {
		if got, err := content(t, Input{Name: writeFile(t, "log", tt.data)}); got != tt.want || err != nil {
			t.Errorf("content of %s = %q, %v, want %q", tt.name, got, err, tt.want)
		}
		// A stream that gives one byte at a time reads the same.
		if got, err := content(t, Input{Reader: iotest.OneByteReader(bytes.NewReader(tt.data))}); got != tt.want || err != nil {
			t.Errorf("content of %s as a stream = %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
}

func TestOpenDamaged(t *testing.T) {
	whole := xzPacked(t, strings.Repeat("some text ", 1000))
	archive := tarred(t, "a", strings.Repeat("x", 2000)+"\n", "b", strings.Repeat("y", 2000)+"\n")
	tests := []struct {
		name string
		data []byte
		want error
	}{
		{"gzip with a short tail", append(gzipped(t, "one\n"), "abc"...), errTail},
		{"gzip with a long tail", append(gzipped(t, "one\n"), strings.Repeat("abc", 100)...), errTail},
		{"gzip cut in its second member", append(gzipped(t, "one\n"), gzipped(t, "two\n")[:12]...), ErrTruncated},
		{"cut xz", whole[:len(whole)-20], ErrTruncated},
		{"cut tar", archive[:3000], ErrTruncated},
		{"array without an end", []byte(`[{"a":1},` + "\n"), errOpenArray},
	}
	for _, tt := range tests {
		if _, err := content(t, Input{Name: writeFile(t, "log", tt.data)}); !errors.Is(err, tt.want) {
			t.Errorf("reading %s: %v, want %v", tt.name, err, tt.want)
		}
	}
	text := "one\n"
	for range maxLayers {
		text = string(gzipped(t, text))
	}
	if _, err := content(t, Input{Name: writeFile(t, "log", []byte(text))}); err == nil {
		t.Errorf("a text packed %d times is read, want an error", maxLayers)
	}
}

// askFor makes the first block header of packed ask for the largest
// dictionary that the format has, 4 GiB.
func askFor(t *testing.T, packed []byte) []byte {
	t.Helper()
	const header = 12
	size := 4 * (int(packed[header]) + 1)
	b := packed[header : header+size]
	at := bytes.Index(b, []byte{0x21, 1})
	if at < 0 {
		t.Fatalf("no LZMA2 filter in header %x", b)
	}
	b[at+2] = 40
	binary.LittleEndian.PutUint32(b[size-4:], crc32.ChecksumIEEE(b[:size-4]))
	return packed
}

// The memory that a header of a few bytes asks for is not granted, wherever in
// the file it stands.
func TestOpenHostileXZ(t *testing.T) {
	for name, data := range map[string][]byte{
		"first block":   askFor(t, xzPacked(t, "one\n")),
		"second stream": append(xzPacked(t, "one\n"), askFor(t, xzPacked(t, "two\n"))...),
	} {
		if _, err := content(t, Input{Name: writeFile(t, "log", data)}); err == nil || !strings.Contains(err.Error(), "dictionary of 4095 MiB") {
			t.Errorf("%s that asks for 4 GiB: %v, want it refused", name, err)
		}
	}
}

// The members of an archive are inputs of their own, in any order.
func TestMembers(t *testing.T) {
	packed := gzipped(t, string(tarred(t, "logs/a.json", "one\n", "logs/b.json.gz", string(gzipped(t, "two\n")), "empty", "", "c", "three")))
	in := Input{Name: writeFile(t, "logs.tgz", packed)}
	var looked []string
	members, err := in.Members(t.Context(), func(_ Input, s *Stream) {
		line, _ := s.ReadString('\n')
		looked = append(looked, line)
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"one\n", "two\n", "three"}, looked); diff != "" {
		t.Errorf("members begin with (-want +got):\n%s", diff)
	}
	read := 0
	for _, i := range []int{2, 0, 1} {
		s, err := members[i].Open(t.Context(), func(n int) { read += n })
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(s)
		s.Close()
		if want := looked[i]; string(text) != want || err != nil || !strings.HasPrefix(members[i].Name, in.Name+":") {
			t.Errorf("member %q = %q, %v, want %q", members[i].Name, text, err, want)
		}
	}
	if read != len(packed) {
		t.Errorf("%d bytes were read of %d", read, len(packed))
	}

	cut := tarred(t, "a", "one\n", "b", "two\n")
	in = Input{Name: writeFile(t, "cut.tar", cut[:len(cut)-1024-510])}
	members, err = in.Members(t.Context(), func(Input, *Stream) {})
	if err != nil || len(members) != 2 {
		t.Fatalf("Members() of a cut archive = %d, %v, want 2", len(members), err)
	}
	if text, err := content(t, members[1]); !errors.Is(err, ErrTruncated) {
		t.Errorf("the last member of a cut archive = %q, %v, want %v", text, err, ErrTruncated)
	}
}
