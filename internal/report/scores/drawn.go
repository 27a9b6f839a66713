package scores

import (
	"encoding/json"
	"fmt"
	"io"

	"ttpctl/internal/corpus"
)

// WriteDrawn writes what was drawn as JSON Lines, for a person to fill in.
func WriteDrawn(w io.Writer, drawn []corpus.Drawn) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, x := range drawn {
		if err := enc.Encode(x); err != nil {
			return err
		}
	}
	return nil
}

// DrawnLines sums up what was drawn and read, by band.
func DrawnLines(drawn []corpus.Drawn) []string {
	total := corpus.TotalOf(drawn)
	return []string{
		bandLine("high", total.High),
		bandLine("medium", total.Medium),
		fmt.Sprintf("commands without a tag: %d drawn, %d read: %d missed, %d rightly without", total.Misses, total.Missed+total.Rightly, total.Missed, total.Rightly),
	}
}

// bandLine says what was read of one band, and with what precision: the share
// that is right, between the ends of its 95 % interval.
func bandLine(name string, t corpus.ReadTotal) string {
	line := fmt.Sprintf("%s band: %d hits drawn, %d read: %d right, %d debatable, %d wrong", name, t.Drawn, t.Read(), t.Right, t.Debatable, t.Wrong)
	if n := t.Read(); n > 0 {
		lower, upper := corpus.Wilson(t.Right, n)
		line += fmt.Sprintf("; precision %.3f (%.3f-%.3f)", float64(t.Right)/float64(n), lower, upper)
	}
	return line
}
