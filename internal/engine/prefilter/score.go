package prefilter

import (
	"math/bits"
	"unicode/utf8"
)

// A score estimates in bits how rare a set is: one of its literals is expected at about one in 2^score positions of
// ordinary text. The weights are rounded from byte frequencies of shell commands and HTTP requests, where letters
// outweigh English and space, dash and slash are everywhere.
const (
	weightFragment = 1 // a byte within one of the fragments
	weightCommon   = 2 // punctuation of every command line
	weightDigit    = 3
	weightWide     = 3 // a byte of a rune beyond ASCII, of which it has two or more
	weightFrequent = 4 // a frequent letter
	weightOther    = 5

	scoreMax  = 48 // differences beyond do not matter
	scoreWeak = 10
)

// Score returns how rare the set is, in bits; the zero Set scores 0. Of the conditions of a conjunction
// the one with the highest score filters best.
func (s Set) Score() int { return s.score }

// Weak reports whether the set is found in so many ordinary texts that it hardly filters: one- and two-byte literals,
// "/etc", " -c". Three letters are not weak.
func (s Set) Weak() bool { return s.score < scoreWeak }

// better returns the set that filters more; of equals the smaller one, then a.
func better(a, b Set) Set {
	if b.score > a.score || b.score == a.score && len(b.literals) < len(a.literals) {
		return b
	}
	return a
}

// scoreOf adds up the chances of the members: a set is as common as all of them together.
func scoreOf(literals []string) int {
	var chance uint64 // in units of 2^-scoreMax
	for _, lit := range literals {
		chance += 1 << (scoreMax - rarity(lit))
		if chance >= 1<<scoreMax {
			return 0
		}
	}
	return max(0, scoreMax-bits.Len64(chance-1))
}

// rarity is the weight of all bytes, halved for literals of one or two, up to scoreMax.
func rarity(s string) int {
	sum := 0
	for _, w := range weights(make([]uint8, 0, 2*maxLiteral), s) {
		sum += int(w)
	}
	if len(s) <= 2 {
		sum /= 2
	}
	return min(sum, scoreMax)
}

// weights appends the weight of each byte of the folded string s.
func weights(dst []uint8, s string) []uint8 {
	for len(s) > 0 {
		if n := fragmentLen(s); n > 0 {
			for range n {
				dst = append(dst, weightFragment)
			}
			s = s[n:]
			continue
		}
		dst = append(dst, weight(s[0]))
		s = s[1:]
	}
	return dst
}

// fragmentLen is the length of the fragment that s begins with, or 0. The fragments are what a large part of all
// command lines and requests contain, paths, schemes and everyday words: of the whole of one no more is known than
// of two ordinary bytes.
func fragmentLen(s string) int {
	const shortest, longest = 3, 8
	switch s[0] {
	case '/', ':', '.', 'b', 'd', 'e', 'f', 'h', 'm', 'p', 'w':
	default:
		return 0
	}
	for n := min(longest, len(s)); n >= shortest; n-- {
		switch s[:n] {
		case "/bin", "/dev", "/etc", "/home", "/lib", "/opt", "/proc", "/root", "/sys", "/tmp", "/usr", "/var",
			"://", ".com", ".php", "bash", "busybox", "dev/null", "echo", "find", "host", "http", "mozilla", "passwd", "www.":
			return n
		}
	}
	return 0
}

func weight(c byte) uint8 {
	switch c {
	case ' ', '-', '.', '/', '"', '\'', '=', ':', '|', ';', ',', '\n', '\t':
		return weightCommon
	case 'a', 'c', 'd', 'e', 'h', 'i', 'l', 'n', 'o', 'p', 'r', 's', 't':
		return weightFrequent
	case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return weightDigit
	}
	if c >= utf8.RuneSelf {
		return weightWide
	}
	return weightOther
}

// window returns the n consecutive bytes of s that weigh most, the first of equals, or s when it has no more than n.
func window(s string, n int) string {
	if len(s) <= n {
		return s
	}
	w := weights(make([]uint8, 0, len(s)), s)
	sum, best, at := 0, -1, 0
	for i := range w {
		sum += int(w[i])
		if i >= n {
			sum -= int(w[i-n])
		}
		if i >= n-1 && sum > best {
			best, at = sum, i-n+1
		}
	}
	return s[at : at+n]
}
