package corpus

import (
	"crypto/sha256"
	"slices"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

// A worker judges rows on one goroutine. Its sums commute; what depends on the
// order of rows goes into the blocks' outcomes.
type worker struct {
	s      *scoring
	dec    *decoder
	judge  *engine.Judge
	row    Row
	tags   []event.Tag // of row
	fired  []int       // rules, ascending
	want   []int       // rules expected and in force
	judged []int

	sums       [][]counts // by corpus, then rule
	techniques map[string]*techniqueCounts
	cross      map[[2]int]int  // fired, expected
	absent     map[string]int  // expected rules that the ruleset lacks
	broken     map[string]bool // rules that broke on an event, "" = the reading of a text
}

// An outcome is what one block brought, in the order of its rows.
type outcome struct {
	corpus     int
	rows       int
	labelled   int
	bad        []RowError
	labels     []labelAt
	findings   []Finding
	waiting    []waitingRow
	unlabelled int
}

// A labelAt is a label, hashed, and where it stands.
type labelAt struct {
	hash [16]byte
	line int
}

func (s *scoring) newWorker() func(*block) outcome {
	w := s.newSums()
	w.dec = newDecoder(s.known, s.snap.Ruleset().Catalogue())
	return w.block
}

// newSums returns a worker that compares, and reads nothing.
func (s *scoring) newSums() *worker {
	w := &worker{
		s: s, judge: engine.NewJudge(s.snap, s.opt.Now), sums: make([][]counts, len(s.corpora)),
		techniques: map[string]*techniqueCounts{}, cross: map[[2]int]int{}, absent: map[string]int{},
	}
	for i := range w.sums {
		w.sums[i] = make([]counts, len(s.rules))
	}
	s.register(w)
	return w
}

// block judges the rows of b.
func (w *worker) block(b *block) outcome {
	o := outcome{corpus: b.corpus}
	for n, l := range b.lines {
		o.rows++
		w.row.reset()
		w.row.File, w.row.Line = w.s.corpora[b.corpus].Name, n
		if bad := w.read(l); bad != "" {
			o.bad = append(o.bad, RowError{w.row.File, n, bad})
			continue
		}
		sum := sha256.Sum256([]byte(w.row.Label))
		o.labels = append(o.labels, labelAt{[16]byte(sum[:16]), n})
		told := w.row.Labelled || w.row.Techniques != nil
		if !told {
			o.unlabelled++
		} else {
			o.labelled++
		}
		switch {
		case w.s.ordered && w.row.Event.SessionID.Valid:
			o.waiting = append(o.waiting, w.wait(told))
		case told:
			w.tags = w.judge.Tags(&w.row.Event)
			w.compare(b.corpus, &o)
		}
	}
	w.noteBroken()
	return o
}

// noteBroken notes what panicked since it was last called.
func (w *worker) noteBroken() {
	for _, p := range w.judge.TakePanics() {
		if w.broken == nil {
			w.broken = map[string]bool{}
		}
		w.broken[p.RuleID] = true
	}
}

// read decodes a line into w.row and returns what is wrong with it.
func (w *worker) read(l line) string {
	if l.bad != "" {
		return l.bad
	}
	if err := w.dec.decode(l.text, &w.row); err != nil {
		return err.Error()
	}
	switch {
	case w.row.Label == "":
		return "label is missing"
	case w.row.Event.Kind == event.KindUnknown:
		return "unknown source_kind " + quoteShort(w.row.Event.SourceKind)
	}
	return ""
}

// compare compares the tags of the row with its label.
func (w *worker) compare(corpus int, o *outcome) {
	row := &w.row
	w.fired = w.fired[:0]
	for i := range w.tags {
		if r := w.s.index[w.tags[i].RuleID]; len(w.fired) == 0 || w.fired[len(w.fired)-1] != r {
			w.fired = append(w.fired, r)
		}
	}
	if row.Techniques != nil {
		w.judgeTechniques()
	}
	if !row.Labelled {
		return
	}
	w.want = w.indexes(w.want, row.Expected)
	judged := w.s.byKind[corpus][row.Event.Kind]
	if row.Judged != nil {
		w.judged = w.indexes(w.judged, row.Judged)
		judged = w.judged
	}
	sums := w.sums[corpus]
	for _, r := range judged {
		w.outcome(&sums[r], r, slices.Contains(w.want, r), o)
	}
	for _, r := range w.want {
		if !slices.Contains(judged, r) && w.s.chosen[r] {
			w.outcome(&sums[r], r, true, o)
		}
	}
	w.crossFire()
}

// indexes returns the chosen rules among ids; what the ruleset lacks is
// counted.
func (w *worker) indexes(dst []int, ids []string) []int {
	dst = dst[:0]
	for _, id := range ids {
		i, ok := w.s.index[id]
		switch {
		case !ok:
			w.absent[id]++
		case w.s.chosen[i] && !slices.Contains(dst, i):
			dst = append(dst, i)
		}
	}
	return dst
}

// outcome counts what rule r made of the row, and keeps what is wrong.
func (w *worker) outcome(c *counts, r int, want bool, o *outcome) {
	fired := slices.Contains(w.fired, r)
	c.rows++
	sort := Missed
	switch {
	case want && fired:
		c.expected++
		c.tp++
		return
	case want:
		c.expected++
		c.fn++
	case fired:
		c.fp++
		sort = FalseAlarm
	default:
		return
	}
	if !w.s.full.is(r, sort) {
		o.findings = append(o.findings, w.finding(r, sort))
	}
}

// crossFire counts the rules that fired on a row that was labelled for others.
// Of a rule that judged_rule_ids leaves out the label says nothing.
func (w *worker) crossFire() {
	if len(w.row.Expected) == 0 {
		return
	}
	for _, f := range w.fired {
		id := w.s.rules[f].ID
		silent := w.row.Judged != nil && !slices.Contains(w.row.Judged, id)
		if silent || slices.Contains(w.row.Expected, id) || !w.s.chosen[f] && len(w.want) == 0 {
			continue
		}
		for _, e := range w.row.Expected {
			if i, ok := w.s.index[e]; ok {
				w.cross[[2]int{f, i}]++
			}
		}
	}
}

// quoteShort quotes the beginning of s for a message.
func quoteShort(s string) string { return string(event.AppendQuoted(nil, event.CutText(s, 64))) }
