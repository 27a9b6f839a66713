// Package rules is the shipped pack: one YAML file a rule in ttp, packed into the
// binary so that ttpctl works with nothing but itself.
//
// The files are data. Whoever wants rules from them hands them to
// engine.Compile, exactly as files that a user names. Outlines spare it the work, and
// the unpacking, for those that have not changed since `go generate` in this directory.
package rules

import (
	_ "embed"
	"sync"

	"ttpctl/internal/packed"
)

//go:generate go run ./gen

//go:embed pack.zst
var pack []byte

// outlines are not packed: each start reads them.
//
//go:embed outlines.txt
var outlines string

// Files holds ttp/R0001.yaml and so on, as they were when `go generate` ran: a test
// says so when they are others.
var Files = sync.OnceValue(func() *packed.Files { return packed.Open(pack) })

// Text returns a file of the pack, such as R0001.yaml.
func Text(name string) []byte { return []byte(Files().Text("ttp/" + name)) }

// Outlines is what engine.ReadOutlines reads: what compiling told of the files.
func Outlines() string { return outlines }
