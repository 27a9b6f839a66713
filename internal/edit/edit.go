// Package edit says how far two names are apart, for "did you mean".
//
// The measure is optimal string alignment: the number of bytes inserted,
// deleted, replaced or swapped with their neighbour. Distance("teh", "the")
// is 1, and Closest("wegt", []string{"wget", "curl"}) is "wget".
package edit

import "strings"

// Distance returns the number of edits that make a of b. It takes time in
// proportion to the product of their lengths: bound them.
func Distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// maxName bounds the names that Closest looks up, in bytes, so that a hostile
// name costs no time.
const maxName = 64

// Closest returns the name among known that name was probably meant to be, or
// "". One edit is allowed for every three characters; a change of case is free.
func Closest(name string, known []string) string {
	if len(name) > maxName {
		return ""
	}
	best, bestDistance := "", max(1, len(name)/3)+1
	for _, k := range known {
		if max(len(name)-len(k), len(k)-len(name)) >= bestDistance {
			continue
		}
		d := Distance(strings.ToLower(name), strings.ToLower(k))
		// A name of which nothing stays is no near miss.
		if d < bestDistance && d < len(k) {
			best, bestDistance = k, d
		}
	}
	return best
}
