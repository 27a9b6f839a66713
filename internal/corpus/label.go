package corpus

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"ttpctl/internal/event"
)

// An Opinion is what a person says of a hit.
type Opinion string

// The opinions. Unsure is remembered and labels nothing.
const (
	Right  Opinion = "right"
	Wrong  Opinion = "wrong"
	Unsure Opinion = "unsure"
)

// ParseOpinion returns the opinion of that name.
func ParseOpinion(word string) (Opinion, error) {
	switch o := Opinion(word); o {
	case Right, Wrong, Unsure:
		return o, nil
	}
	return "", fmt.Errorf("unknown verdict %s: want right, wrong or unsure", quoteShort(word))
}

// An Answer is an opinion of one rule on one row.
type Answer struct {
	RuleID  string  `json:"rule_id"`
	Label   string  `json:"label"`
	Opinion Opinion `json:"verdict"`
	Note    string  `json:"note,omitempty"`
}

type hit struct{ rule, label string }

// Answers are opinions by rule and row; of two on one hit the later counts. It
// belongs to one goroutine.
type Answers struct {
	order []hit
	by    map[hit]Answer
}

// NewAnswers returns no answers.
func NewAnswers() *Answers { return &Answers{by: map[hit]Answer{}} }

// Len returns the number of hits with an answer.
func (a *Answers) Len() int { return len(a.order) }

// Set notes an answer.
func (a *Answers) Set(x Answer) {
	key := hit{x.RuleID, x.Label}
	if _, ok := a.by[key]; !ok {
		a.order = append(a.order, key)
	}
	a.by[key] = x
}

// Of returns the answer on a hit.
func (a *Answers) Of(ruleID, label string) (Answer, bool) {
	x, ok := a.by[hit{ruleID, label}]
	return x, ok
}

// All returns the answers in the order of their first mention.
func (a *Answers) All() []Answer {
	var all []Answer
	for _, key := range a.order {
		all = append(all, a.by[key])
	}
	return all
}

// ReadAnswers reads a journal, one answer a line. A last line that was torn by
// a crash is left out; whole is the length of what is good.
func ReadAnswers(name string, r io.Reader) (a *Answers, whole int64, err error) {
	a = NewAnswers()
	br := bufio.NewReader(r)
	for n := 1; ; n++ {
		text, err := br.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return a, whole, nil
		}
		if err != nil {
			return nil, 0, &ReadError{name, err}
		}
		var x Answer
		if err := json.Unmarshal(text, &x); err != nil || x.RuleID == "" || x.Label == "" {
			return nil, 0, &RowError{name, n, "not an answer: want rule_id, label and verdict"}
		}
		if _, err := ParseOpinion(string(x.Opinion)); err != nil {
			return nil, 0, &RowError{name, n, err.Error()}
		}
		a.Set(x)
		whole += int64(len(text))
	}
}

// AppendAnswer appends x as a line of a journal.
func AppendAnswer(dst []byte, x Answer) []byte {
	dst = append(dst, `{"rule_id":`...)
	dst = event.AppendQuoted(dst, x.RuleID)
	dst = append(dst, `,"label":`...)
	dst = event.AppendQuoted(dst, x.Label)
	dst = append(dst, `,"verdict":`...)
	dst = event.AppendQuoted(dst, string(x.Opinion))
	if x.Note != "" {
		dst = append(dst, `,"note":`...)
		dst = event.AppendQuoted(dst, x.Note)
	}
	return append(dst, "}\n"...)
}
