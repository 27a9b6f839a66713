package shell

// A class says what a byte does to the word that it stands in.
type class uint8

const (
	sign     class = 1 << iota // it does not stand for itself, outside quotes
	parting                    // it ends a word for both modes of the lexer
	wild                       // it makes a pattern of a word: * ? [
	bracket                    // [
	equals                     // =
	dynamic                    // within "..." it ends the text, or is not plain text: " $ ` \ and what inQuotes excludes
	foreign                    // inQuotes excludes it
	flanking                   // # or a brace
)

// classOf holds the classes of all bytes.
var classOf = func() (t [256]class) {
	for i := range t {
		c := byte(i)
		if !inQuotes(c) {
			t[c] |= foreign | dynamic
		}
		switch c {
		case '"', '$', '`', '\\':
			t[c] |= sign | dynamic
		case '\'', '(', ')':
			t[c] |= sign
		case '{', '}':
			t[c] |= sign | flanking
		case '#':
			t[c] |= flanking
		case ' ', '\t', '\n', ';', '&', '|', '<', '>':
			t[c] |= sign | parting
		case '*', '?':
			t[c] |= wild
		case '[':
			t[c] |= wild | bracket
		case '=':
			t[c] |= equals
		default:
			if c < '!' || c > '~' {
				t[c] |= sign
			}
		}
	}
	return t
}()

// plain reports whether c stands for itself inside a word.
func plain(c byte) bool { return classOf[c]&sign == 0 }

// ends reports whether c ends a word for both modes.
func ends(c byte) bool { return classOf[c]&parting != 0 }

// glob returns the mark that plain bytes of these classes give a word.
func glob(seen class) Mark {
	if seen&wild != 0 {
		return Glob
	}
	return 0
}

// plainRun returns where the plain bytes of s that begin at i end, and their classes.
func plainRun(s string, i int) (end int, seen class) {
	for ; i < len(s); i++ {
		c := classOf[s[i]]
		if c&sign != 0 {
			break
		}
		seen |= c
	}
	return i, seen
}
