package report

// A Palette colours text, or, when it is off, leaves it as it is. Its control
// sequences are the only ones in any output; all else is escaped.
type Palette struct{ On bool }

func (p Palette) sgr(code, s string) string {
	if !p.On || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// Bold, and the others, return s in that style.
func (p Palette) Bold(s string) string   { return p.sgr("1", s) }
func (p Palette) Dim(s string) string    { return p.sgr("2", s) }
func (p Palette) Red(s string) string    { return p.sgr("1;31", s) }
func (p Palette) Green(s string) string  { return p.sgr("32", s) }
func (p Palette) Yellow(s string) string { return p.sgr("1;33", s) }
func (p Palette) Cyan(s string) string   { return p.sgr("36", s) }
