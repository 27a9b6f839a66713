package corpus

import (
	"bytes"
	"errors"
)

var errLabelled = errors.New("labelled")

// Labelled reports whether some row of c names what it expects: a corpus that
// was built and not labelled yet says nothing about rules. It reads no further
// than the first such row.
func Labelled(c Corpus) (bool, error) {
	r, err := c.Open()
	if err != nil {
		return false, &ReadError{c.Name, err}
	}
	defer r.Close()
	err = readBlocks(r, 0, func(b *block) error {
		for _, l := range b.lines {
			if bytes.Contains(l.text, []byte(`"expected_rule_ids"`)) || bytes.Contains(l.text, []byte(`"expected_techniques"`)) {
				return errLabelled
			}
		}
		return nil
	})
	switch {
	case errors.Is(err, errLabelled):
		return true, nil
	case err != nil:
		return false, &ReadError{c.Name, err}
	}
	return false, nil
}
