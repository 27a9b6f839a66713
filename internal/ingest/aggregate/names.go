package aggregate

import (
	"strings"

	"ttpctl/internal/ingest/state"
)

// names numbers strings in the order of their first appearance.
type names struct {
	list  []string
	index map[string]int
}

// id returns the number of name, which is new if need be.
func (n *names) id(name string) int {
	if i, ok := n.index[name]; ok {
		return i
	}
	name = strings.Clone(name)
	n.list = append(n.list, name)
	n.note(len(n.list) - 1)
	return len(n.list) - 1
}

func (n *names) note(i int) {
	if n.index == nil {
		n.index = make(map[string]int)
	}
	n.index[n.list[i]] = i
}

func (n *names) code(c *state.Codec) {
	state.Texts(c, &n.list)
	if c.Reading() {
		for i := range n.list {
			n.note(i)
		}
	}
}

// nameWeight is what a short name takes, in bytes.
const nameWeight = 80

// percentEncode encodes all of s but what RFC 3986 calls unreserved.
func percentEncode(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == '~':
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}
