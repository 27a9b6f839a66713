package engine

import "strings"

// maxSuggestLen bounds the names that suggestions are looked up for, so that
// a hostile name costs no time; no name of the tables is as long.
const maxSuggestLen = 64

// closest returns the name among known that name was probably meant to be, or
// "". One edit is allowed for every three characters, letter case is none.
func closest(name string, known []string) string {
	if len(name) > maxSuggestLen {
		return ""
	}
	best, bestDistance := "", max(1, len(name)/3)+1
	for _, k := range known {
		if max(len(name)-len(k), len(k)-len(name)) >= bestDistance {
			continue
		}
		d := editDistance(strings.ToLower(name), strings.ToLower(k))
		// A name of which nothing stays is no near miss.
		if d < bestDistance && d < len(k) {
			best, bestDistance = k, d
		}
	}
	return best
}

// maxListed is how many names help lists where none is near.
const maxListed = 16

// didYouMean returns the help for an unknown name: the nearest of known, else
// all of them when they are few, else none.
func didYouMean(name string, known []string) []string {
	if k := closest(name, known); k != "" {
		return []string{"did you mean " + k + "?"}
	}
	if len(known) == 0 || len(known) > maxListed {
		return nil
	}
	return []string{"known: " + strings.Join(known, ", ")}
}

// editDistance is the number of bytes inserted, deleted, replaced or swapped
// with their neighbour that make a of b (optimal string alignment).
func editDistance(a, b string) int {
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
