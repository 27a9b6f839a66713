// Package defaults holds the user names and passwords that products are
// delivered with, which rules on logins and readers of logs must agree on: a
// reader marks the first attempt of a day with one of them, rule R0006 fires
// when one lets somebody in, and nobody learns anything from one that comes
// back.
//
// The list is data (pairs.tsv). For example
//
//	defaults.Pairs()[[2]string{"pi", "raspberry"}] // true
package defaults

import (
	_ "embed"
	"strings"
)

//go:embed pairs.tsv
var table string

// Pairs returns the set of pairs of user name and password. The map is the
// caller's.
func Pairs() map[[2]string]bool {
	pairs := make(map[[2]string]bool)
	header := true
	for row := range strings.Lines(table) {
		cells := strings.Split(strings.TrimSuffix(row, "\n"), "\t")
		switch {
		case strings.HasPrefix(row, "#"):
		case len(cells) != 3:
			panic("defaults: pairs.tsv: want three cells in " + row) // it is part of the program
		case header:
			header = false
		default:
			pairs[[2]string{cells[0], cells[1]}] = true
		}
	}
	return pairs
}
