package corpus

import (
	"cmp"
	"context"
	"errors"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

// Options say how to score. The zero Options score every rule.
type Options struct {
	Gate  Gate     // "" = Auto
	Rules []string // only these; nil = all
	// MinRecall is the least recall of a rule that some row expects, SeedRecall
	// that of one judged on seeds alone, if it is larger. 0 = recall fails nobody.
	MinRecall, SeedRecall float64
	Allow                 *AllowList
	Keep                  int       // findings kept of each rule and sort, all are counted; 0 = 20
	Workers               int       // 0 = one a processor
	Now                   time.Time // for the states; there are none in a bare snapshot
	OnRows                func(n int)
}

// ErrNoRows is a run over corpora without a single labelled row.
var ErrNoRows = errors.New("no labelled row")

// ScoreBeside is Score with what is found on each corpus in beside, which judges
// no rule.
func ScoreBeside(ctx context.Context, snap *engine.Snapshot, corpora, beside []Corpus, opt Options) (*Report, error) {
	r, err := Score(ctx, snap, corpora, opt)
	if err != nil {
		return nil, err
	}
	for _, c := range beside {
		small, err := Score(ctx, snap, []Corpus{c}, opt)
		if err != nil {
			return nil, err
		}
		r.beside(c.Name, small)
	}
	return r, nil
}

// Score judges the rules of snap on the corpora. Bad rows are all reported, as
// [RowError]s, and nothing is scored then.
func Score(ctx context.Context, snap *engine.Snapshot, corpora []Corpus, opt Options) (*Report, error) {
	if opt.Keep <= 0 {
		opt.Keep = 20
	}
	s := newScoring(snap, corpora, opt)
	m := newMerger(s)
	err := inOrder(ctx, corpora, opt.Workers, s.newWorker, m.take)
	if err != nil {
		return nil, err
	}
	if err := m.bad.err(); err != nil {
		return nil, err
	}
	if m.labelled == 0 {
		return nil, ErrNoRows
	}
	return s.report(m), nil
}

// A scoring is one run of Score. Its maps are read only once it works.
type scoring struct {
	snap    *engine.Snapshot
	corpora []Corpus
	opt     Options

	rules   []*engine.Rule
	index   map[string]int // of rules
	chosen  []bool         // by rule
	emitted []string       // techniques of the chosen rules
	// byKind holds, for each corpus and kind, the rules that a row without
	// judged_rule_ids speaks of.
	byKind [][event.NumKinds][]int
	full   *fullLists
	// ordered says that rows of one session are judged together.
	ordered bool

	made register
}

func newScoring(snap *engine.Snapshot, corpora []Corpus, opt Options) *scoring {
	s := &scoring{
		snap: snap, corpora: corpora, opt: opt, rules: snap.Ruleset().Rules(), ordered: snap.Ordered(),
		index: map[string]int{}, byKind: make([][event.NumKinds][]int, len(corpora)),
	}
	s.chosen = make([]bool, len(s.rules))
	for i, r := range s.rules {
		s.index[r.ID] = i
		s.chosen[i] = len(opt.Rules) == 0
	}
	for _, id := range opt.Rules {
		if i, ok := s.index[id]; ok {
			s.chosen[i] = true
		}
	}
	for i, r := range s.rules {
		if !s.chosen[i] {
			continue
		}
		for _, e := range r.Emits {
			s.emitted = append(s.emitted, cmp.Or(e.SubTechnique, e.Technique))
		}
	}
	for c := range corpora {
		_, known := CohortName(corpora[c].Cohort)
		for i, r := range s.rules {
			if !s.chosen[i] || known && !inCohort(corpora[c].Cohort, r.ID) {
				continue
			}
			for _, k := range r.AppliesTo {
				s.byKind[c][k] = append(s.byKind[c][k], i)
			}
		}
	}
	s.full = newFullLists(len(s.rules))
	return s
}

// known reports whether a row may name the rule: one in force, or one of the
// shipped pack, which another ruleset may lack.
func (s *scoring) known(id string) bool {
	_, ok := s.index[id]
	return ok || shipped(id)
}

// counts are the outcomes of one rule on rows that speak of it.
type counts struct{ rows, expected, tp, fp, fn int }

func (c *counts) add(o counts) {
	c.rows += o.rows
	c.expected += o.expected
	c.tp += o.tp
	c.fp += o.fp
	c.fn += o.fn
}
