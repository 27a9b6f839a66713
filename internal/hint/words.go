package hint

import (
	"strings"

	"ttpctl/internal/edit"
)

// UnknownWord says that word is not among known, the words of a kind (what).
func UnknownWord(what, word string, known []string) error {
	return Errorf(Meant("", word, known, "known: "+strings.Join(known, ", ")), "unknown %s %q", what, word)
}

// Meant asks whether the closest of known was meant, behind prefix; where none
// is close it says otherwise.
func Meant(prefix, word string, known []string, otherwise string) string {
	if near := edit.Closest(word, known); near != "" {
		return "did you mean " + prefix + near + "?"
	}
	return otherwise
}
