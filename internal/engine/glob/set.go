package glob

import (
	"math/bits"
	"strings"
)

// A Set is patterns of which one is to match. Of dozens, a word nearly always fits
// none: the last byte of a word, and the first one of its base name, say of all of
// them at once which may match at all, and only these are asked.
type Set struct {
	groups []group
	ends   uint64 // places of the last bytes with which a word may match, unless it is typed
}

// A group is up to 64 patterns; a bit stands for each.
type group struct {
	paths   []*Path
	singles uint64         // those for which a word with wildcards may stand
	ends    [places]uint64 // by place of a word's last byte: those that may match it
	begins  [places]uint64 // and of the first byte of its base name
	letters []uint64       // by pattern: those that stand in all words that it matches
}

// places is how many bytes are told apart; some share a place.
const places = 64

// NewSet returns the set of some patterns.
func NewSet(paths []*Path) *Set {
	s := &Set{}
	for ; len(paths) > 64; paths = paths[64:] {
		s.groups = append(s.groups, newGroup(paths[:64]))
	}
	s.groups = append(s.groups, newGroup(paths))
	for i := range s.groups {
		for place, may := range s.groups[i].ends {
			if may != 0 {
				s.ends |= 1 << place
			}
		}
	}
	return s
}

func newGroup(paths []*Path) group {
	g := group{paths: paths}
	for i, p := range paths {
		bit := uint64(1) << i
		if p.single {
			g.singles |= bit
		}
		end, known := p.end()
		add(&g.ends, end, known, bit)
		begin, known := p.begins()
		add(&g.begins, begin, known, bit)
		g.letters = append(g.letters, Letters(strings.Trim(p.text, "~/"))&^slash)
	}
	return g
}

func add(to *[places]uint64, c byte, known bool, bit uint64) {
	if known {
		to[c%places] |= bit
		return
	}
	for i := range to {
		to[i] |= bit
	}
}

// slash is that of Letters, which may be missing where it stands beside two stars.
const slash = 1 << ('/' % places)

// end returns the byte with which all paths of p end.
func (p *Path) end() (c byte, known bool) {
	if p.tail == "" {
		return 0, false
	}
	return p.tail[len(p.tail)-1], true
}

// begins returns the byte with which the base names of all paths of p begin.
func (p *Path) begins() (c byte, known bool) {
	name := base(p.text)
	if name == "" || isWild(name[:1]) || strings.Contains(name, "**") {
		return 0, false
	}
	return name[0], true
}

// Match is [Path.Match] of one of the patterns. typed is that of [NewWord].
func (s *Set) Match(text string, typed bool) bool {
	if !typed && text != "" && s.ends>>(text[len(text)-1]%places)&1 == 0 {
		return false
	}
	w := NewWord(text, typed)
	for i := range s.groups {
		if s.groups[i].match(&w) {
			return true
		}
	}
	return false
}

func (g *group) match(w *Word) bool {
	may := ^uint64(0) >> (64 - len(g.paths))
	if w.text != "" {
		may &= g.ends[w.text[len(w.text)-1]%places]
	}
	if w.base != "" {
		may &= g.begins[w.base[0]%places]
	}
	typed := uint64(0)
	if w.typed {
		typed = g.typed(w.base)
	}
	if may |= typed; may == 0 {
		return false
	}
	for letters := Letters(w.text); may != 0; may &= may - 1 {
		i := bits.TrailingZeros64(may)
		if (g.letters[i]&^letters == 0 || typed>>i&1 != 0) && g.paths[i].Match(w) {
			return true
		}
	}
	return false
}

// typed returns those for which a word with wildcards whose base name is name may
// stand: its ends are theirs, where these are no wildcards. Only a doubled star
// crosses from one component to another.
func (g *group) typed(name string) uint64 {
	if strings.Contains(name, "**") {
		return g.singles
	}
	may := g.singles
	if c := name[len(name)-1]; c != '*' && c != '?' {
		may &= g.ends[c%places]
	}
	if c := name[0]; c != '*' && c != '?' {
		may &= g.begins[c%places]
	}
	return may
}
