// Package coverage says what the rules in force can tag, what of it they were
// seen to tag on an input, and what that input holds that no rule tagged: the
// list of work of an author of rules.
//
// A [Coverage] is filled event by event ([Coverage.Add]), or not at all, and then
// speaks of the rules alone. [Coverage.Write] shows it; every text of an attacker
// passes through package report, which escapes it for its medium.
package coverage

import (
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/corpus"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/matrix"
	"ttpctl/internal/report"
)

// A Coverage is what rules cover. It belongs to one goroutine.
type Coverage struct {
	Meta report.Meta

	catalogue *attack.Catalogue
	matrix    *matrix.Matrix
	judge     *engine.Judge
	summary   *report.Summary
	untagged  corpus.Untagged
	events    int
	lines     int  // of commands
	begun     bool // there is an input
}

// New returns the coverage of the rules in force in snap at now.
func New(c *attack.Catalogue, snap *engine.Snapshot, now time.Time) *Coverage {
	x := &Coverage{catalogue: c, matrix: matrix.Of(c, snap), judge: engine.NewJudge(snap, now), summary: report.NewSummary(c)}
	x.judge.KeepSessions()
	return x
}

// Begin says that there is an input, whether or not it has events.
func (x *Coverage) Begin() { x.begun = true }

// Add judges the next event of the input. A command counts as tagged when a
// sequence is complete with it, too.
func (x *Coverage) Add(ev *event.Event) {
	x.events++
	tags := x.judge.Tags(ev)
	x.summary.Add(tags)
	if ev.Kind != event.KindCommand {
		return
	}
	x.lines++
	if len(tags) == 0 {
		x.untagged.Add(ev)
	}
}

// A seen is what an input showed of a technique, under whatever tactic.
type seen struct {
	hits     int // once for each session and rule
	tags     int
	sessions report.Count
	rules    []string
	example  string
}

// seen returns what the input showed, by technique id. Of a technique that
// rules see under several tactics the sessions are those of the tactic that has
// most.
func (x *Coverage) seen() map[string]seen {
	all := map[string]seen{}
	for _, n := range x.summary.Techniques() {
		s := all[n.Technique]
		s.hits += n.Hits.N
		s.tags += n.Tags
		if n.Sessions.N > s.sessions.N {
			s.sessions = n.Sessions
		}
		s.rules = union(s.rules, n.Rules)
		if s.example == "" {
			s.example = n.Example
		}
		all[n.Technique] = s
	}
	return all
}
