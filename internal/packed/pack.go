package packed

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"maps"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// windowBytes is how far back a file finds what it resembles: all of an archive.
const windowBytes = 8 << 20

// Pack makes an archive of texts by their names. Equal texts give equal archives,
// as long as the library that compresses them is the same.
func Pack(texts map[string]string) ([]byte, error) {
	var stored bytes.Buffer
	z := zip.NewWriter(&stored)
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(w, texts[name]); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithWindowSize(windowBytes), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, err
	}
	return e.EncodeAll(stored.Bytes(), nil), e.Close()
}

// PackFiles is Pack of the files of dir that the patterns name.
func PackFiles(dir fs.FS, patterns ...string) ([]byte, error) {
	texts, err := read(dir, patterns)
	if err != nil {
		return nil, err
	}
	return Pack(texts)
}

func read(dir fs.FS, patterns []string) (map[string]string, error) {
	texts := map[string]string{}
	for _, pattern := range patterns {
		names, err := fs.Glob(dir, pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			data, err := fs.ReadFile(dir, name)
			if err != nil {
				return nil, err
			}
			texts[name] = string(data)
		}
	}
	return texts, nil
}
