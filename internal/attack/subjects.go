package attack

import (
	_ "embed"
	"strings"
	"sync"
)

// subjectsText holds one record a line: id, kind (the first letter of it), name,
// techniques.
//
//go:embed subjects.txt
var subjectsText string

// A Kind says what a [Subject] is.
type Kind string

// The kinds.
const (
	Malware  Kind = "malware"
	Tool     Kind = "tool"
	Campaign Kind = "campaign"
)

// A Subject is what, besides groups, ATT&CK reports techniques of. Its slice is
// shared and read-only.
type Subject struct {
	ID, Name   string
	Kind       Kind
	Techniques []string // sorted ids, of the enterprise domain and in use; some
}

// Subjects returns the software and campaigns in use that use a technique of the
// enterprise domain, sorted by id. They are parsed when they are first asked for.
func Subjects() []Subject { return subjects() }

var subjects = sync.OnceValue(func() (all []Subject) {
	kinds := map[string]Kind{"m": Malware, "t": Tool, "c": Campaign}
	for line := range strings.Lines(subjectsText) {
		if f := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(f) == 4 {
			all = append(all, Subject{ID: f[0], Kind: kinds[f[1]], Name: f[2], Techniques: strings.Split(f[3], ",")})
		}
	}
	return all
})
