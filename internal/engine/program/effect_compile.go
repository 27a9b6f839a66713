package program

import "strings"

// compile is a compiler without -o: a program is called a.out, an object after its source, and what is only checked or printed leaves no file.
func (x *call) compile() {
	switch {
	case len(x.operands) == 0, x.has("-o", "-E", "-M", "-MM", "-fsyntax-only"):
	case x.has("-c"):
		x.compiled(".o")
	case x.has("-S"):
		x.compiled(".s")
	default:
		x.writes(Create, "a.out", 0)
	}
}

// compiled adds one file with that suffix a source.
func (x *call) compiled(suffix string) {
	for i := range x.operands {
		o := &x.operands[i]
		name := baseName(o.Text)
		if dot := strings.LastIndexByte(name, '.'); dot > 0 {
			x.a.buf = append(append(x.a.buf[:0], name[:dot]...), suffix...)
			x.writes(Create, x.a.out.Bytes(x.a.buf), o.Mark)
		}
	}
}
