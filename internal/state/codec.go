package state

import (
	"encoding/binary"
	"errors"
	"math"
)

var errCorrupt = errors.New("state is cut off or corrupt")

// A Codec writes state, or reads it back: every method takes a pointer, whose
// target it appends to the bytes or sets from them. One function per type then
// does both, and the two cannot differ. After an error, reading leaves its
// targets as they are. A Codec belongs to one goroutine.
type Codec struct {
	buf     []byte
	reading bool
	err     error
}

// NewWriter returns a Codec that writes.
func NewWriter() *Codec { return &Codec{} }

// NewReader returns a Codec that reads b.
func NewReader(b []byte) *Codec { return &Codec{buf: b, reading: true} }

// Bytes returns what was written.
func (c *Codec) Bytes() []byte { return c.buf }

// Reading reports whether c reads.
func (c *Codec) Reading() bool { return c.reading }

// Fail notes that what was read makes no sense.
func (c *Codec) Fail() {
	if c.err == nil {
		c.err = errCorrupt
	}
	c.buf = nil
}

// Err returns what went wrong so far.
func (c *Codec) Err() error { return c.err }

// Finish returns what went wrong while reading, bytes left over included.
func (c *Codec) Finish() error {
	if c.reading && len(c.buf) > 0 {
		c.Fail()
	}
	return c.err
}

// Uint codes an unsigned number, small ones in few bytes.
func (c *Codec) Uint(p *uint64) {
	if !c.reading {
		c.buf = binary.AppendUvarint(c.buf, *p)
		return
	}
	v, n := binary.Uvarint(c.buf)
	if n <= 0 {
		c.Fail()
		return
	}
	*p, c.buf = v, c.buf[n:]
}

// Int64 codes a number, small ones of either sign in few bytes.
func (c *Codec) Int64(p *int64) {
	u := uint64(*p<<1) ^ uint64(*p>>63)
	c.Uint(&u)
	*p = int64(u>>1) ^ -int64(u&1)
}

// Int codes a count or a size, which is never below zero.
func (c *Codec) Int(p *int) {
	u := uint64(*p)
	c.Uint(&u)
	if u > math.MaxInt {
		c.Fail()
		return
	}
	*p = int(u)
}

// Index codes an index into a slice of length n.
func (c *Codec) Index(p *int, n int) {
	c.Int(p)
	if c.reading && *p >= n {
		*p = 0
		c.Fail()
	}
}

// Flag codes a boolean.
func (c *Codec) Flag(p *bool) {
	var u uint64
	if *p {
		u = 1
	}
	c.Uint(&u)
	*p = u == 1
}

// Text codes a string. One that is read has memory of its own.
func (c *Codec) Text(p *string) {
	n := c.length(len(*p))
	if !c.reading {
		c.buf = append(c.buf, *p...)
		return
	}
	*p = string(c.buf[:n])
	c.buf = c.buf[n:]
}

// Fixed codes bytes whose number is known.
func (c *Codec) Fixed(p []byte) {
	switch {
	case !c.reading:
		c.buf = append(c.buf, p...)
	case len(c.buf) < len(p):
		c.Fail()
	default:
		copy(p, c.buf)
		c.buf = c.buf[len(p):]
	}
}

// length codes the number of things that follow, each of at least one byte:
// what is read cannot ask for more memory than its bytes are worth.
func (c *Codec) length(n int) int {
	c.Int(&n)
	if !c.reading {
		return n
	}
	if n > len(c.buf) {
		c.Fail()
	}
	return min(n, len(c.buf))
}

// Version codes the version of what follows; another one is an error.
func (c *Codec) Version(v uint64) {
	got := v
	c.Uint(&got)
	if got != v && c.err == nil {
		c.Fail()
		c.err = errors.New("state was written by another version")
	}
}

// Slice codes a slice by its items, each of which must take at least a byte.
func Slice[T any](c *Codec, p *[]T, item func(*Codec, *T)) {
	n := c.length(len(*p))
	if !c.reading {
		for i := range *p {
			item(c, &(*p)[i])
		}
		return
	}
	*p = (*p)[:0]
	for range n {
		if c.err != nil {
			return
		}
		var v T
		item(c, &v)
		*p = append(*p, v)
	}
}

// Texts codes a slice of strings.
func Texts(c *Codec, p *[]string) { Slice(c, p, (*Codec).Text) }
