package shell

// nesting estimates how deep the parser would recurse into text, as an upper bound but for a small factor: brackets and compound commands that are
// open at once, quotes not regarded, and chains of `!` and of function heads, which need no closing.
func nesting(text string) int {
	depth, heads, nots, deepest := 0, 0, 0, 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch c {
		case ' ', '\t', '\n':
			continue
		case '!':
			nots++
			deepest = max(deepest, nots)
			continue
		case '(', '{', '[':
			depth++
		case ')', '}', ']':
			depth = max(depth-1, 0)
			if c == ')' && i > 0 && text[i-1] == '(' {
				heads++
			}
			if c == '}' {
				heads = 0
			}
		}
		nots = 0
		if 'a' <= c && c <= 'z' {
			start := i
			for i+1 < len(text) && 'a' <= text[i+1] && text[i+1] <= 'z' {
				i++
			}
			depth = max(depth+opens(text[start:i+1]), 0)
		}
		deepest = max(deepest, depth+heads)
	}
	return deepest
}

// opens returns 1 for a keyword that opens a compound command, -1 for one that closes it.
func opens(word string) int {
	switch word {
	case "if", "while", "until", "for", "case", "select", "time", "coproc", "function":
		return 1
	case "fi", "done", "esac":
		return -1
	}
	return 0
}
