package api

import (
	"bytes"
	"testing"
)

// FuzzEvents splits and checks any body: without a panic, within the limits,
// each event accepted or rejected, and what is accepted on one line and accepted
// again.
func FuzzEvents(f *testing.F) {
	for _, body := range []string{eventLine("a") + "\n" + eventLine("b"), "[" + eventLine("a") + ", 7,\n null]", "[]", "[", "\xef\xbb\xbf[{}]", "\x00\n{}", "[\"\xff\"]"} {
		f.Add([]byte(body))
	}
	s := New(Config{Limits: Limits{Events: 50}})
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := s.readEvents(body, "")
		if err != nil {
			problemOf(err)
			return
		}
		if in.Accepted != len(in.lines) || in.Accepted+len(in.Rejected) > 50 || in.Accepted > 0 && len(in.ids) == 0 {
			t.Fatalf("%d accepted, %d lines, %d rejected, %d ids", in.Accepted, len(in.lines), len(in.Rejected), len(in.ids))
		}
		var again []byte
		for _, l := range in.lines {
			if bytes.ContainsAny(l.Text, "\n") {
				t.Fatalf("an event with a line break: %q", l.Text)
			}
			again = append(append(again, l.Text...), '\n')
		}
		twice, err := s.readEvents(again, "")
		if err != nil || twice.Accepted != in.Accepted {
			t.Fatalf("%d events accepted, then %d of the same (%v)", in.Accepted, twice.Accepted, err)
		}
	})
}
