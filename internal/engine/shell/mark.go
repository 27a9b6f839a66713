package shell

// A Mark says how a word was typed.
type Mark uint8

// The marks of a word.
const (
	// Glob: an unquoted * ? or [ stands in it.
	Glob Mark = 1 << iota
	// Expands: it keeps the source of an expansion that the line does not resolve. A quoted '$x' is text.
	Expands
	// Quoted: its first byte was quoted or escaped, so that a ~ there is no home.
	Quoted
)

// field is a resolved word with its mark.
type field struct {
	text string
	mark Mark
}

// addWord appends a resolved word to the view. No assignment is a glob, wherever it stands: bash does not expand those, and what it would do to an
// argument `A=*` of another command is no file's name.
func (v *View) addWord(w string, m Mark) {
	if m&Glob != 0 {
		m = unlessAssigned(w, m)
	}
	v.words = append(v.words, w)
	v.marks = append(v.marks, m)
}

func unlessAssigned(w string, m Mark) Mark {
	if assignment(w) {
		m &^= Glob
	}
	return m
}
