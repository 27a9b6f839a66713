package glob

import "strings"

// A pattern is a text with wildcards, and what of it can be compared without walking
// through them: nearly all that rules ask for has a single star, or one at each end.
type pattern struct {
	text  string
	shape shape

	// begin and end are with what each matching text begins and ends, one behind the
	// other; middle is what stands between two stars.
	begin, end, middle string
}

type shape uint8

const (
	plain       shape = iota // no wildcards
	oneStar                  // x*y
	oneCross                 // x**y
	aroundStar               // *x*
	aroundCross              // **x**
	manyWild                 // anything else
)

func patternOf(text string) pattern {
	i, k := strings.IndexAny(text, "*?"), strings.LastIndexAny(text, "*?")
	if i < 0 {
		return pattern{text: text}
	}
	p := pattern{text: text, shape: manyWild, begin: text[:i], end: text[k+1:]}
	lone := p.begin == "" && p.end == ""
	switch inner := text[i : k+1]; {
	case inner == "*":
		p.shape = oneStar
	case inner == "**" && !strings.HasPrefix(p.end, "/"):
		p.shape = oneCross
	case lone && len(inner) > 4 && inner[:2] == "**" && inner[len(inner)-2:] == "**" && inner[2] != '/' && !isWild(inner[2:len(inner)-2]):
		p.shape, p.middle = aroundCross, inner[2:len(inner)-2]
	case lone && len(inner) > 2 && inner[0] == '*' && inner[len(inner)-1] == '*' && !isWild(inner[1:len(inner)-1]):
		p.shape, p.middle = aroundStar, inner[1:len(inner)-1]
	default:
		p.end = strings.TrimPrefix(p.end, "/") // the slash of **/ may be missing
	}
	return p
}

// matches reports whether the pattern matches all of text.
func (p *pattern) matches(text string) bool {
	switch p.shape {
	case plain:
		return p.text == text
	case aroundCross:
		return strings.Contains(text, p.middle)
	case aroundStar:
		if strings.IndexByte(text, '/') < 0 {
			return strings.Contains(text, p.middle)
		}
		return wild(p.text, text)
	}
	n := len(text) - len(p.end)
	if len(p.begin) > n || text[:len(p.begin)] != p.begin || text[n:] != p.end {
		return false
	}
	switch p.shape {
	case oneStar:
		return strings.IndexByte(text[len(p.begin):n], '/') < 0
	case oneCross:
		return true
	}
	return wild(p.text, text)
}
