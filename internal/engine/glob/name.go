package glob

import "strings"

// A Name is a pattern over one word: `*` is any run of characters, slashes
// included, `?` one character.
type Name struct{ pattern }

// ParseName reads a pattern. One that is a single star is refused: `any` says
// so in words.
func ParseName(text string) (*Name, error) {
	switch {
	case len(text) > MaxPattern, strings.Count(text, "*") > 2*maxCrossings:
		return nil, ErrLong
	case text != "" && strings.Trim(text, "*") == "":
		return nil, ErrEverything
	}
	if isWild(text) {
		// To a path a doubled star is the one that crosses slashes.
		text = strings.ReplaceAll(strings.ReplaceAll(text, "**", "*"), "*", "**")
	}
	return &Name{patternOf(text)}, nil
}

// Match reports whether word is one of the words.
func (n *Name) Match(word string) bool { return n.matches(word) }

// Literal returns the one word that the pattern is, if it has no wildcard.
func (n *Name) Literal() (word string, ok bool) { return n.text, n.shape == plain }

// String returns the pattern.
func (n *Name) String() string {
	if n.shape != plain {
		return strings.ReplaceAll(n.text, "**", "*")
	}
	return n.text
}
