// Package costs shows what rules cost on events that were judged: how often each was
// asked and held, how long that took, and why a rule is slow.
//
// [New] takes what an [engine.Profiler] counted; [Costs.Rules] lists the rules, the
// dearest first, [Costs.Phases] says where the time of an evaluation goes, and
// [Costs.Honesty] what the measuring itself took. Times are of a sample of the
// events, and stand for all of them.
//
// Example: a rule that was asked on 400 of 1,000 events, of which 20 were timed with
// 3 µs each, took 1.2 ms in all.
package costs

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/report"
	"ttpctl/internal/sorting"
)

// Costs are what rules cost on some events.
type Costs struct {
	Counts engine.Counts
	rules  []engine.RuleCost // the dearest first
	read   time.Duration     // what reading the clock takes
}

// New returns what p counted. No one evaluates meanwhile.
func New(p *engine.Profiler) *Costs {
	counts, rules := p.Sum()
	sorting.By(rules, func(a, b engine.RuleCost) int {
		return cmp.Or(cmp.Compare(b.Total(), a.Total()), cmp.Compare(b.Admitted, a.Admitted))
	})
	return &Costs{Counts: counts, rules: rules, read: p.ClockRead()}
}

// Total returns about how long all evaluations took, as if none had been timed.
func (c *Costs) Total() time.Duration {
	var sum time.Duration
	for i := range c.Counts.Phases {
		sum += c.phase(engine.Phase(i))
	}
	return sum
}

// phase returns about how long a phase took of all events.
func (c *Costs) phase(p engine.Phase) time.Duration {
	laps := &c.Counts.Phases[p]
	return time.Duration(laps.Mean() * float64(laps.Count()) * ratio(c.Counts.Events, c.Counts.Timed))
}

// Overhead returns the part of the evaluations' time that reading the clock took on
// top, 0.01 for a hundredth.
func (c *Costs) Overhead() float64 {
	total := c.Total()
	if total <= 0 {
		return 0
	}
	return float64(time.Duration(c.Counts.Reads)*c.read) / float64(total)
}

// HitRate returns the part of the events that a memo may know which it knew.
func (c *Costs) HitRate() float64 { return ratio(c.Counts.Recalled, c.Counts.Remembered) }

// Honesty says how much was measured, and what the measuring took.
func (c *Costs) Honesty() string {
	return fmt.Sprintf("%s of %s timed; reading the clock took %.1f %% on top of the evaluations; times are of the sample, for all events, without what took 64 times as long as most",
		report.Grouped(c.Counts.Timed), report.Plural(c.Counts.Events, "event"), 100*c.Overhead())
}

// Phases lists the parts of an evaluation.
func (c *Costs) Phases() report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "EVALUATING"}, {Name: "NS AN EVENT", Key: "ns_an_event", Numeric: true}, {Name: "SHARE %", Key: "share_percent", Numeric: true}, {Name: "WHAT IT IS", Key: "about", Min: 20},
	}}
	total := c.Total()
	for i, about := range phaseWords {
		took := c.phase(engine.Phase(i))
		t.Add(engine.Phase(i).String(), Rounded(ratio(took, time.Duration(c.Counts.Events))), Rounded(100*ratio(took, total)), about)
	}
	return t
}

// phaseWords say what the phases are.
var phaseWords = [engine.NumPhases]string{
	engine.PhaseMemo:      "whether the same came before, and what came of it",
	engine.PhaseView:      "what a shell or an application makes of it",
	engine.PhaseIndex:     "which rules may match",
	engine.PhaseRules:     "asking these, and making tags",
	engine.PhaseSequences: "the steps of sequences",
}

// Asked returns the number of rules that some event was judged by.
func (c *Costs) Asked() int {
	n := 0
	for i := range c.rules {
		if c.rules[i].Admitted > 0 {
			n++
		}
	}
	return n
}

