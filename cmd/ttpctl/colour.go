package main

import (
	"slices"

	"ttpctl/internal/report"
)

// colorModes are the words --color knows.
var colorModes = []string{"auto", "always", "never"}

// palette returns the colours for a stream that is, or is not, a terminal:
// --color decides, then NO_COLOR, then CLICOLOR_FORCE, then TERM=dumb, then
// the stream itself.
func (s *streams) palette(tty bool) report.Palette {
	switch {
	case s.color == "always":
		return report.Palette{On: true}
	case s.color == "never", s.getenv("NO_COLOR") != "":
		return report.Palette{}
	case !slices.Contains([]string{"", "0"}, s.getenv("CLICOLOR_FORCE")):
		return report.Palette{On: true}
	case s.getenv("TERM") == "dumb":
		return report.Palette{}
	}
	return report.Palette{On: tty}
}
