package html

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"os"
)

// Inputs says what is read, by name and content. It is for one goroutine.
type Inputs struct {
	list  []Input
	known map[string]bool // paths
	live  []*hashing
}

// File adds the file at a path, once. What is no plain file, or cannot be read, is
// named without its hash: whoever reads it says what is wrong.
func (in *Inputs) File(ctx context.Context, path string) {
	if in.known[path] {
		return
	}
	if in.known == nil {
		in.known = map[string]bool{}
	}
	in.known[path] = true
	out := Input{Name: path}
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		if file, err := os.Open(path); err == nil {
			defer file.Close()
			sum := sha256.New()
			if n, err := io.Copy(sum, reader{ctx, file}); err == nil {
				out.Bytes, out.SHA256 = n, hex.EncodeToString(sum.Sum(nil))
			}
		}
	}
	in.list = append(in.list, out)
}

// Stream adds a stream, and returns what to read in its place.
func (in *Inputs) Stream(name string, r io.Reader) io.Reader {
	h := &hashing{Reader: r, sum: sha256.New(), at: len(in.list)}
	in.list, in.live = append(in.list, Input{Name: name}), append(in.live, h)
	return h
}

// List returns what was read, once all of it was.
func (in *Inputs) List() []Input {
	for _, h := range in.live {
		in.list[h.at].Bytes, in.list[h.at].SHA256 = h.bytes, hex.EncodeToString(h.sum.Sum(nil))
	}
	return in.list
}

// A hashing hashes what is read of it.
type hashing struct {
	io.Reader
	sum   hash.Hash
	bytes int64
	at    int // in the list
}

func (h *hashing) Read(b []byte) (int, error) {
	n, err := h.Reader.Read(b)
	_, _ = h.sum.Write(b[:n]) // a hash takes all
	h.bytes += int64(n)
	return n, err
}

// A reader ends with its context.
type reader struct {
	ctx context.Context
	io.Reader
}

func (r reader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(b)
}
