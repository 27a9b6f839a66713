package report

import (
	"bytes"
	"io"
)

// A Part is a titled table of a document for people.
type Part struct {
	Title string
	Table Table
}

// WriteParts writes the first part and those others that have rows, as Markdown
// or as text.
func WriteParts(w io.Writer, markdown bool, parts []Part, o TextOptions) error {
	var b bytes.Buffer
	for i := range parts {
		p := &parts[i]
		if i > 0 && p.Table.Len() == 0 {
			continue
		}
		if err := p.write(&b, markdown, o); err != nil {
			return err
		}
	}
	_, err := b.WriteTo(w)
	return err
}

func (p *Part) write(b *bytes.Buffer, markdown bool, o TextOptions) error {
	var err error
	if markdown {
		b.WriteString("### " + p.Title + "\n\n")
		err = p.Table.WriteMarkdown(b)
	} else {
		b.WriteString(Palette{o.Color}.Bold(p.Title) + "\n")
		err = p.Table.WriteText(b, o)
	}
	b.WriteString("\n")
	return err
}
