package main

import (
	"io"
	"os"

	"golang.org/x/term"

	"ttpctl/internal/ingest"
	"ttpctl/internal/report"
)

// startProgress says on stderr how far reading has come, unless --quiet.
func startProgress(s *streams, inputs []ingest.Input) *report.Progress {
	if s.quiet {
		return report.StartProgress(io.Discard, false, 0)
	}
	return report.StartProgress(s.err, s.err.tty, totalSize(inputs))
}

// totalSize returns the bytes of all inputs as stored, 0 when unknown.
func totalSize(inputs []ingest.Input) int64 {
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

// width returns the cells of a line of the terminal, 0 when there is none.
func (o stream) width(s *streams) int {
	f, ok := o.Writer.(interface{ Fd() uintptr })
	if !ok || !o.tty {
		return 0
	}
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 80
	}
	return w
}
