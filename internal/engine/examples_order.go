package engine

import (
	"slices"
	"strconv"
	"time"

	"ttpctl/internal/event"
)

// exampleSession is the session of the lines of an example.
const exampleSession = "example-session"

// firesInOrder tries a rule that the stage judges on an example: a line, an
// event, or a list of them that is one session, or a session each.
func (l *linter) firesInOrder(one *Ruleset, n *Node) (fired, ok bool) {
	events, techniques, ok := l.exampleSession(n)
	if !ok {
		return false, false
	}
	snap := NewSnapshot(one, nil, time.Time{})
	snap.memo = nil // its tables cost more than the few events of an example
	sc, stage := NewScratch(), NewStage()
	for i := range events {
		ev := &events[i]
		tags := snap.Evaluate(nil, ev, time.Time{}, sc)
		stage.remember(ev, techniques)
		if len(sc.InOrder(stage, tags, sc.TakeSightings(nil))) > 0 {
			return true, true
		}
	}
	if ps := sc.TakePanics(); len(ps) > 0 {
		l.diags.add(panicked(n.Span, "trying an example", ps[0].Value))
		return false, false
	}
	return false, true
}

// exampleSession returns the events of an example, which share a session unless
// the rule looks over several, and what they are said to have been tagged with.
func (l *linter) exampleSession(n *Node) (events []event.Event, techniques []techniqueSeen, ok bool) {
	q, isSequence := l.rule.judge().(sessionSequence)
	for i, item := range itemsOf(n) {
		x, diags := readExample(item, l.rule.AppliesTo[0])
		l.diags = append(l.diags, diags...)
		switch {
		case diags.HasErrors():
			return nil, nil, false
		case !slices.Contains(l.rule.AppliesTo, x.ev.Kind):
			l.diags.add(NewDiagnostic(CodeExampleForm, item.Span, "the rule is not for %s events: the example shows nothing", x.ev.Kind))
			return nil, nil, false
		}
		if x.ev.SourceID == exampleSourceID {
			x.ev.SourceID += strconv.Itoa(i)
		}
		if !x.ev.SessionID.Valid {
			x.ev.SessionID = event.Some(exampleSession)
			if isSequence && q.over == overSessions {
				x.ev.SessionID.Value += strconv.Itoa(i)
			}
		}
		events = append(events, *x.ev)
		for _, id := range x.techniques {
			t, _ := l.cfg.Catalogue.Find(id)
			for _, tactic := range t.Tactics {
				techniques = append(techniques, techniqueSeen{tactic, id})
			}
		}
	}
	return events, techniques, true
}

// remember makes the session of ev one whose events were tagged so.
func (g *Stage) remember(ev *event.Event, techniques []techniqueSeen) {
	if len(techniques) == 0 {
		return
	}
	key := partyKey{"", ev.SessionID.Value}
	if ev.DeckyID.Valid {
		key.decky = ev.DeckyID.Value
	}
	if g.sessions.Find(key) == nil {
		g.sessions.Add(key, &party{techniques: techniques}, partyWeight)
	}
}
