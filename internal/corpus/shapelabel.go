package corpus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
)

// A ShapeLabel says which techniques the commands of one shape show. The shape
// itself stays with whoever captured it: a label names it by its [ShapeKey].
type ShapeLabel struct {
	Key        string   `json:"shape"`
	Sources    []string `json:"sources,omitempty"`     // where it was seen; for people
	Expected   []string `json:"expected_techniques"`   // must be found; empty = none
	Acceptable []string `json:"acceptable_techniques"` // may be tagged as well
	Note       string   `json:"note,omitempty"`
}

// ShapeLabels are labels by key.
type ShapeLabels map[string]ShapeLabel

// ShapeKey returns the name of a shape, the first 16 hexadecimal digits of its
// SHA-256.
func ShapeKey(shape string) string {
	sum := sha256.Sum256([]byte(shape))
	return hex.EncodeToString(sum[:8])
}

// ReadShapeLabels reads a file of labels. All bad lines are reported, as
// [RowError]s.
func ReadShapeLabels(ctx context.Context, file Corpus, c *attack.Catalogue) (ShapeLabels, error) {
	labels := ShapeLabels{}
	err := readObjects(ctx, []Corpus{file}, func(_ linePlace, l ShapeLabel) error {
		if err := l.check(c); err != nil {
			return err
		}
		if _, dup := labels[l.Key]; dup {
			return fmt.Errorf("shape %s has a label already", l.Key)
		}
		labels[l.Key] = l
		return nil
	})
	return labels, err
}

func (l *ShapeLabel) check(c *attack.Catalogue) error {
	if raw, err := hex.DecodeString(l.Key); err != nil || len(raw) != 8 || strings.ToLower(l.Key) != l.Key {
		return fmt.Errorf("shape %s is not 16 hexadecimal digits", quoteShort(l.Key))
	}
	if l.Expected == nil {
		return errors.New("expected_techniques is missing")
	}
	if err := checkTechniques(c, "expected_techniques", l.Expected); err != nil {
		return err
	}
	return checkTechniques(c, "acceptable_techniques", l.Acceptable)
}

// checkTechniques returns an error that names the first id that the catalogue
// lacks.
func checkTechniques(c *attack.Catalogue, name string, ids []string) error {
	for _, id := range ids {
		if _, ok := c.Find(id); !ok {
			return fmt.Errorf("%s names %q: no such technique in ATT&CK %s", name, event.CutText(id, 64), c.Release())
		}
	}
	return nil
}
