package lines

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

// A SmallLine is a line of a list that somebody wrote by hand.
type SmallLine struct {
	N    int // counted from 1
	Text string
}

// Small yields the lines of a list, such as [ReadText] returns, that hold something:
// blank ones and those whose first character is a #, white space aside, do not. An
// error comes last, with the line that it is about; a line of limit bytes is one.
func Small(r io.Reader, limit int) iter.Seq2[SmallLine, error] {
	return func(yield func(SmallLine, error) bool) {
		sc := bufio.NewScanner(r)
		sc.Buffer(nil, limit)
		n := 1
		for ; sc.Scan(); n++ {
			text := strings.TrimSpace(sc.Text())
			if text != "" && text[0] != '#' && !yield(SmallLine{n, sc.Text()}, nil) {
				return
			}
		}
		err := sc.Err()
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("a line is shorter than %d bytes", limit)
		}
		if err != nil {
			yield(SmallLine{N: n}, err)
		}
	}
}
