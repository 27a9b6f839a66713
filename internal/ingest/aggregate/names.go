package aggregate

import (
	"slices"
	"strings"

	"ttpctl/internal/state"
)

// names numbers strings in the order of their first appearance.
type names struct {
	list  []string
	index map[string]int // nil while there are few
}

// fewNames is how many names are faster to look through than to index.
const fewNames = 8

// id returns the number of name, which is new if need be.
func (n *names) id(name string) int {
	if n.index == nil {
		if i := slices.Index(n.list, name); i >= 0 {
			return i
		}
	} else if i, ok := n.index[name]; ok {
		return i
	}
	name = strings.Clone(name)
	n.list = append(n.list, name)
	if n.index != nil {
		n.index[name] = len(n.list) - 1
	} else {
		n.build()
	}
	return len(n.list) - 1
}

// build makes the index once there are more than a few names.
func (n *names) build() {
	if len(n.list) <= fewNames {
		return
	}
	n.index = make(map[string]int, 2*len(n.list))
	for i, name := range n.list {
		n.index[name] = i
	}
}

func (n *names) code(c *state.Codec) {
	state.Texts(c, &n.list)
	if c.Reading() {
		n.build()
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
