package bench

import (
	"fmt"
	"slices"
	"time"

	"ttpctl/internal/report"
	"ttpctl/internal/report/costs"
)

// The lists that a table, a CSV or Markdown may be of.
const (
	Summary = "summary" // all of it; as CSV the rules
	Stages  = "stages"
	Rules   = "rules"
)

// Options say what is written.
type Options struct {
	List  string
	Limit int // of rules; 0 = all, also those that no event was judged by
}

// Shown returns the result as table, markdown, csv and json.
func (r *Result) Shown(m report.Meta, o Options) *report.Result {
	rules := func() report.Table { return r.Costs.Rules(o.Limit) }
	shown := &report.Result{
		Envelope: report.Envelope{Schema: "ttpctl.bench/v1", Meta: m, Summary: r.sum(), Data: struct {
			Stages     report.Table `json:"stages"`
			Runs       report.Table `json:"runs"`
			Rules      report.Table `json:"rules"`
			Evaluating report.Table `json:"evaluating"`
			Process    report.Table `json:"process"`
		}{r.stages(), r.wholes(), rules(), r.Costs.Phases(), r.process()}},
		CSV:   rules,
		Parts: r.parts(o),
	}
	if o.List == Stages {
		shown.CSV = r.stages
	}
	return shown
}

func (r *Result) parts(o Options) []report.Part {
	rules := r.Costs.Parts(o.Limit)
	speed := []report.Part{
		{Title: "Stages, each apart, in CPU time" + r.title(), Table: r.stages()},
		{Title: "Whole runs, in wall time", Table: r.wholes()},
	}
	switch o.List {
	case Stages:
		return speed
	case Rules:
		return rules
	}
	return append(append(speed, rules...), report.Part{Title: "The process", Table: r.process()})
}

func (r *Result) title() string {
	all := r.Stages[Writing]
	if len(all) == 0 {
		return ""
	}
	n := &all[0]
	text := fmt.Sprintf(": %s, %.1f MB, %s, %d of %s of each, %s", report.Plural(n.Events/int64(r.Repeats), "event"),
		float64(n.Bytes)/float64(r.Repeats)/1e6, report.Plural(n.Tags/int64(r.Repeats), "tag"), len(all), report.Plural(r.Runs, "run"), report.Plural(r.Workers, "worker"))
	if r.Repeats > 1 {
		text += fmt.Sprintf(", a run reads the input %s times", report.Grouped(r.Repeats))
	}
	return text
}

// stages lists what each stage takes beyond the one before.
func (r *Result) stages() report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "STAGE"}, {Name: "NS AN EVENT", Key: "cpu_ns_an_event", Numeric: true}, {Name: "±%", Key: "spread_percent", Numeric: true},
		{Name: "EVENTS/S A CORE", Key: "events_per_second_core", Numeric: true}, {Name: "MB/S A CORE", Key: "mb_per_second_core", Numeric: true},
		{Name: "SHARE %", Key: "share_percent", Numeric: true},
	}}
	whole := figure(r.Stages[Writing], (*Sample).cpuAnEvent)
	for s := range numStages {
		if f, ok := r.apart(s); ok {
			t.Add(s.String(), costs.Rounded(f.median), f.spread(), whole64(perSecond(f.median)), costs.Rounded(r.megabytes(f.median)), costs.Rounded(100*f.median/max(whole.median, 1)))
		}
	}
	if len(r.Stages[Writing]) > 0 {
		t.Add("all", costs.Rounded(whole.median), whole.spread(), whole64(perSecond(whole.median)), costs.Rounded(r.megabytes(whole.median)), 100)
	}
	return t
}

// wholes lists what runs up to a stage come to on all workers.
func (r *Result) wholes() report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "UP TO", Key: "up_to"}, {Name: "EVENTS/S", Key: "events_per_second", Numeric: true}, {Name: "±%", Key: "spread_percent", Numeric: true},
		{Name: "LINES/S", Key: "lines_per_second", Numeric: true}, {Name: "MB/S", Key: "mb_per_second", Numeric: true},
		{Name: "CPU NS AN EVENT", Key: "cpu_ns_an_event", Numeric: true}, {Name: "ALLOCATIONS AN EVENT", Key: "allocations_an_event", Numeric: true},
	}}
	for s := range numStages {
		list := r.Stages[s]
		if len(list) == 0 {
			continue
		}
		rate := figure(list, (*Sample).rate)
		n := &list[0]
		t.Add(s.String(), whole64(rate.median), rate.spread(), whole64(rate.median*float64(n.Lines)/float64(n.Events)),
			costs.Rounded(rate.median*float64(n.Bytes)/float64(n.Events)/1e6), costs.Rounded(figure(list, (*Sample).cpuAnEvent).median),
			costs.Rounded(figure(list, func(n *Sample) float64 { return float64(n.Allocs) / float64(n.Events) }).median))
	}
	return t
}

