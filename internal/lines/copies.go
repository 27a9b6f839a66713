package lines

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"os"
)

// WithoutCopies returns inputs without the files that are another name for,
// or an exact copy of, one before them: what is read twice counts twice. Only
// files of one size and beginning are read to compare them. ctx ends that.
func WithoutCopies(ctx context.Context, inputs []Input) (kept []Input, copies []LeftOut) {
	sizes := make(map[int64][]*original)
	for _, in := range inputs {
		o, ok := originalOf(in)
		if !ok {
			kept = append(kept, in)
			continue
		}
		if why := o.among(ctx, sizes[o.info.Size()]); why != "" {
			copies = append(copies, LeftOut{in.Name, why, true})
			continue
		}
		sizes[o.info.Size()] = append(sizes[o.info.Size()], o)
		kept = append(kept, in)
	}
	return kept, copies
}

// An original is a file that is read, with what tells it from others as far as
// that was needed.
type original struct {
	Input
	info os.FileInfo
	head []byte
	sum  []byte
}

// originalOf returns in as an original. Streams, pipes and empty files are
// none.
func originalOf(in Input) (*original, bool) {
	if in.Reader != nil || in.FS != nil {
		return nil, false
	}
	info, err := os.Stat(in.Path())
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return nil, false
	}
	return &original{Input: in, info: info}, true
}

// among says of which of the others o is a copy; "" = it is a copy of none, or cannot
// be read, which is told when it is.
func (o *original) among(ctx context.Context, others []*original) string {
	for _, other := range others {
		if os.SameFile(o.info, other.info) {
			return "another name of " + other.Name
		}
	}
	for _, other := range others {
		if bytes.Equal(o.beginning(), other.beginning()) && bytes.Equal(o.hash(ctx), other.hash(ctx)) && o.sum != nil {
			return "a copy of " + other.Name
		}
	}
	return ""
}

// compared is how much of two files of one size is compared first, in bytes.
const compared = 4096

func (o *original) beginning() []byte {
	if o.head == nil {
		o.head = []byte{}
		if f, err := os.Open(o.Path()); err == nil {
			o.head = make([]byte, compared)
			n, _ := io.ReadFull(f, o.head)
			o.head = o.head[:n]
			f.Close()
		}
	}
	return o.head
}

// hash returns the hash of the whole file, nil when it cannot be had.
func (o *original) hash(ctx context.Context) []byte {
	if o.sum == nil && len(o.head) > 0 {
		f, err := os.Open(o.Path())
		if err != nil {
			return nil
		}
		defer f.Close()
		h := sha256.New()
		if _, err := io.Copy(h, &untilDone{ctx, f}); err == nil {
			o.sum = h.Sum(nil)
		}
	}
	return o.sum
}

// An untilDone reader fails once its context has ended.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u *untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}
