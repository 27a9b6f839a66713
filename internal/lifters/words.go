package lifters

import (
	"unicode"
	"unicode/utf8"
)

// A wordSet finds keywords as whole words, in any case, in one pass over a
// text. A blank in a keyword stands for any run of white space, for a mail
// client may have wrapped the line there.
type wordSet struct {
	words  []string
	starts [256]bool // bytes that a keyword may begin with
	plain  bool      // all keywords begin with an ASCII letter or digit
}

// newWordSet returns the set of words, none of which is empty.
func newWordSet(words []string) *wordSet {
	ws := &wordSet{words: words, plain: true}
	for _, w := range words {
		c := lowerByte(w[0])
		ws.starts[c] = true
		ws.plain = ws.plain && isWordByte(c)
		switch {
		case 'a' <= c && c <= 'z':
			ws.starts[c-'a'+'A'] = true
		case c >= utf8.RuneSelf: // the other case may begin with another byte
			for b := utf8.RuneSelf; b < len(ws.starts); b++ {
				ws.starts[b] = true
			}
		}
	}
	return ws
}

// each calls yield with the index of each keyword at each place where it
// stands, until yield returns false.
func (ws *wordSet) each(text string, yield func(word int) bool) {
	for i := range len(text) {
		if !ws.starts[text[i]] || ws.plain && i > 0 && isWordByte(text[i-1]) {
			continue
		}
		low := lowerByte(text[i])
		for w, word := range ws.words {
			if low < utf8.RuneSelf && lowerByte(word[0]) != low {
				continue
			}
			if wordAt(text, i, word) && !yield(w) {
				return
			}
		}
	}
}

// any reports whether text holds one of the keywords.
func (ws *wordSet) any(text string) bool {
	found := false
	ws.each(text, func(int) bool { found = true; return false })
	return found
}

// first returns the first keyword, in the set's order, that text holds.
func (ws *wordSet) first(text string) (word string, ok bool) {
	best := len(ws.words)
	ws.each(text, func(w int) bool { best = min(best, w); return best > 0 })
	if best == len(ws.words) {
		return "", false
	}
	return ws.words[best], true
}

// all returns the keywords that text holds, in the set's order.
func (ws *wordSet) all(text string) []string {
	held := make([]bool, len(ws.words))
	ws.each(text, func(w int) bool { held[w] = true; return true })
	var found []string
	for w, ok := range held {
		if ok {
			found = append(found, ws.words[w])
		}
	}
	return found
}

// wordAt reports whether word stands at text[i:] with no letter or digit on
// either side that would make it part of a longer one.
func wordAt(text string, i int, word string) bool {
	n, ok := wordLen(text[i:], word)
	return ok && !joined(text[:i], word) && !joined(word, text[i+n:])
}

// joined reports whether the end of a and the beginning of b run together.
func joined(a, b string) bool {
	last, n := utf8.DecodeLastRuneInString(a)
	first, m := utf8.DecodeRuneInString(b)
	return n > 0 && m > 0 && isWordRune(last) && isWordRune(first)
}

// wordLen returns how many bytes of text its beginning, equal to word but for
// case and the amount of white space, takes.
func wordLen(text, word string) (n int, ok bool) {
	for _, w := range word {
		if w == ' ' {
			size := spaceLen(text[n:])
			if size == 0 {
				return 0, false
			}
			n += size
			continue
		}
		r, size := utf8.DecodeRuneInString(text[n:])
		if size == 0 || !sameFold(r, w) {
			return 0, false
		}
		n += size
	}
	return n, true
}

// maxGap bounds the white space that one blank of a keyword stands for, so
// that texts of nothing but blanks cost linear time.
const maxGap = 64

func spaceLen(text string) int {
	n := 0
	for i, r := range text {
		if i >= maxGap || !unicode.IsSpace(r) {
			break
		}
		n = i + utf8.RuneLen(r)
	}
	return n
}

func sameFold(a, b rune) bool {
	if a == b {
		return true
	}
	if a < utf8.RuneSelf && b < utf8.RuneSelf {
		return lowerByte(byte(a)) == lowerByte(byte(b))
	}
	return unicode.ToLower(a) == unicode.ToLower(b)
}

func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return isWordByte(byte(r))
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// isWordByte is isWordRune for ASCII; bytes of longer runes are none.
func isWordByte(c byte) bool { return isAlnum(c) || c == '_' }
