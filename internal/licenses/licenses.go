// Package licenses holds the licence texts of what is linked into the binary:
// the Go modules that it is built from and Go's own library.
//
// The texts are copied out of the modules by `go generate ./internal/licenses`
// and packed; a test says when the modules have changed since. For example:
//
//	for _, l := range licenses.All() {
//		fmt.Println(l.Name, l.Version)
//	}
package licenses

import (
	_ "embed"
	"encoding/json"
	"ttpctl/internal/packed"
)

//go:generate go test -run ^TestFresh$ -update

const file = "licenses.json"

// A License is under what terms a part of the binary is.
type License struct {
	Name    string `json:"name"` // of the module
	Version string `json:"version"`
	Text    string `json:"text"`
}

// archive holds licenses.json, a list of them.
//
//go:embed licenses.zst
var archive []byte

// All returns the licences by name, Go's own first.
func All() []License {
	var all []License
	if err := json.Unmarshal([]byte(packed.Open(archive).Text(file)), &all); err != nil {
		panic("licenses: " + err.Error()) // it is part of the program, and tested
	}
	return all
}
