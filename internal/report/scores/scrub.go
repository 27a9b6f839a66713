package scores

import (
	"fmt"

	"ttpctl/internal/corpus"
	"ttpctl/internal/report"
)

// ScrubLine says how many addresses were replaced, by form.
func ScrubLine(scrub *corpus.Scrubber) string {
	total, text := 0, ""
	for _, form := range corpus.Forms() {
		if n := scrub.Counts[form]; n > 0 {
			total += n
			text += fmt.Sprintf(", %d %s", n, form)
		}
	}
	if total == 0 {
		return "no address scrubbed"
	}
	return report.Plural(total, "address") + " scrubbed: " + text[len(", "):]
}

// BuildLine says how many rows were read and kept.
func BuildLine(c corpus.Tallies) string {
	return fmt.Sprintf("%s read: %s from excluded addresses dropped, %s of a shape seen before, %s kept",
		report.Plural(c.Read, "row"), report.Grouped(c.Dropped), report.Grouped(c.Duplicates), report.Grouped(c.Kept))
}
