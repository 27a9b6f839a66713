package lines

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

func openXZ(s *Stream) (io.Reader, error) { return xz.NewReader(&xzGuard{r: s.Reader}) }

// An xzGuard refuses blocks that ask for a dictionary of more than maxWindow:
// the library allocates what a block's header says, up to 4 GiB, and has no
// bound to set. It reads a header's first byte, which holds the size, and then
// the rest in one read, so that the guard sees each header whole; its checksum
// tells it from data.
type xzGuard struct {
	r    io.Reader
	last [1]byte // the last read, when it was of one byte
	one  bool
}

func (g *xzGuard) Read(p []byte) (int, error) {
	header := g.one && len(p) == 4*(int(g.last[0])+1)-1
	if !header {
		n, err := g.r.Read(p)
		if g.one = n == 1; g.one {
			g.last[0] = p[0]
		}
		return n, err
	}
	g.one = false
	n, err := io.ReadFull(g.r, p)
	if n > 0 && errors.Is(err, io.ErrUnexpectedEOF) {
		return n, nil
	}
	if size, ok := dictionary(append(g.last[:1:1], p[:n]...)); ok && size > maxWindow {
		return 0, fmt.Errorf("it asks for a dictionary of %d MiB, more than %d MiB", size>>20, maxWindow>>20)
	}
	return n, err
}

// dictionary returns the size of the dictionary that a block's header asks
// for: flags, two optional sizes, then filters of which LZMA2, number 0x21, is
// the last (The .xz File Format, sections 3.1 and 5.3.1).
func dictionary(header []byte) (size int64, ok bool) {
	sum := len(header) - crc32.Size
	if sum < 2 || crc32.ChecksumIEEE(header[:sum]) != binary.LittleEndian.Uint32(header[sum:]) {
		return 0, false
	}
	flags, rest := header[1], header[2:sum]
	for _, bit := range [...]byte{0x40, 0x80} {
		if flags&bit != 0 {
			rest = rest[varintLen(rest):]
		}
	}
	for range flags&3 + 1 {
		id, n := binary.Uvarint(rest)
		if n <= 0 || n >= len(rest) {
			return 0, false
		}
		props := int(rest[n])
		rest = rest[n+1:]
		if props > len(rest) {
			return 0, false
		}
		if id == 0x21 && props == 1 {
			size, err := lzma.DecodeDictCap(rest[0])
			return size, err == nil
		}
		rest = rest[props:]
	}
	return 0, false
}

func varintLen(b []byte) int {
	_, n := binary.Uvarint(b)
	return max(n, 0)
}
