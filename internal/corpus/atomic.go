package corpus

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/sorting"
)

// An AtomicTest is a line of a file of Atomic-style tests: a technique and the
// commands that show it.
type AtomicTest struct {
	Technique string   `json:"technique"`
	GUID      string   `json:"guid"`
	Name      string   `json:"name"`
	Commands  []string `json:"commands"`
}

// An AtomicCount is how many of some tests are tagged with their technique.
type AtomicCount struct {
	Tests       int     `json:"tests"`
	Exact       int     `json:"exact"` // tagged with the very technique or sub-technique
	Found       int     `json:"found"` // or with its parent or a sub-technique of it
	ExactRecall float64 `json:"exact_recall"`
	Recall      float64 `json:"recall"` // of Found
}

// An AtomicScore is the recall of one technique. There is no precision: a test
// is named after one technique, and its commands show others as well.
type AtomicScore struct {
	ID   string `json:"technique_id"`
	Name string `json:"name"`
	AtomicCount
}

// An AtomicMiss is a test without a tag of its very technique.
type AtomicMiss struct {
	ID       string   `json:"technique_id"`
	Name     string   `json:"name"`
	GUID     string   `json:"guid,omitempty"`
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Related  bool     `json:"related"`          // tagged with its parent or a sub-technique
	Beyond   string   `json:"beyond,omitempty"` // why no command line can show it
	Commands []string `json:"commands"`
	Tagged   []string `json:"tagged"` // what it was tagged with instead
}

// An AtomicReport is what ScoreAtomic found.
type AtomicReport struct {
	AtomicCount
	// Shown counts the tests that a command line can show, null without labels.
	Shown         *AtomicCount  `json:"shown"`
	Unlabelled    int           `json:"unlabelled"`     // tests that the labels lack
	TechniquesHit int           `json:"techniques_hit"` // by the very id, in one test at least
	Techniques    []AtomicScore `json:"techniques"`     // id order
	Missed        []AtomicMiss  `json:"missed"`         // the first of them; Tests - Exact in all
}

// AtomicOptions say how to judge tests.
type AtomicOptions struct {
	Labels   AtomicLabels // which tests a command line can show; nil = nobody said
	ScrubIDs bool         // hide from the rules what names a test: see scrubAtomic
}

// maxMissed bounds the tests listed as missed, and the commands of one.
const (
	maxMissed       = 500
	maxMissCommands = 10
)

// ScoreAtomic judges Atomic-style tests: a test is found when one of its
// commands, or all of them as one script, is tagged with its technique.
func ScoreAtomic(ctx context.Context, snap *engine.Snapshot, files []Corpus, opt AtomicOptions, now time.Time) (*AtomicReport, error) {
	a := &atomicRun{judge: engine.NewJudge(snap, now), opt: opt, scores: map[string]*AtomicScore{}}
	a.report.Missed = []AtomicMiss{}
	if opt.Labels != nil {
		a.report.Shown = &AtomicCount{}
	}
	err := readObjects(ctx, files, func(p linePlace, t AtomicTest) error {
		if err := t.check(a.attack()); err != nil {
			return err
		}
		a.score(&t, p)
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case a.report.Tests == 0:
		return nil, ErrNoRows
	}
	return a.finish(), nil
}

func (t *AtomicTest) check(c *attack.Catalogue) error {
	if _, ok := c.Find(t.Technique); !ok {
		return errors.New("unknown technique " + quoteShort(t.Technique))
	}
	if len(t.Commands) == 0 {
		return errors.New("commands is missing")
	}
	return nil
}

type atomicRun struct {
	judge  *engine.Judge
	opt    AtomicOptions
	row    Row
	scores map[string]*AtomicScore
	report AtomicReport
}

func (a *atomicRun) attack() *attack.Catalogue { return a.judge.Snapshot().Ruleset().Catalogue() }

func (a *atomicRun) score(t *AtomicTest, at linePlace) {
	s := a.scores[t.Technique]
	if s == nil {
		tech, _ := a.attack().Find(t.Technique)
		s = &AtomicScore{ID: t.Technique, Name: tech.Name}
		a.scores[t.Technique] = s
	}
	commands := t.Commands
	if a.opt.ScrubIDs {
		commands = scrubAtomic(t)
	}
	got := a.tagged(commands)
	exact := slices.Contains(got, t.Technique)
	found := slices.ContainsFunc(got, func(id string) bool { return related(id, t.Technique) })
	label, labelled := a.opt.Labels[t.GUID]
	a.report.add(exact, found)
	s.add(exact, found)
	switch {
	case a.opt.Labels == nil:
	case !labelled:
		a.report.Unlabelled++
	case label.Shown:
		a.report.Shown.add(exact, found)
	}
	if !exact && len(a.report.Missed) < maxMissed {
		a.report.Missed = append(a.report.Missed, AtomicMiss{
			ID: t.Technique, Name: t.Name, GUID: t.GUID, File: at.file, Line: at.line,
			Related: found, Beyond: label.Reason, Commands: shownCommands(commands), Tagged: got,
		})
	}
}

func (c *AtomicCount) add(exact, found bool) {
	c.Tests++
	if exact {
		c.Exact++
	}
	if found {
		c.Found++
	}
	c.ExactRecall, c.Recall = share(c.Exact, c.Tests), share(c.Found, c.Tests)
}

func shownCommands(all []string) []string {
	var shown []string
	for _, c := range all[:min(len(all), maxMissCommands)] {
		shown = append(shown, event.CutText(c, maxText))
	}
	return shown
}

// tagged returns the techniques that commands are tagged with, one by one and
// as one script.
func (a *atomicRun) tagged(commands []string) []string {
	ids := []string{}
	for _, text := range append(slices.Clip(commands), strings.Join(commands, "\n")) {
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
	for _, s := range sorting.Values(maps.Values(a.scores), func(x, y *AtomicScore) int { return cmp.Compare(x.ID, y.ID) }) {
		if s.Exact > 0 {
			a.report.TechniquesHit++
		}
		a.report.Techniques = append(a.report.Techniques, *s)
	}
	return &a.report
}
