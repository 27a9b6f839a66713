// Package wanted makes a filter of tags of the words that people choose them by. What
// is no rule, technique, tactic or time is an error that says what was meant. For
// example, the words
//
//	wanted.Tags{Tactics: []string{"discovery"}, Since: "24h"}
//
// are the filter of TA0007 from yesterday at this time on.
package wanted

import (
	"math"
	"strings"
	"time"
	"ttpctl/internal/attack"
	"ttpctl/internal/edit"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/hint"
	"ttpctl/internal/moment"
)

// Tags are the words, as flags have them. What is nil or "" chooses all.
type Tags struct {
	Rules, Techniques, Tactics []string
	MinConfidence              float64
	Since, Until               string // a time, or an age before now
}

// Filter checks the words, those of rules too unless rules is nil.
func (w *Tags) Filter(rules *engine.Ruleset, c *attack.Catalogue, now time.Time) (*event.Filter, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	t := &event.Filter{MinConfidence: w.MinConfidence, Rules: w.Rules}
	for _, id := range w.Rules {
		if rules != nil && rules.Rule(id) == nil {
			return nil, UnknownRule(id, rules)
		}
	}
	for _, id := range w.Techniques {
		if _, ok := c.Find(id); !ok {
			return nil, UnknownTechnique(c, id)
		}
		t.Techniques = append(t.Techniques, id)
	}
	for _, name := range w.Tactics {
		id, err := findTactic(c, name)
		if err != nil {
			return nil, err
		}
		t.Tactics = append(t.Tactics, id)
	}
	var err error
	if t.Since, err = parseMoment("--since", w.Since, now); err != nil {
		return nil, err
	}
	if t.Until, err = parseMoment("--until", w.Until, now); err != nil {
		return nil, err
	}
	if !t.Since.IsZero() && !t.Until.IsZero() && !t.Since.Before(t.Until) {
		return nil, hint.Errorf("", "--since %s is not before --until %s", w.Since, w.Until)
	}
	return t, nil
}

// check refuses what no run can mean. A list that was given and names nothing,
// such as that of a variable that is not set, would keep all, or nothing.
func (w *Tags) check() error {
	if math.IsNaN(w.MinConfidence) || w.MinConfidence < 0 || w.MinConfidence > 1 {
		return hint.Errorf("", "--min-confidence: %v is outside [0, 1]", w.MinConfidence)
	}
	for _, given := range []struct {
		flag string
		list []string
	}{{"--rule", w.Rules}, {"--tactic", w.Tactics}, {"--technique", w.Techniques}} {
		if given.list != nil && len(given.list) == 0 {
			return hint.Errorf("leave it out for all", "%s: nothing named", given.flag)
		}
	}
	return nil
}

// UnknownRule says that no rule has this id.
func UnknownRule(id string, rules *engine.Ruleset) error {
	var known []string
	for _, r := range rules.Rules() {
		known = append(known, r.ID)
	}
	if near := edit.Closest(id, known); near != "" {
		return hint.Errorf("did you mean "+near+"?", "unknown rule %q", id)
	}
	return hint.Errorf("ttpctl validate lists what is wrong with rules that do not compile", "unknown rule %q", id)
}

// UnknownTechnique says that ATT&CK has no such technique.
func UnknownTechnique(c *attack.Catalogue, id string) error {
	help := "ids are written like T1110 and T1110.001"
	if near := c.Suggest(id); len(near) > 0 {
		help = "nearest: " + strings.Join(near, ", ")
	}
	return hint.Errorf(help, "unknown technique %q", id)
}

// findTactic returns the id of the tactic with that id or short name.
func findTactic(c *attack.Catalogue, name string) (string, error) {
	if id := c.FindTactic(name); id != "" {
		return id, nil
	}
	return "", hint.UnknownWord("tactic", name, c.Shortnames())
}

// parseMoment reads a time, or an age before now; "" is the zero time.
func parseMoment(flag, text string, now time.Time) (time.Time, error) {
	at, ok := moment.Ago(text, now)
	if text != "" && !ok {
		return at, hint.Errorf("for example 2026-11-22T03:00:00Z, 2026-11-22, 36h or 7d", "%s: %q is no time", flag, text)
	}
	return at, nil
}
