package corpus

import (
	"fmt"
	"slices"
)

// csvHeader is the first record of a spreadsheet of answers. Only the first
// four columns are read back.
func csvHeader() []string {
	return []string{"rule_id", "label", "verdict", "note", "text", "matched", "file", "line"}
}

// Records returns the samples with their answers as records of a CSV, the
// verdict empty where there is none.
func Records(samples []Sample, a *Answers) [][]string {
	records := [][]string{csvHeader()}
	for i := range samples {
		s := &samples[i]
		x, _ := a.Of(s.RuleID, s.Label)
		records = append(records, []string{
			s.RuleID, s.Label, string(x.Opinion), x.Note, s.Text, s.Text[s.Start:s.End], s.File, fmt.Sprint(s.Line),
		})
	}
	return records
}

// Known returns what tells whether a hit is among samples or has an answer.
func Known(samples []Sample, a *Answers) func(ruleID, label string) bool {
	return func(ruleID, label string) bool {
		_, answered := a.Of(ruleID, label)
		return answered || slices.ContainsFunc(samples, func(s Sample) bool { return s.RuleID == ruleID && s.Label == label })
	}
}

// ImportRecords reads answers from records as Records writes them; those
// without a verdict are left out. exists says whether a rule and a row are
// known. Every bad record is reported, and nothing is imported then.
func ImportRecords(name string, records [][]string, exists func(ruleID, label string) bool) ([]Answer, error) {
	if len(records) == 0 || len(records[0]) < 4 || !slices.Equal(records[0][:4], csvHeader()[:4]) {
		return nil, &RowError{name, 1, "want the columns rule_id, label, verdict, note"}
	}
	var answers []Answer
	var bad rowErrors
	for i, r := range records[1:] {
		x, reason := importRecord(r, exists)
		if reason != "" {
			if err := bad.add(RowError{name, i + 2, reason}); err != nil {
				return nil, err
			}
			continue
		}
		if x.Opinion != "" {
			answers = append(answers, x)
		}
	}
	return answers, bad.err()
}

func importRecord(r []string, exists func(ruleID, label string) bool) (x Answer, bad string) {
	if len(r) < 4 {
		return x, "fewer than four columns"
	}
	x = Answer{RuleID: r[0], Label: r[1], Note: r[3]}
	if r[2] == "" {
		return x, ""
	}
	var err error
	if x.Opinion, err = ParseOpinion(r[2]); err != nil {
		return x, err.Error()
	}
	if !exists(x.RuleID, x.Label) {
		return x, fmt.Sprintf("no hit of %s on a row labelled %s", quoteShort(x.RuleID), quoteShort(x.Label))
	}
	return x, ""
}
