package main

import (
	"io"

	"golang.org/x/term"

	"ttpctl/internal/report"
)

// startProgress says on stderr how far reading of so many bytes, 0 = unknown, has
// come, unless --quiet.
func startProgress(s *streams, total int64) *report.Progress {
	if s.quiet {
		return report.StartProgress(io.Discard, false, 0)
	}
	return report.StartProgress(s.err, s.err.tty, total)
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
