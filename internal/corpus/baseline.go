package corpus

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"ttpctl/internal/event"
)

// maxBaseline bounds the report that a run is compared with, in bytes.
const maxBaseline = 64 << 20

// ReadBaseline reads a report from a JSON document that precision wrote.
func ReadBaseline(r io.Reader) (*Report, error) {
	var doc struct {
		Schema string  `json:"schema"`
		Data   *Report `json:"data"`
	}
	err := json.NewDecoder(io.LimitReader(r, maxBaseline)).Decode(&doc)
	switch {
	case err != nil:
		return nil, errors.New("not a JSON document of precision")
	case doc.Schema != ReportSchema:
		return nil, fmt.Errorf("its schema is %q, want %s", event.CutText(doc.Schema, 64), ReportSchema)
	case doc.Data == nil || len(doc.Data.Rules) == 0:
		return nil, errors.New("it holds no scores")
	}
	return doc.Data, nil
}

// ReportSchema names the document that holds a Report.
const ReportSchema = "ttpctl.precision/v1"

// A Regression is a rule that got worse than it was.
type Regression struct {
	RuleID string `json:"rule_id"`
	What   string `json:"what"`
}

// Regressions returns what is worse in r than in old: a verdict, a precision or
// a recall that fell, a rule that is no longer scored. A rule that old does not
// know is held to its own verdict.
func (r *Report) Regressions(old *Report) []Regression {
	now := map[string]*RuleScore{}
	for i := range r.Rules {
		now[r.Rules[i].RuleID] = &r.Rules[i]
	}
	worse := []Regression{}
	before := map[string]bool{}
	for i := range old.Rules {
		was := &old.Rules[i]
		before[was.RuleID] = true
		if what := fell(was, now[was.RuleID]); what != "" {
			worse = append(worse, Regression{was.RuleID, what})
		}
	}
	for i := range r.Rules {
		if is := &r.Rules[i]; !before[is.RuleID] && is.Verdict == Fail {
			worse = append(worse, Regression{is.RuleID, "new, and " + is.Reason})
		}
	}
	return worse
}

// fell says how is is worse than was, or "".
func fell(was, is *RuleScore) string {
	switch {
	case is == nil:
		return "it is no longer scored"
	case is.Verdict.rank() > was.Verdict.rank():
		return fmt.Sprintf("%s was %s: %s", is.Verdict, was.Verdict, is.Reason)
	case lower(is.Precision, was.Precision):
		return fmt.Sprintf("precision %.3f was %.3f", *is.Precision, *was.Precision)
	case lower(is.Recall, was.Recall):
		return fmt.Sprintf("recall %.3f was %.3f", *is.Recall, *was.Recall)
	}
	return ""
}

func lower(is, was *float64) bool { return is != nil && was != nil && *is < *was }
