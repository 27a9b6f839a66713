package stored

import (
	"fmt"
	"io"
	"time"

	"ttpctl/internal/escape"
	"ttpctl/internal/report"
	"ttpctl/internal/store"
)

// LetterFormats are the formats of dead letters.
func LetterFormats() []string { return []string{"table", "json", "jsonl"} }

// WriteListed writes a list of letters.
func WriteListed(format string, w io.Writer, m report.Meta, letters []Letter, o report.TextOptions) error {
	return writeRecords(format, w, m, "list", letters, func() error { return writeLetterTable(w, letters, o) })
}

// WriteShown writes letters whole.
func WriteShown(format string, w io.Writer, m report.Meta, letters []Letter, now time.Time) error {
	return writeRecords(format, w, m, "show", letters, func() error { return writeLetters(w, letters, now) })
}

// WriteRetried writes what became of letters that were tried again.
func WriteRetried(format string, w io.Writer, m report.Meta, done []store.Retried) error {
	return writeRecords(format, w, m, "retry", done, func() error {
		for _, r := range done {
			line := fmt.Sprintf("stays: %s", escape.Terminal(r.Reason))
			if r.Processed {
				line = fmt.Sprintf("processed, %s, forgotten", report.Plural(int(r.Tags), "new tag"))
			}
			if _, err := fmt.Fprintf(w, "%d  %s\n", r.ID, line); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeRecords writes records as JSON, or for people as table does.
func writeRecords[T any](format string, w io.Writer, m report.Meta, verb string, records []T, table func() error) error {
	r := report.Result{
		Envelope: report.Envelope{Schema: "ttpctl.db.dead-letters." + verb + "/v1", Meta: m, Data: records},
		Text:     func(io.Writer, report.TextOptions) error { return table() },
		Forms:    map[string]func(io.Writer) error{"jsonl": func(w io.Writer) error { return WriteLines(w, records) }},
	}
	return r.Write(format, w, report.TextOptions{})
}

// Stayed says how many letters were not processed, "" for none.
func Stayed(done []store.Retried) string {
	n := 0
	for _, r := range done {
		if !r.Processed {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s of %s stay", report.Grouped(n), report.Plural(len(done), "dead letter"))
}
