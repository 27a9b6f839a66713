package main

import (
	"time"

	"github.com/spf13/pflag"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/report/wanted"
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
	w := wanted.Tags{MinConfidence: f.minConfidence, Rules: f.rules, Techniques: f.techniques, Tactics: f.tactics, Since: f.since, Until: f.until}
	return w.Filter(rules, c, now)
}
