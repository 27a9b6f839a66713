package html

import (
	"cmp"
	"fmt"

	"ttpctl/internal/corpus"
	"ttpctl/internal/report"
	"ttpctl/internal/sorting"
)

// A scoreTable holds scores by rule.
type scoreTable map[string]*corpus.RuleScore

type trustView struct {
	ID, Name, Tags, Right, Interval, Recall, Why string
	Known                                        bool
	X, W, Dot                                    string // of the interval's drawing
	tags                                         int
}

func (p *Page) scores() scoreTable {
	t := scoreTable{}
	for i := range p.Scores {
		t[p.Scores[i].RuleID] = &p.Scores[i]
	}
	return t
}

// words says in short how far a rule can be trusted.
func (t scoreTable) words(id string) string {
	s := t[id]
	if s == nil || s.Lower == nil {
		return ""
	}
	return fmt.Sprintf("precision %.2f to %.2f on labelled rows", *s.Lower, *s.Upper)
}

// trust lists the rules that fired, those first that tagged most.
func (p *Page) trust(scores scoreTable) (list []trustView, about string) {
	tags := p.tagsByRule()
	for id, n := range tags {
		list = append(list, p.trusted(id, n, scores[id]))
	}
	sorting.By(list, func(a, b trustView) int { return cmp.Or(cmp.Compare(b.tags, a.tags), cmp.Compare(a.ID, b.ID)) })
	if p.Scores == nil {
		return list, "The rules were not scored."
	}
	return list, "The rules that fired, scored on labelled rows: of the rows on which a rule fired, how many it was right about, with the interval in which its precision lies with 95 % certainty (Wilson). Few rows give a wide interval: it says how little is known, not that the rule is bad."
}

func (p *Page) trusted(id string, tags int, s *corpus.RuleScore) trustView {
	v := trustView{ID: shown(id, 64), Name: shown(p.ruleName(id), 120), Tags: report.Grouped(tags), tags: tags, Why: "no labelled rows"}
	if s == nil {
		return v
	}
	v.Right = fmt.Sprintf("%d of %d", s.TP, s.Fired)
	if s.Recall != nil {
		v.Recall = fmt.Sprintf("%.2f", *s.Recall)
	}
	if s.Lower == nil || s.Precision == nil {
		v.Why = "it fired on no labelled row"
		return v
	}
	const width, margin = 112, 4
	at := func(f float64) float64 { return margin + width*f }
	v.Known, v.Interval = true, fmt.Sprintf("%.2f–%.2f", *s.Lower, *s.Upper)
	v.X, v.W, v.Dot = decimal(at(*s.Lower)), decimal(width*(*s.Upper-*s.Lower)), decimal(at(*s.Precision))
	return v
}
