package lines

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"

	"golang.org/x/text/encoding/unicode"
)

// TestReadText: a small file is text however it was saved, and its bytes stay
// where they are read raw.
func TestReadText(t *testing.T) {
	const text = "a:b\n# c\n"
	var packed bytes.Buffer
	zw := gzip.NewWriter(&packed)
	io.WriteString(zw, "\ufeff"+text)
	zw.Close()
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, saved := range map[string]string{"plain": text, "byte order mark": "\ufeff" + text, "gzip": packed.String(), "UTF-16": utf16} {
		got, err := ReadText(t.Context(), Input{Name: name, Reader: bytes.NewReader([]byte(saved))}, 100)
		if err != nil || string(got) != text {
			t.Errorf("ReadText(%s) = %q, %v", name, got, err)
		}
		raw, err := ReadRaw(t.Context(), Input{Name: name, Reader: bytes.NewReader([]byte(saved))}, 100)
		if err != nil || string(raw) != saved {
			t.Errorf("ReadRaw(%s) = %q, %v", name, raw, err)
		}
	}
	if got, err := ReadText(t.Context(), Input{Name: "long", Reader: bytes.NewReader([]byte(text))}, 2); err != nil || string(got) != "a:b" {
		t.Errorf("ReadText beyond its limit = %q, %v, want one byte more", got, err)
	}
}
