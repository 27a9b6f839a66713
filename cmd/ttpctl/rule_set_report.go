package main

import (
	"fmt"
	"path/filepath"
	"time"

	"ttpctl/internal/escape"
	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/store"
)

// A ruleSetReport is what rule disable, clip and enable say of what they did.
type ruleSetReport struct {
	ruleSetFlags
	done   []ruleOutcome
	known  *store.Known
	file   string        // of the database
	leases []store.Lease // of those who follow it
	now    time.Time
}

// write says what happened, or would.
func (r *ruleSetReport) write(list []output, s *streams) error {
	err := s.render(list, func(k *sink) error {
		if k.format == "json" {
			return r.writeJSON(k, s)
		}
		for _, line := range r.sentences() {
			k.printf("%s\n", escape.Terminal(line))
		}
		return nil
	})
	for _, o := range r.done {
		if _, ok := r.known.Find(o.id); !ok {
			s.notef("%s is not among the rules of %s: the state waits for it", o.id, r.known.Where)
		}
	}
	if r.mode == event.Clipped && r.max < event.Floor && len(r.done) > 0 {
		s.log.Warn("clipped below the floor of tags, these rules are silent", "max", r.max, "floor", event.Floor)
	}
	r.noteFollowers(s)
	return err
}

// noteFollowers says who acts on the states in the database, and warns when
// nobody does: the operator may have the wrong one.
func (r *ruleSetReport) noteFollowers(s *streams) {
	switch {
	case len(r.done) == 0:
	case len(r.leases) > 0:
		s.notef("database %s, followed within 1 s by %s", r.path(), leaseTexts(r.leases, r.now))
	default:
		s.log.Warn("no tagger uses this database", "database", r.path())
	}
}

// path returns the database's path as other commands name it.
func (r *ruleSetReport) path() string {
	if abs, err := filepath.Abs(r.file); err == nil {
		return abs
	}
	return r.file
}

// sentences returns a line for each rule that changed, or one line that says
// that none did: `enable '*'` names every rule there is.
func (r *ruleSetReport) sentences() []string {
	var lines []string
	for _, o := range r.done {
		if o.changed {
			lines = append(lines, r.sentence(o))
		}
	}
	switch {
	case len(lines) > 0 || len(r.done) == 0:
		return lines
	case len(r.done) == 1:
		return []string{r.done[0].id + " is enabled already"}
	}
	return []string{fmt.Sprintf("all %d rules are enabled already", len(r.done))}
}

// sentence returns `R0012 disabled until 2026-11-22 09:00 UTC`.
func (r *ruleSetReport) sentence(o ruleOutcome) string {
	would := ""
	if r.dryRun {
		would = "would be "
	}
	what := o.state.Mode.String()
	if o.state.Mode == event.Clipped {
		what = fmt.Sprintf("clipped to at most %v", o.state.Max)
	}
	switch {
	case !o.state.ExpiresAt.IsZero():
		what += " until " + report.Moment(o.state.ExpiresAt, r.now)
	case o.state.Mode != event.Enabled:
		what += " until someone enables it"
	}
	return fmt.Sprintf("%s %s%s", o.id, would, what)
}

func (r *ruleSetReport) writeJSON(k *sink, s *streams) error {
	rules := []jsonRuleState{}
	changed := 0
	for _, o := range r.done {
		j := newJSONRuleState(o.id, o.state)
		j.Changed = o.changed && !r.dryRun
		rules = append(rules, j)
		if j.Changed {
			changed++
		}
	}
	e := s.newEnvelope("ttpctl.rule.set/v1", nil)
	e.Data = rules
	e.Summary = map[string]any{
		"rules": len(r.done), "changed": changed, "dry_run": r.dryRun, "database": r.path(), "followers": jsonFollowers(r.leases),
	}
	return e.Write(k)
}
