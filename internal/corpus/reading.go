package corpus

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
)

// A Reading is what a person said of one hit, or of a command that nothing hit
// (without rule and technique).
type Reading struct {
	Key        string  `json:"shape"` // see ShapeKey
	RuleID     string  `json:"rule_id,omitempty"`
	Technique  string  `json:"technique_id,omitempty"`
	Confidence float64 `json:"confidence,omitempty"` // of the tag when it was drawn
	Verdict    string  `json:"verdict"`              // "" = not read yet
	Note       string  `json:"note,omitempty"`
}

// The verdicts on hits, and those on misses.
const (
	ReadRight     = "right"
	ReadDebatable = "debatable"
	ReadWrong     = "wrong"
	ReadMissed    = "missed" // a technique should have been found
	ReadNone      = "none"   // rightly nothing was
)

// Readings are verdicts by what they speak of.
type Readings map[string]Reading

func (r *Reading) id() string { return r.Key + " " + r.RuleID + " " + r.Technique }

// ReadReadings reads a file of verdicts. All bad lines are reported, as
// [RowError]s.
func ReadReadings(ctx context.Context, file Corpus) (Readings, error) {
	all := Readings{}
	err := readObjects(ctx, []Corpus{file}, func(_ linePlace, r Reading) error {
		if err := r.check(); err != nil {
			return err
		}
		if _, dup := all[r.id()]; dup {
			return fmt.Errorf("%s has a verdict already", r.id())
		}
		all[r.id()] = r
		return nil
	})
	return all, err
}

func (r *Reading) check() error {
	if raw, err := hex.DecodeString(r.Key); err != nil || len(raw) != 8 {
		return fmt.Errorf("shape %s is not 16 hexadecimal digits", quoteShort(r.Key))
	}
	want := []string{ReadRight, ReadDebatable, ReadWrong}
	if r.RuleID == "" {
		want = []string{ReadMissed, ReadNone}
	}
	if !slices.Contains(want, r.Verdict) {
		return fmt.Errorf("verdict %s: want one of %v", quoteShort(r.Verdict), want)
	}
	return nil
}

// A ReadTotal counts verdicts on the hits of one band.
type ReadTotal struct {
	Drawn, Right, Debatable, Wrong int
}

// Read returns how many of the hits have a verdict.
func (t ReadTotal) Read() int { return t.Right + t.Debatable + t.Wrong }

// A DrawTotal is what verdicts on a draw add up to.
type DrawTotal struct {
	High, Medium            ReadTotal
	Misses, Missed, Rightly int // commands that nothing hit: drawn, should have been, rightly not
}

// TotalOf adds up the verdicts on what was drawn.
func TotalOf(drawn []Drawn) (t DrawTotal) {
	for _, x := range drawn {
		band := &t.Medium
		if x.Confidence >= highBand {
			band = &t.High
		}
		switch {
		case x.RuleID == "":
			t.Misses++
		default:
			band.Drawn++
		}
		switch x.Verdict {
		case ReadRight:
			band.Right++
		case ReadDebatable:
			band.Debatable++
		case ReadWrong:
			band.Wrong++
		case ReadMissed:
			t.Missed++
		case ReadNone:
			t.Rightly++
		}
	}
	return t
}