// Rules lists at most limit rules that some event was judged by, the dearest first;
// a limit of 0 lists all rules.
func (c *Costs) Rules(limit int) report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "RULE", Key: "rule_id"}, {Name: "SHARE %", Key: "share_percent", Numeric: true}, {Name: "TIME MS", Key: "time_ms", Numeric: true},
		{Name: "MEAN NS", Key: "mean_ns", Numeric: true}, {Name: "CHECKED", Numeric: true, Fold: 3}, {Name: "ADMITTED", Numeric: true},
		{Name: "MATCHED", Numeric: true}, {Name: "RECALLED", Numeric: true, Fold: 2}, {Name: "TAGS", Numeric: true, Fold: 3}, {Name: "WHY", Note: true},
	}}
	total := c.Total()
	for i := range c.rules {
		r := &c.rules[i]
		if limit > 0 && (t.Len() == limit || r.Admitted == 0) {
			break
		}
		t.Add(r.Rule.ID, Rounded(100*ratio(r.Total(), total)), Rounded(ratio(r.Total(), time.Millisecond)), mean(&r.Laps),
			r.Checked, r.Admitted, r.Matched, r.Recalled, r.Tags, strings.Join(why(r), "; "))
	}
	return t
}

// Parts returns what people read: the dearest rules, at most limit, and where the
// time went.
func (c *Costs) Parts(limit int) []report.Part {
	rules := c.Rules(limit)
	title := fmt.Sprintf("Rules by their time: %d of %d were asked, %d shown (%s)", c.Asked(), len(c.rules), rules.Len(), c.Honesty())
	return []report.Part{{Title: title, Table: rules}, {Title: c.phasesTitle(), Table: c.Phases()}}
}

func (c *Costs) phasesTitle() string {
	n := &c.Counts
	return fmt.Sprintf("An evaluation, %.0f ns on average: %.1f %% of the command lines and requests were known from before, %.1f %% of the events needed bash's grammar",
		ratio(c.Total(), time.Duration(n.Events)), 100*c.HitRate(), 100*ratio(n.Grammar, n.Events))
}

// mean is none where no time was taken.
func mean(l *engine.Laps) any {
	if l.Count() == 0 {
		return nil
	}
	return Rounded(l.Mean())
}

// Bounds of what is remarked on.
const (
	oftenAdmitted = 0.05 // of the events checked
	seldomHolds   = 0.01 // of the events admitted
	someGrammar   = 0.1  // of the events admitted
	shownWords    = 4
)

// why says what makes a rule slow, as far as it is.
func why(r *engine.RuleCost) []string {
	var all []string
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	d := r.Rule.Demand()
	for _, k := range d.Always {
		say("no literal: every %s event is looked at", k)
	}
	if len(d.Weak) > 0 {
		say("weak literal: %s", quoted(d.Weak))
	}
	if part := ratio(r.Admitted, r.Checked); part >= oftenAdmitted && len(d.Always) == 0 {
		say("%.0f %% of its events are judged", 100*part)
	}
	if r.Admitted > 100 && ratio(r.Matched, r.Admitted) < seldomHolds && d.Steps == 0 {
		say("holds on %d of %s judged", r.Matched, report.Grouped(r.Admitted))
	}
	if d.Fallbacks > 0 {
		say("package regexp had to match %s, which its automaton gave up", report.Plural(d.Fallbacks, "text"))
	}
	if part := ratio(r.Grammar, r.Admitted); part >= someGrammar {
		say("%.0f %% of those judged need bash's grammar", 100*part)
	}
	if r.Rule.Lifter != "" {
		say("lifter %s", strings.TrimPrefix(r.Rule.Lifter, "lifter:"))
	}
	if d.Steps > 0 {
		say("a sequence of %d steps", d.Steps)
	}
	return all
}

// quoted lists some words.
func quoted(words []string) string {
	more := ""
	if len(words) > shownWords {
		more = fmt.Sprintf(" and %d more", len(words)-shownWords)
		words = words[:shownWords]
	}
	var all []string
	for _, w := range words {
		all = append(all, fmt.Sprintf("%q", w))
	}
	return strings.Join(all, ", ") + more
}

// ratio is 0 where nothing was counted.
func ratio[N int64 | time.Duration](part, whole N) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// Rounded returns v with three digits that count.
func Rounded(v float64) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	unit := math.Pow(10, 2-math.Floor(math.Log10(math.Abs(v))))
	if unit <= 1 {
		return math.Round(v)
	}
	return math.Round(v*unit) / unit
}
