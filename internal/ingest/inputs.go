package ingest

import (
	"fmt"
	"os"
)

// TellApart gives inputs that are called alike names that differ: messages
// name nothing else of them.
func TellApart(inputs []Input) []Input {
	times := make(map[string]int)
	for i := range inputs {
		name := inputs[i].Name
		if times[name]++; times[name] > 1 {
			inputs[i].Rename(fmt.Sprintf("%s (%d)", name, times[name]))
		}
	}
	return inputs
}

// TotalSize returns the bytes of all inputs as stored, 0 when unknown.
func TotalSize(inputs []Input) int64 {
	var total int64
	seen := make(map[string]bool) // of an archive several inputs come
	for _, in := range inputs {
		if in.Reader != nil {
			return 0
		}
		info, err := os.Stat(in.Path())
		if err != nil || !info.Mode().IsRegular() {
			return 0
		}
		if !seen[in.Path()] {
			seen[in.Path()] = true
			total += info.Size()
		}
	}
	return total
}
