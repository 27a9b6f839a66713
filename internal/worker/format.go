package worker

import (
	"fmt"
	"slices"

	"ttpctl/internal/engine"
	"ttpctl/internal/state"
)

// A stateFormat is one version of how the state of a source is written: what readers
// and aggregates remember, and what sequences do. A new version is one more of
// stateFormats; that before it is still written while some process of a fleet reads
// no other.
type stateFormat struct {
	version int
	code    func(c *state.Codec, readers, sequences *[]byte) // what follows the version
}

// stateFormats returns those that this program reads and writes, the newest last.
func stateFormats() []stateFormat { return []stateFormat{{1, codeState}} }

// StateVersions returns the versions of a source's state that this program reads and
// writes, ascending.
func StateVersions() []int { return versionsOf(stateFormats()) }

func versionsOf(formats []stateFormat) (versions []int) {
	for _, f := range formats {
		versions = append(versions, f.version)
	}
	return versions
}

// NewestFor returns the newest of the versions mine that each of others reads too, a
// list for each. One that says nothing reads the first version only. When there is
// none the oldest is left, which most can read.
func NewestFor(mine []int, others [][]int) int {
	for _, v := range slices.Backward(mine) {
		if !slices.ContainsFunc(others, func(reads []int) bool {
			return !slices.Contains(reads, v) && (len(reads) > 0 || v != 1)
		}) {
			return v
		}
	}
	return mine[0]
}

// formatOf returns the format of that version, else the newest.
func formatOf(formats []stateFormat, version int) stateFormat {
	for _, f := range formats {
		if f.version == version {
			return f
		}
	}
	return formats[len(formats)-1]
}

// join returns the state of a run.
func (f stateFormat) join(readers []byte, stage *engine.Stage) []byte {
	var sequences []byte
	if stage != nil {
		sequences = stage.MarshalState()
	}
	c := state.NewWriter()
	c.Version(uint64(f.version))
	f.code(c, &readers, &sequences)
	return c.Bytes()
}

// splitState undoes join, by the format that b is of; sequences are nil where there
// were none.
func splitState(formats []stateFormat, b []byte) (readers, sequences []byte, err error) {
	var version uint64
	c := state.NewReader(b)
	if c.Uint(&version); c.Err() != nil {
		return nil, nil, c.Err()
	}
	i := slices.IndexFunc(formats, func(f stateFormat) bool { return uint64(f.version) == version })
	if i < 0 {
		return nil, nil, fmt.Errorf("it is of version %d, and this program reads %v", version, versionsOf(formats))
	}
	formats[i].code(c, &readers, &sequences)
	if err = c.Finish(); len(sequences) == 0 {
		sequences = nil
	}
	return readers, sequences, err
}

// codeState is version 1.
func codeState(c *state.Codec, readers, sequences *[]byte) {
	for _, b := range []*[]byte{readers, sequences} {
		text := string(*b)
		c.Text(&text)
		*b = []byte(text)
	}
}
