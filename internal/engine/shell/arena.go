package shell

import "strings"

// arenaChunk is the size of one block of result text, bytes. A string kept beyond its view pins one block.
const arenaChunk = 16 << 10

// An Arena hands out strings cut from large blocks, so that building one costs no allocation of its own. Blocks are only ever appended to, never
// reused, so that the strings stay valid. The zero value is ready; not safe for concurrent use.
type Arena struct{ b strings.Builder }

func (a *Arena) reserve(n int) int {
	if a.b.Cap()-a.b.Len() < n {
		a.b.Reset()
		a.b.Grow(max(arenaChunk, n))
	}
	return a.b.Len()
}

// Bytes returns s as a string.
func (a *Arena) Bytes(s []byte) string {
	start := a.reserve(len(s))
	a.b.Write(s)
	return a.b.String()[start:]
}

// Join returns the words joined by one blank.
func (a *Arena) Join(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	start := a.reserve(joined(words))
	for i, w := range words {
		if i > 0 {
			a.b.WriteByte(' ')
		}
		a.b.WriteString(w)
	}
	return a.b.String()[start:]
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
	start := a.reserve(len(fd) + len(op) + 1 + len(target))
	a.b.WriteString(fd)
	a.b.WriteString(op)
	a.b.WriteByte(' ')
	a.b.WriteString(target)
	return a.b.String()[start:]
}
