package corpus

import (
	"cmp"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/sorting"
)

// A waitingRow is a row of a session, evaluated by a worker: which sequences it
// completes is known only once all rows before it have been seen.
type waitingRow struct {
	row  Row
	told bool // the row has a label; without one it is a step, and no more
	tags []event.Tag
	seen []engine.Sighting
}

// wait evaluates the row at hand, which has a session.
func (w *worker) wait(told bool) waitingRow {
	ev := &w.row.Event
	if ev.SourceID == rowSourceID {
		ev.SourceID = w.row.Label // lines of one session are told apart by it
	}
	if ev.AttackerUUID == rowAttacker {
		ev.AttackerUUID = ev.SessionID.Value // of whom a row says nothing is in no other session
	}
	x := waitingRow{row: w.row, told: told, tags: w.judge.Evaluate(nil, ev), seen: w.judge.TakeSightings(nil)}
	x.row.Event = ev.Clone()
	return x
}

// An orderly takes the rows of sessions in the order of their corpus, each
// corpus by itself, and compares them. It belongs to one goroutine.
type orderly struct {
	*worker
	stage  *engine.Stage
	corpus int
}

func newOrderly(s *scoring) *orderly { return &orderly{worker: s.newSums(), corpus: -1} }

// take compares the rows of one block that waited, and puts their findings
// among the block's.
func (y *orderly) take(o *outcome) {
	if len(o.waiting) == 0 {
		return
	}
	if y.corpus != o.corpus {
		y.stage, y.corpus = engine.NewStage(), o.corpus
	}
	for _, x := range o.waiting {
		y.row, y.tags = x.row, y.judge.InOrder(y.stage, x.tags, x.seen)
		if x.told {
			y.compare(o.corpus, o)
		}
	}
	y.noteBroken()
	sorting.By(o.findings, func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
}
