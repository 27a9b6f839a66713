package states

import (
	"fmt"
	"io"
	"time"

	"ttpctl/internal/escape"
	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/store"
)

// A Change is what rule disable, clip and enable did, or would do.
type Change struct {
	Done      []store.Outcome
	DryRun    bool
	Database  string        // its path
	Followers []store.Lease // of those who follow it
	Now       time.Time
}

// Write says what happened, in JSON or for people.
func (c *Change) Write(format string, w io.Writer, m report.Meta) error {
	return c.envelope(m).As(format, w, func() error {
		for _, line := range c.sentences() {
			if _, err := fmt.Fprintln(w, escape.Terminal(line)); err != nil {
				return err
			}
		}
		return nil
	})
}

// sentences returns a line for each rule that changed, or one line that says
// that none did: `enable '*'` names every rule there is.
func (c *Change) sentences() []string {
	var lines []string
	for _, o := range c.Done {
		if o.Changed {
			lines = append(lines, c.sentence(o))
		}
	}
	switch {
	case len(lines) > 0 || len(c.Done) == 0:
		return lines
	case len(c.Done) == 1:
		return []string{c.Done[0].RuleID + " is enabled already"}
	}
	return []string{fmt.Sprintf("all %d rules are enabled already", len(c.Done))}
}

// sentence returns `R0012 disabled until 2026-11-22 09:00 UTC`.
func (c *Change) sentence(o store.Outcome) string {
	would := ""
	if c.DryRun {
		would = "would be "
	}
	what := o.State.Mode.String()
	if o.State.Mode == event.Clipped {
		what = fmt.Sprintf("clipped to at most %v", o.State.Max)
	}
	switch {
	case !o.State.ExpiresAt.IsZero():
		what += " until " + report.Moment(o.State.ExpiresAt, c.Now)
	case o.State.Mode != event.Enabled:
		what += " until someone enables it"
	}
	return fmt.Sprintf("%s %s%s", o.RuleID, would, what)
}

func (c *Change) envelope(m report.Meta) *report.Envelope {
	rules := []State{}
	changed := 0
	for _, o := range c.Done {
		j := newState(o.RuleID, o.State)
		j.Changed = o.Changed && !c.DryRun
		rules = append(rules, j)
		if j.Changed {
			changed++
		}
	}
	return &report.Envelope{Schema: "ttpctl.rule.set/v1", Meta: m, Data: rules, Summary: map[string]any{
		"rules": len(c.Done), "changed": changed, "dry_run": c.DryRun, "database": c.Database, "followers": followers(c.Followers),
	}}
}
