package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"io"
	"os"
	"path"
	"path/filepath"
)

// archive writes the files of t, as each system has archives.
func (r *release) archive(t target, binary string, shared []file) error {
	data, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	files := append([]file{{name: filepath.Base(binary), data: data, executable: true}}, shared...)
	for i := range files {
		files[i].name = path.Join(r.name(t), files[i].name)
	}
	write, end := r.tarball, ".tar.gz"
	if t.os == "windows" {
		write, end = r.zip, ".zip"
	}
	var b bytes.Buffer
	if err := write(&b, files); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.out, r.name(t)+end), b.Bytes(), 0o644)
}

func (f *file) mode() int64 {
	if f.executable {
		return 0o755
	}
	return 0o644
}

func (r *release) tarball(w io.Writer, files []file) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	t := tar.NewWriter(z)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Size: int64(len(f.data)), Mode: f.mode(), ModTime: r.when, Format: tar.FormatUSTAR}
		if err := t.WriteHeader(h); err != nil {
			return err
		}
		if _, err := t.Write(f.data); err != nil {
			return err
		}
	}
	if err := t.Close(); err != nil {
		return err
	}
	return z.Close()
}

func (r *release) zip(w io.Writer, files []file) error {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: r.when}
		h.SetMode(os.FileMode(f.mode()))
		entry, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := entry.Write(f.data); err != nil {
			return err
		}
	}
	return z.Close()
}
