package ingest

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"ttpctl/internal/lines"
)

// Bounds of a file of honeytokens.
const (
	maxHoneytokens    = 10_000
	maxHoneytokenLine = 4096 // bytes
)

// ReadHoneytokens reads planted credentials, one `username:password` a line.
// Blank lines and comments are left out. Errors name the line and none of its
// text: it holds a secret.
func ReadHoneytokens(r io.Reader) ([][2]string, error) {
	var pairs [][2]string
	for l, err := range lines.Small(r, maxHoneytokenLine) {
		username, password, ok := strings.Cut(l.Text, ":")
		switch {
		case err != nil:
			return nil, fmt.Errorf("line %d: %w", l.N, err)
		case !ok || username == "" || !utf8.ValidString(l.Text):
			return nil, fmt.Errorf("line %d: want username:password", l.N)
		case len(pairs) == maxHoneytokens:
			return nil, fmt.Errorf("line %d: more than %d honeytokens", l.N, maxHoneytokens)
		}
		pairs = append(pairs, [2]string{username, password})
	}
	return pairs, nil
}
