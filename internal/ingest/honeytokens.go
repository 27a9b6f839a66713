package ingest

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Bounds of a file of honeytokens.
const (
	maxHoneytokens    = 10_000
	maxHoneytokenLine = 4096 // bytes
)

// ReadHoneytokens reads planted credentials, one `username:password` a line.
// Blank lines and lines that begin with # are left out. Errors name the line
// and none of its text: it holds a secret.
func ReadHoneytokens(r io.Reader) ([][2]string, error) {
	var pairs [][2]string
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, maxHoneytokenLine)
	n := 1
	for ; sc.Scan(); n++ {
		l := sc.Text()
		if strings.TrimSpace(l) == "" || l[0] == '#' {
			continue
		}
		username, password, ok := strings.Cut(l, ":")
		switch {
		case !ok || username == "" || !utf8.ValidString(l):
			return nil, fmt.Errorf("line %d: want username:password", n)
		case len(pairs) == maxHoneytokens:
			return nil, fmt.Errorf("line %d: more than %d honeytokens", n, maxHoneytokens)
		}
		pairs = append(pairs, [2]string{username, password})
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", n, err)
	}
	return pairs, nil
}
