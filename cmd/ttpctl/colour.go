package main

import "slices"

// colorModes are the words --color knows.
var colorModes = []string{"auto", "always", "never"}

// palette returns the colours for a stream that is, or is not, a terminal:
// --color decides, then NO_COLOR, then CLICOLOR_FORCE, then TERM=dumb, then
// the stream itself.
func (s *streams) palette(tty bool) palette {
	switch {
	case s.color == "always":
		return palette{true}
	case s.color == "never", s.getenv("NO_COLOR") != "":
		return palette{}
	case !slices.Contains([]string{"", "0"}, s.getenv("CLICOLOR_FORCE")):
		return palette{true}
	case s.getenv("TERM") == "dumb":
		return palette{}
	}
	return palette{tty}
}

// A palette colours text, or leaves it as it is.
type palette struct{ on bool }

func (p palette) sgr(code, s string) string {
	if !p.on || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p palette) bold(s string) string   { return p.sgr("1", s) }
func (p palette) dim(s string) string    { return p.sgr("2", s) }
func (p palette) red(s string) string    { return p.sgr("1;31", s) }
func (p palette) yellow(s string) string { return p.sgr("1;33", s) }
func (p palette) cyan(s string) string   { return p.sgr("36", s) }
