package ingest

import (
	"slices"

	"ttpctl/internal/lines"
)

// A recognised file is one of which the first lines were looked at.
type recognised struct {
	format *format  // the first of the table when the lines look like none; nil while all are blank
	wrap   *wrapper // around each line; nil = none is
	known  bool     // the lines look like it
}

// name returns what the summary calls it.
func (r *recognised) name() string {
	switch {
	case r.wrap != nil:
		return r.format.name + " in " + r.wrap.name
	case !r.known:
		return "unknown"
	}
	return r.format.name
}

// recognise looks at the first lines of a file, in b. With a name other than
// Auto the format is that one, and only wrappers are looked for.
func recognise(table []format, name string, b *Batch) recognised {
	if name != Auto {
		i := slices.IndexFunc(table, func(f format) bool { return f.name == name })
		table = table[i : i+1]
	}
	first := firstLines(b)
	if len(first) == 0 && name == Auto {
		return recognised{}
	}
	var around []*unwrapper
	for _, w := range wrappers() {
		around = append(around, newUnwrapper(&w, lines.DefaultMaxLine))
	}
	for _, l := range first { // the first that tells something decides
		if i := sniff(table, l); i >= 0 {
			return recognised{&table[i], nil, true}
		}
		for _, u := range around {
			if text, whole, ok := u.open(l); ok && whole {
				if i := sniff(table, []byte(text)); i >= 0 {
					return recognised{&table[i], u.wrapper, true}
				}
			}
		}
	}
	return recognised{format: &table[0], known: false}
}

// firstLines returns the lines of b by which a file is known: blank ones tell
// nothing.
func firstLines(b *Batch) (first [][]byte) {
	for i := range b.lines {
		if l := b.raw(i); !isBlank(l) || b.lines[i].fate == rejected {
			if first = append(first, l); len(first) == sniffLines {
				break
			}
		}
	}
	return first
}
