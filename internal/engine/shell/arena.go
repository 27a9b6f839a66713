package shell

import "unsafe"

// arenaChunk is the size of one block of result text, bytes. A string kept beyond its view pins one block.
const arenaChunk = 16 << 10

// An Arena hands out strings cut from large blocks, so that building one costs no allocation of its own. Blocks are only ever appended to, never
// reused, so that the strings stay valid. The zero value is ready; not safe for concurrent use.
type Arena struct{ block []byte }

// room returns the end of a block that has room for n bytes.
func (a *Arena) room(n int) []byte {
	if cap(a.block)-len(a.block) < n {
		a.block = make([]byte, 0, max(arenaChunk, n))
	}
	return a.block[len(a.block):]
}

// text takes what was appended to room as used, and returns it.
func (a *Arena) text(b []byte) string {
	a.block = a.block[:len(a.block)+len(b)]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// Bytes returns s as a string.
func (a *Arena) Bytes(s []byte) string {
	return a.text(append(a.room(len(s)), s...))
}

// Join returns the words joined by one blank.
func (a *Arena) Join(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	b := append(a.room(joined(words)), words[0]...)
	for _, w := range words[1:] {
		b = append(append(b, ' '), w...)
	}
	return a.text(b)
}

// joined returns the length of Join(words).
func joined(words []string) int {
	n := max(len(words)-1, 0)
	for _, w := range words {
		n += len(w)
	}
	return n
}

// redirect returns the normal form of a redirection.
func (a *Arena) redirect(fd, op, target string) string {
	b := a.room(len(fd) + len(op) + 1 + len(target))
	b = append(append(append(append(b, fd...), op...), ' '), target...)
	return a.text(b)
}
