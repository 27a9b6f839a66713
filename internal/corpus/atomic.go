package corpus

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
)

// An AtomicTest is a line of a file of Atomic-style tests: a technique and the
// commands that show it.
type AtomicTest struct {
	Technique string   `json:"technique"`
	Name      string   `json:"name"`
	Commands  []string `json:"commands"`
}

// An AtomicScore is the recall of one technique. There is no precision: a test
// is named after one technique, and its commands show others as well.
type AtomicScore struct {
	ID     string  `json:"technique_id"`
	Name   string  `json:"name"`
	Tests  int     `json:"tests"`
	Found  int     `json:"found"` // tests tagged with it, its parent or its sub-technique
	Recall float64 `json:"recall"`
}

// An AtomicMiss is a test without a tag of its technique.
type AtomicMiss struct {
	ID       string   `json:"technique_id"`
	Name     string   `json:"name"`
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Commands []string `json:"commands"`
	Tagged   []string `json:"tagged"` // what it was tagged with instead
}

// An AtomicReport is what ScoreAtomic found.
type AtomicReport struct {
	Tests      int           `json:"tests"`
	Found      int           `json:"found"`
	Recall     float64       `json:"recall"`
	Techniques []AtomicScore `json:"techniques"` // id order
	Missed     []AtomicMiss  `json:"missed"`     // the first of them; Tests - Found in all
}

// maxMissed bounds the tests listed as missed, and the commands of one.
const (
	maxMissed       = 500
	maxMissCommands = 10
)

// ScoreAtomic judges Atomic-style tests: a test is found when one of its
// commands, or all of them as one script, is tagged with its technique.
func ScoreAtomic(ctx context.Context, snap *engine.Snapshot, files []Corpus, now time.Time) (*AtomicReport, error) {
	a := &atomicRun{judge: engine.NewJudge(snap, now), scores: map[string]*AtomicScore{}}
	a.report.Missed = []AtomicMiss{}
	var bad rowErrors
	err := readAll(ctx, files, func(b *block) error {
		for n, l := range b.lines {
			test, reason := a.read(l)
			if reason != "" {
				if err := bad.add(RowError{files[b.corpus].Name, n, reason}); err != nil {
					return err
				}
				continue
			}
			a.score(&test, files[b.corpus].Name, n)
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case bad.err() != nil:
		return nil, bad.err()
	case a.report.Tests == 0:
		return nil, ErrNoRows
	}
	return a.finish(), nil
}

func (a *atomicRun) read(l line) (t AtomicTest, bad string) {
	if l.bad != "" {
		return t, l.bad
	}
	if err := json.Unmarshal(l.text, &t); err != nil {
		return t, "not an Atomic-style test: " + err.Error()
	}
	if _, ok := a.attack().Find(t.Technique); !ok {
		return t, "unknown technique " + quoteShort(t.Technique)
	}
	if len(t.Commands) == 0 {
		return t, "commands is missing"
	}
	return t, ""
}

type atomicRun struct {
	judge  *engine.Judge
	row    Row
	scores map[string]*AtomicScore
	report AtomicReport
}

func (a *atomicRun) attack() *attack.Catalogue { return a.judge.Snapshot().Ruleset().Catalogue() }

func (a *atomicRun) score(t *AtomicTest, file string, line int) {
	s := a.scores[t.Technique]
	if s == nil {
		tech, _ := a.attack().Find(t.Technique)
		s = &AtomicScore{ID: t.Technique, Name: tech.Name}
		a.scores[t.Technique] = s
	}
	a.report.Tests++
	s.Tests++
	got := a.tagged(t)
	if slices.ContainsFunc(got, func(id string) bool { return related(id, t.Technique) }) {
		a.report.Found++
		s.Found++
		return
	}
	if len(a.report.Missed) < maxMissed {
		a.report.Missed = append(a.report.Missed, AtomicMiss{t.Technique, t.Name, file, line, shownCommands(t.Commands), got})
	}
}

func shownCommands(all []string) []string {
	var shown []string
	for _, c := range all[:min(len(all), maxMissCommands)] {
		shown = append(shown, cut(c, maxText))
	}
	return shown
}

// tagged returns the techniques that the commands of t are tagged with.
func (a *atomicRun) tagged(t *AtomicTest) []string {
	ids := []string{}
	for _, text := range append(slices.Clip(t.Commands), strings.Join(t.Commands, "\n")) {
		a.row.reset()
		a.row.setCommand(text)
		tags := a.judge.Tags(&a.row.Event)
		for i := range tags {
			if id := tags[i].MostSpecific(); !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

func (a *atomicRun) finish() *AtomicReport {
	a.report.Recall = share(a.report.Found, a.report.Tests)
	for _, s := range slices.SortedFunc(maps.Values(a.scores), func(x, y *AtomicScore) int { return cmp.Compare(x.ID, y.ID) }) {
		s.Recall = share(s.Found, s.Tests)
		a.report.Techniques = append(a.report.Techniques, *s)
	}
	return &a.report
}
