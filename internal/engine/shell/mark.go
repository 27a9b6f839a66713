package shell

// A Mark says how a word was typed.
type Mark uint8

// The marks of a word.
const (
	// Glob: an unquoted * ? or [ stands in it.
	Glob Mark = 1 << iota
	// Expands: it keeps the source of an expansion that the line does not resolve. A quoted '$x' is text.
	Expands
	// Quoted: some of it was quoted, its beginning included: a ~ there is no home.
	Quoted
)
