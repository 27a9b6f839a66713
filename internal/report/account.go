package report

import (
	"cmp"
	"maps"
	"strings"
	"ttpctl/internal/sorting"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// An Account says what a run of the tag command read and what became of it:
// every line, event and tag is in exactly one of its counts. It holds nothing
// that differs between two runs over the same input.
//
// Lines is Direct + Absorbed + the sum of Ignored + Rejected + Blank
// (LIFTERS.md, Readers), and Events is Direct + Derived. Tags is what was
// written; FilteredOut and BelowFloor were made and are not among Tags.
type Account struct {
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"` // as stored, that is before decompression
	Lines int64 `json:"lines"`
	// Formats are the formats of the input, and the files of each.
	Formats []FormatFiles `json:"formats,omitempty"`

	Direct   int64            `json:"direct"`   // became an event
	Absorbed int64            `json:"absorbed"` // went into an aggregate
	Ignored  map[string]int64 `json:"ignored"`  // by type of line
	Rejected int64            `json:"rejected"`
	Blank    int64            `json:"blank"`
	// NULs are bytes dropped before lines, as a log has them that was truncated
	// while it was written.
	NULs int64 `json:"nul_bytes,omitzero"`
	// Reasons are the first rejections, `file:line: reason`.
	Reasons []string `json:"rejections"`

	Events    int64            `json:"events"`
	Derived   int64            `json:"derived"`   // events from aggregates and from lists of commands
	Filtered  int64            `json:"filtered"`  // events outside --since and --until
	Unhandled map[string]int64 `json:"unhandled"` // events that no rule in force reads, by kind

	Tags        int64 `json:"tags"`
	FilteredOut int64 `json:"filtered_out"`       // tags, by --min-confidence, --rule, --technique, --tactic
	BelowFloor  int64 `json:"below_floor"`        // tags dropped
	Panics      int64 `json:"panics"`             // rules, or the reading of its text, that broke on an event
	CutShort    int64 `json:"commands_cut_short"` // commands of which rules saw a part only

	// Forgotten are the sessions and attackers that were active least recently
	// when sequences began in more of them than are remembered.
	Forgotten int64 `json:"sessions_forgotten,omitzero"`

	Rules    int      `json:"rules"`    // in the ruleset
	Disabled []string `json:"disabled"` // rule ids
	Clipped  []string `json:"clipped"`  // rule ids

	// Errors are what went wrong with the run itself: files that could not be
	// read to their end. JSON documents have them beside the summary.
	Errors []string `json:"-"`
	// Interrupted says that the input was not read to its end on request.
	Interrupted bool `json:"interrupted"`
	// Unfinished are the bytes of a line that the interrupt cut off.
	Unfinished int64 `json:"unfinished_bytes,omitzero"`
}

// FormatFiles are the files of one format.
type FormatFiles struct {
	Format string   `json:"format"`
	Files  []string `json:"files"`
}

// JSON returns the account as a JSON object, names of lines' types and kinds
// sorted. A nil account is an empty one.
func (a *Account) JSON() jsontext.Value {
	var valid Account
	if a != nil {
		valid = *a
	}
	valid.Ignored, valid.Unhandled = validNames(valid.Ignored), validNames(valid.Unhandled)
	b, err := json.Marshal(&valid, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		panic(err) // plain counts, strings and maps of them always marshal
	}
	return b
}

// validNames returns counts with names in valid UTF-8: as bytes they may differ
// and be one name in JSON, where a name stands once.
func validNames(counts map[string]int64) map[string]int64 {
	valid := make(map[string]int64, len(counts))
	for name, n := range counts {
		valid[strings.ToValidUTF8(name, "\uFFFD")] += n
	}
	return valid
}

// ignored returns the sum of Ignored.
func (a *Account) ignored() int64 { return total(a.Ignored) }

// unaccounted returns how many lines are in none of the counts: not 0 is a
// defect of a reader, and is shown, not hidden.
func (a *Account) unaccounted() int64 {
	return a.Lines - a.Direct - a.Absorbed - a.ignored() - a.Rejected - a.Blank
}

func total(counts map[string]int64) int64 {
	var n int64
	for _, c := range counts {
		n += c
	}
	return n
}

// byCount returns the names in counts, the most frequent first, ties by name.
func byCount(counts map[string]int64) []string {
	return sorting.Values(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
}
