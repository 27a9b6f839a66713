package publish

import (
	"bytes"

	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/store"
)

// A form writes messages as text. A file of tags has tags in it and nothing
// else: of a suppression it writes nothing.
type form interface {
	append(dst *bytes.Buffer, m *store.Message) error
}

// jsonLines is the tag as it is, one a line.
type jsonLines struct{}

func (jsonLines) append(dst *bytes.Buffer, m *store.Message) error {
	if m.Topic == store.Tagged {
		dst.Write(m.Body)
		dst.WriteByte('\n')
	}
	return nil
}

func newJSONLines(bool) form { return jsonLines{} }

// csvRows is the table that ttpctl tag writes.
type csvRows struct {
	continued bool
	w         report.Writer
	out       bytes.Buffer // where w writes
}

func newCSVRows(continued bool) form { return &csvRows{continued: continued} }

func (c *csvRows) append(dst *bytes.Buffer, m *store.Message) error {
	if m.Topic != store.Tagged {
		return nil
	}
	if c.w == nil {
		var err error
		if c.w, err = report.NewWriter("csv", &c.out, report.Options{Continued: c.continued}); err != nil {
			return err
		}
	}
	tag, err := parseTag(m.Body)
	if err != nil {
		return err
	}
	c.out.Reset()
	if err := c.w.Write([]event.Tag{tag}); err != nil {
		return err
	}
	dst.Write(c.out.Bytes())
	return nil
}

// A page is the text of some messages.
type page struct {
	text bytes.Buffer
	ends []int // where the text of each ends
}

func (p *page) fill(f form, ms []store.Message) error {
	p.text.Reset()
	p.ends = p.ends[:0]
	for i := range ms {
		if err := f.append(&p.text, &ms[i]); err != nil {
			return err
		}
		p.ends = append(p.ends, p.text.Len())
	}
	return nil
}

// whole returns how many messages the first n bytes of the text have whole, and
// where the last of them ends.
func (p *page) whole(n int) (messages, end int) {
	for messages < len(p.ends) && p.ends[messages] <= n {
		end = p.ends[messages]
		messages++
	}
	return messages, end
}
