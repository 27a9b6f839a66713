package stored

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"ttpctl/internal/escape"
	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/store"
)

// listedBody is how many bytes of a dead letter a list shows.
const listedBody = 200

// A Letter is a dead letter as results have it.
type Letter struct {
	ID     int64     `json:"id"`
	At     time.Time `json:"set_aside_at"`
	Source string    `json:"source"`
	Where  string    `json:"where"`
	Reason string    `json:"reason"`
	Bytes  int       `json:"bytes"`
	Body   string    `json:"body"` // in a list, its beginning
}

// WholeLetter returns d with all that is kept of its body.
func WholeLetter(d *store.DeadLetter) Letter {
	return Letter{d.ID, d.At, d.Source, d.Where, d.Reason, len(d.Body), string(d.Body)}
}

// ListedLetter returns d with the beginning of its body.
func ListedLetter(d *store.DeadLetter) Letter {
	l := WholeLetter(d)
	l.Body = event.CutText(l.Body, listedBody)
	return l
}

// writeLetterTable writes letters for people, a row each.
func writeLetterTable(w io.Writer, letters []Letter, o report.TextOptions) error {
	t := report.Table{Columns: []report.Column{
		{Name: "ID"}, {Name: "SET ASIDE"}, {Name: "SOURCE", Max: 40}, {Name: "WHERE", Max: 60}, {Name: "REASON"}, {Name: "BODY", Max: 100, Note: true},
	}}
	for _, l := range letters {
		t.Add(l.ID, l.At, l.Source, l.Where, l.Reason, strings.TrimSpace(l.Body))
	}
	return t.WriteText(w, o)
}

// writeLetters writes letters for people, whole and one below the other.
func writeLetters(w io.Writer, letters []Letter, now time.Time) error {
	for i, l := range letters {
		if i > 0 {
			fmt.Fprintln(w)
		}
		for _, line := range [][2]string{
			{"id", fmt.Sprint(l.ID)}, {"set aside", report.Moment(l.At, now)}, {"source", l.Source}, {"where", l.Where},
			{"reason", l.Reason}, {"body", strings.TrimSpace(l.Body)},
		} {
			if _, err := fmt.Fprintf(w, "%-10s%s\n", line[0], escape.Terminal(line[1])); err != nil {
				return err
			}
		}
	}
	return nil
}

// WriteLines writes values as JSON, one a line.
func WriteLines[T any](w io.Writer, values []T) error {
	for i := range values {
		line, err := json.Marshal(&values[i])
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, escape.JSON(string(line))+"\n"); err != nil {
			return err
		}
	}
	return nil
}