// process lists what a start takes, and memory.
func (r *Result) process() report.Table {
	t := report.Table{Columns: []report.Column{{Name: "WHAT", Min: 20}, {Name: "VALUE", Numeric: true}, {Name: "UNIT"}}}
	t.Add("reading the rules", costs.Rounded(milliseconds(r.Start.Rules)), "ms")
	if r.Start.First > 0 {
		t.Add("from the rules to the first tag", costs.Rounded(milliseconds(r.Start.First)), "ms")
	}
	for _, m := range []struct {
		what  string
		bytes int64
	}{{"memory in use, rules and what is remembered", r.Memory.Heap}, {"resident memory at the end", r.Memory.RSS}, {"resident memory at its peak", r.Memory.Peak}} {
		if m.bytes > 0 {
			t.Add(m.what, costs.Rounded(float64(m.bytes)/1e6), "MB")
		}
	}
	return t
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// A summary is what JSON sums up.
type summary struct {
	Events          int64   `json:"events"`
	Tags            int64   `json:"tags"`
	Runs            int     `json:"runs"`
	Repeats         int     `json:"input_reads_a_run"`
	Workers         int     `json:"workers"`
	EventsPerSecond float64 `json:"events_per_second"`
	CPUAnEvent      float64 `json:"cpu_ns_an_event"`
	HitRate         float64 `json:"memo_hit_rate"`
	Hits            int64   `json:"memo_hits"`
	Remembered      int64   `json:"memo_events"`
	Grammar         int64   `json:"bash_grammar_events"`
	RulesMS         float64 `json:"start_rules_ms"`
	FirstTagMS      float64 `json:"start_first_tag_ms"`
	Memory
}

func (r *Result) sum() summary {
	list, n := r.Stages[Writing], &r.Costs.Counts
	s := summary{
		Events: n.Events, Runs: len(list), Repeats: r.Repeats, Workers: r.Workers, HitRate: costs.Rounded(r.Costs.HitRate()),
		Hits: n.Recalled, Remembered: n.Remembered, Grammar: n.Grammar, Memory: r.Memory,
		RulesMS: costs.Rounded(milliseconds(r.Start.Rules)), FirstTagMS: costs.Rounded(milliseconds(r.Start.First)),
	}
	if len(list) > 0 {
		s.Events, s.Tags = list[0].Events/int64(r.Repeats), list[0].Tags/int64(r.Repeats)
		s.EventsPerSecond, s.CPUAnEvent = costs.Rounded(figure(list, (*Sample).rate).median), costs.Rounded(figure(list, (*Sample).cpuAnEvent).median)
	}
	return s
}

// A measured is the median of some runs and half the distance of their quartiles.
type measured struct{ median, half float64 }

func figure(list []Sample, of func(*Sample) float64) measured {
	values := make([]float64, len(list))
	for i := range list {
		values[i] = of(&list[i])
	}
	return measuredOf(values)
}

func measuredOf(values []float64) measured {
	if len(values) == 0 {
		return measured{}
	}
	slices.Sort(values)
	return measured{quantile(values, 0.5), (quantile(values, 0.75) - quantile(values, 0.25)) / 2}
}

// quantile returns the value at q of sorted values, between two of them in proportion.
func quantile(values []float64, q float64) float64 {
	at := q * float64(len(values)-1)
	i := int(at)
	if i+1 == len(values) {
		return values[i]
	}
	return values[i] + (at-float64(i))*(values[i+1]-values[i])
}

// spread is none of a single run.
func (m measured) spread() float64 {
	if m.median <= 0 {
		return 0
	}
	return costs.Rounded(100 * m.half / m.median)
}

func (n *Sample) cpuAnEvent() float64 { return float64(n.CPU) / float64(n.Events) }
func (n *Sample) rate() float64       { return float64(n.Events) / n.Wall.Seconds() }

// apart returns what a stage takes beyond the one before, in the same rounds; ok is
// false when it was not measured. Noise may make it less than nothing, which is none.
func (r *Result) apart(s Stage) (f measured, ok bool) {
	var values []float64
	for i := range r.Stages[s] {
		v := r.Stages[s][i].cpuAnEvent()
		if s > 0 {
			if i >= len(r.Stages[s-1]) {
				break
			}
			v -= r.Stages[s-1][i].cpuAnEvent()
		}
		values = append(values, max(0, v))
	}
	return measuredOf(values), len(values) > 0
}

// megabytes returns how many MB of the input are read in a second at ns nanoseconds
// an event.
func (r *Result) megabytes(ns float64) float64 {
	n := &r.Stages[Decoding][0]
	return perSecond(ns) * float64(n.Bytes) / float64(n.Events) / 1e6
}

// perSecond is 0 of what takes no time that can be measured.
func perSecond(ns float64) float64 {
	if ns <= 0 {
		return 0
	}
	return 1e9 / ns
}

func whole64(v float64) int64 { return int64(costs.Rounded(v)) }
