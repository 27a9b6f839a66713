package state

import (
	"hash/maphash"
	"strings"
)

// A Keeper makes texts of a batch into strings that may be kept. Of those that
// come again and again, such as names of sensors and users, there is one string.
// The zero value is ready. It belongs to one goroutine.
type Keeper struct {
	seed   maphash.Seed
	recent []string // each where its hash says
}

// Bounds of the strings that a Keeper holds on to: their number, and the length of
// each in bytes.
const (
	recentTexts = 1024
	maxRecent   = 64
)

// Keep returns text as a string that is no piece of anything large.
func (k *Keeper) Keep(text string) string {
	if text == "" || len(text) > maxRecent {
		return strings.Clone(text)
	}
	if k.recent == nil {
		k.seed, k.recent = maphash.MakeSeed(), make([]string, recentTexts)
	}
	known := &k.recent[maphash.String(k.seed, text)%recentTexts]
	if *known != text {
		*known = strings.Clone(text)
	}
	return *known
}
