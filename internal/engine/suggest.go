package engine

import (
	"strings"

	"ttpctl/internal/edit"
)

// maxListed is how many names help lists where none is near.
const maxListed = 16

// didYouMean returns the help for an unknown name: the nearest of known, else
// all of them when they are few, else none.
func didYouMean(name string, known []string) []string {
	if k := edit.Closest(name, known); k != "" {
		return []string{"did you mean " + k + "?"}
	}
	if len(known) == 0 || len(known) > maxListed {
		return nil
	}
	return []string{"known: " + strings.Join(known, ", ")}
}
