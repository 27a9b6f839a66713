package main

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"ttpctl/internal/attack"
	"ttpctl/internal/edit"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

// filterFlags choose among the tags of a run.
type filterFlags struct {
	minConfidence float64
	rules         []string
	techniques    []string
	tactics       []string
	since, until  string
}

func (f *filterFlags) register(fs *pflag.FlagSet) {
	fs.Float64Var(&f.minConfidence, "min-confidence", 0, "only tags of at least this `confidence`")
	fs.StringSliceVar(&f.rules, "rule", nil, "only tags of these rules, by `id`")
	fs.StringSliceVar(&f.techniques, "technique", nil, "only these techniques, by `id`; a parent covers its sub-techniques")
	fs.StringSliceVar(&f.tactics, "tactic", nil, "only these tactics, by `id` or short name")
	fs.StringVar(&f.since, "since", "", "only events from this `time` on: RFC 3339, a date, or an age such as 24h or 7d")
	fs.StringVar(&f.until, "until", "", "only events before this `time`")
}

// compile checks the flags, the rules too unless rules is nil.
func (f *filterFlags) compile(rules *engine.Ruleset, c *attack.Catalogue, now time.Time) (*event.Filter, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	t := &event.Filter{MinConfidence: f.minConfidence, Rules: f.rules}
	for _, id := range f.rules {
		if rules != nil && rules.Rule(id) == nil {
			return nil, unknownRule(id, rules)
		}
	}
	for _, id := range f.techniques {
		if _, ok := c.Find(id); !ok {
			return nil, unknownTechnique(c, id)
		}
		t.Techniques = append(t.Techniques, id)
	}
	for _, name := range f.tactics {
		id, err := findTactic(c, name)
		if err != nil {
			return nil, err
		}
		t.Tactics = append(t.Tactics, id)
	}
	var err error
	if t.Since, err = parseMoment("--since", f.since, now); err != nil {
		return nil, err
	}
	if t.Until, err = parseMoment("--until", f.until, now); err != nil {
		return nil, err
	}
	if !t.Since.IsZero() && !t.Until.IsZero() && !t.Since.Before(t.Until) {
		return nil, cannotRun("", "--since %s is not before --until %s", f.since, f.until)
	}
	return t, nil
}

// check refuses what no run can mean. A list that was given and names nothing,
// such as that of a variable that is not set, would keep all, or nothing.
func (f *filterFlags) check() error {
	if math.IsNaN(f.minConfidence) || f.minConfidence < 0 || f.minConfidence > 1 {
		return cannotRun("", "--min-confidence: %v is outside [0, 1]", f.minConfidence)
	}
	for _, given := range []struct {
		flag string
		list []string
	}{{"--rule", f.rules}, {"--tactic", f.tactics}, {"--technique", f.techniques}} {
		if given.list != nil && len(given.list) == 0 {
			return cannotRun("leave it out for all", "%s: nothing named", given.flag)
		}
	}
	return nil
}

func unknownRule(id string, rules *engine.Ruleset) error {
	var known []string
	for _, r := range rules.Rules() {
		known = append(known, r.ID)
	}
	if near := edit.Closest(id, known); near != "" {
		return cannotRun("did you mean "+near+"?", "unknown rule %q", id)
	}
	return cannotRun("ttpctl validate lists what is wrong with rules that do not compile", "unknown rule %q", id)
}

func unknownTechnique(c *attack.Catalogue, id string) error {
	help := "ids are written like T1110 and T1110.001"
	if near := c.Suggest(id); len(near) > 0 {
		help = "nearest: " + strings.Join(near, ", ")
	}
	return cannotRun(help, "unknown technique %q", id)
}

// findTactic returns the id of the tactic with that id or short name.
func findTactic(c *attack.Catalogue, name string) (string, error) {
	var known []string
	for _, d := range attack.Domains() {
		for t := range c.Tactics(d) {
			if strings.EqualFold(t.ID, name) || strings.EqualFold(t.Shortname, name) {
				return t.ID, nil
			}
			if !slices.Contains(known, t.Shortname) {
				known = append(known, t.Shortname)
			}
		}
	}
	return "", unknownWord("tactic", name, known)
}

// momentLayouts are the forms of a time on the command line, UTC where it
// says no zone.
var momentLayouts = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly}

// parseMoment reads a time, or an age before now; "" is the zero time.
func parseMoment(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, ok := parseAge(text); ok {
		return now.Add(-d), nil
	}
	t, err := parseInstant(flag, text)
	if err != nil {
		return t, cannotRun("for example 2026-11-22T03:00:00Z, 2026-11-22, 36h or 7d", "%w", err)
	}
	return t, nil
}

// parseInstant reads a time that says its date.
func parseInstant(flag, text string) (time.Time, error) {
	for _, layout := range momentLayouts {
		if t, err := time.ParseInLocation(layout, text, time.UTC); err == nil {
			return t, nil
		}
	}
	return time.Time{}, cannotRun("for example 2026-11-22T03:00:00Z or 2026-11-22", "%s: %q is no time", flag, text)
}

// parseAge reads a duration as time.ParseDuration does, and whole days (7d).
func parseAge(text string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		return time.Duration(n) * 24 * time.Hour, err == nil && n > 0 && n < 36500
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d > 0
}
