package corpus

import (
	"fmt"
	"sync"
)

// A register holds the workers of a run, for their sums at its end.
type register struct {
	mu      sync.Mutex
	workers []*worker
}

func (s *scoring) register(w *worker) {
	s.made.mu.Lock()
	defer s.made.mu.Unlock()
	s.made.workers = append(s.made.workers, w)
}

// A merger takes the blocks' outcomes in input order.
type merger struct {
	s        *scoring
	sessions *orderly
	bad      rowErrors
	rows     []int // by corpus
	labelled int
	skipped  int // rows without labels
	labels   map[[16]byte]labelPlace
	findings [][2][]Finding // by rule: false alarms, misses
}

// A labelPlace is where a label was first seen.
type labelPlace struct{ corpus, line int32 }

func newMerger(s *scoring) *merger {
	return &merger{
		s: s, sessions: newOrderly(s), rows: make([]int, len(s.corpora)), labels: map[[16]byte]labelPlace{},
		findings: make([][2][]Finding, len(s.rules)),
	}
}

func (m *merger) take(o outcome) error {
	m.sessions.take(&o)
	m.rows[o.corpus] += o.rows
	m.labelled += o.labelled
	m.skipped += o.unlabelled
	if m.s.opt.OnRows != nil {
		m.s.opt.OnRows(o.rows)
	}
	bad := o.bad
	for _, l := range o.labels {
		for len(bad) > 0 && bad[0].Line < l.line {
			if err := m.bad.add(bad[0]); err != nil {
				return err
			}
			bad = bad[1:]
		}
		if err := m.label(o.corpus, l); err != nil {
			return err
		}
	}
	for _, e := range bad {
		if err := m.bad.add(e); err != nil {
			return err
		}
	}
	for _, f := range o.findings {
		m.keep(f)
	}
	return nil
}

// label notes a label, which nothing else in the run may carry.
func (m *merger) label(corpus int, l labelAt) error {
	first, seen := m.labels[l.hash]
	if !seen {
		m.labels[l.hash] = labelPlace{int32(corpus), int32(l.line)}
		return nil
	}
	return m.bad.add(RowError{m.s.corpora[corpus].Name, l.line, duplicate(m.s.corpora[first.corpus].Name, int(first.line))})
}

func duplicate(file string, line int) string {
	return fmt.Sprintf("duplicate label, first at %s:%d", file, line)
}

func (m *merger) keep(f Finding) {
	list := &m.findings[f.rule][0]
	if f.Sort == Missed {
		list = &m.findings[f.rule][1]
	}
	if len(*list) < m.s.opt.Keep {
		*list = append(*list, f)
	}
	if len(*list) == m.s.opt.Keep {
		m.s.full.of(f.rule, f.Sort).Store(true)
	}
}
