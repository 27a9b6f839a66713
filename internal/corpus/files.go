package corpus

import (
	"bytes"
	"context"
	"errors"
)

var errLabelled = errors.New("labelled")

// Labelled reports whether some row of c names what it expects: a corpus that
// was built and not labelled yet says nothing about rules. It reads no further
// than the first such row.
func Labelled(ctx context.Context, c Corpus) (bool, error) {
	err := c.read(ctx, 0, func(b *block) error {
		for _, l := range b.lines {
			if bytes.Contains(l.text, []byte(`"expected_rule_ids"`)) || bytes.Contains(l.text, []byte(`"expected_techniques"`)) {
				return errLabelled
			}
		}
		return nil
	})
	if errors.Is(err, errLabelled) {
		return true, nil
	}
	return false, err
}
