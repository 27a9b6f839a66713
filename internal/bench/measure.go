package bench

import (
	"context"
	"io"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/report"
	"ttpctl/internal/report/costs"
	"ttpctl/internal/worker"
)

// A Stage is how far a run goes.
type Stage int

// The stages.
const (
	Decoding Stage = iota // lines are read, cut and decoded, and sessions put together
	Matching              // and judged, but no tag is made
	Tagging               // and tags are made
	Writing               // and written as JSON Lines, to nowhere
	numStages
)

var stageNames = [numStages]string{"decoding", "matching", "tagging", "writing"}

// String returns the name of the stage.
func (s Stage) String() string { return stageNames[s] }

// A Job is what to measure.
type Job struct {
	Snapshot *engine.Snapshot
	Now      time.Time
	Inputs   []ingest.Input // that can be read again
	Config   ingest.Config
	Runs     int // of each stage
}

// A Sample is one run, or several of a short input, added up.
type Sample struct {
	Wall, CPU time.Duration
	Lines     int64
	Events    int64
	Bytes     int64 // read, as stored
	Tags      int64
	Allocs    int64
}

// Result is what was measured.
type Result struct {
	Stages  [numStages][]Sample // in the order of the runs; the same index is the same round
	Repeats int                 // how often a run reads the input
	Memory  Memory
	Costs   *costs.Costs // of the first run
	Runs    int          // that were asked for
	Workers int
	Start   Start
}

// A Start is what a start of the program under these rules takes.
type Start struct {
	Rules time.Duration // reading and compiling them
	First time.Duration // from then to the first event with tags judged; 0 = there is none
}

// shortRun is how long a run takes at least: shorter inputs are read several times.
const shortRun = 200 * time.Millisecond

// maxRepeats bounds how often.
const maxRepeats = 1000

// Measure measures the job. The account is that of the first run. When ctx ends, what
// was measured by then is returned; a run that was cut off counts only for a stage
// that has no other.
func (j *Job) Measure(ctx context.Context) (*Result, ingest.Account, error) {
	r := &Result{Runs: j.Runs, Repeats: 1, Workers: j.Config.Workers}
	profiler := engine.NewProfiler(j.Snapshot.Ruleset(), profiled)
	began := time.Now()
	first, account, err := j.pass(ctx, Writing, profiler, func(tags int) {
		if tags > 0 && r.Start.First == 0 {
			r.Start.First = time.Since(began)
		}
	})
	r.Costs = costs.New(profiler)
	if err != nil || account.Events == 0 {
		return r, account, err
	}
	r.Repeats = int(min(maxRepeats, 1+shortRun/max(first.Wall, time.Microsecond)))
	for range j.Runs {
		for s := range numStages {
			if err := j.round(ctx, s, r); err != nil {
				return r, account, err
			}
		}
	}
	r.Memory = memoryNow()
	return r, account, nil
}

// profiled is how many events one stands for of which the profiled run takes time.
const profiled = 16

// round runs one stage once.
func (j *Job) round(ctx context.Context, s Stage, r *Result) error {
	var sum Sample
	for range r.Repeats {
		if ctx.Err() != nil {
			break
		}
		one, _, err := j.pass(ctx, s, nil, func(int) {})
		if err != nil {
			return err
		}
		sum.add(&one)
	}
	if sum.Events > 0 && (ctx.Err() == nil || len(r.Stages[s]) == 0) {
		r.Stages[s] = append(r.Stages[s], sum)
	}
	return nil
}

func (a *Sample) add(o *Sample) {
	a.Wall += o.Wall
	a.CPU += o.CPU
	a.Lines += o.Lines
	a.Events += o.Events
	a.Bytes += o.Bytes
	a.Tags += o.Tags
	a.Allocs += o.Allocs
}

// pass reads the input once, as tag does, up to a stage. What is known of texts from
// passes before is forgotten.
func (j *Job) pass(ctx context.Context, s Stage, p *engine.Profiler, tagged func(tags int)) (Sample, ingest.Account, error) {
	snapshot := j.Snapshot.WithStates(j.states(s), j.Now)
	out, err := report.NewWriter("jsonl", io.Discard, report.Options{})
	if err != nil {
		return Sample{}, ingest.Account{}, err
	}
	var n Sample
	tagger := worker.Tagger{
		InForce: func() *engine.Snapshot { return snapshot }, Now: func() time.Time { return j.Now }, Profiler: p,
		Observe: func(worker.Note) {},
		Publish: func(tags []event.Tag) error {
			n.Tags += int64(len(tags))
			tagged(len(tags))
			if s < Writing {
				return nil
			}
			return out.Write(tags)
		},
	}
	allocs, cpu, began := allocations(), cpuTime(), time.Now()
	var account ingest.Account
	if s == Decoding {
		account, err = ingest.Run(ctx, j.Inputs, j.Config, func() ingest.Evaluator { return nobody{} }, func(*ingest.Batch) error { return nil })
	} else {
		account, err = tagger.Run(ctx, j.Inputs, j.Config)
	}
	n.Wall, n.CPU = time.Since(began), cpuTime()-cpu
	n.Allocs = int64(allocations() - allocs)
	n.Lines, n.Events, n.Bytes = int64(account.Lines), int64(account.Events), account.Bytes
	return n, account, err
}

// nobody judges nothing.
type nobody struct{}

func (nobody) Evaluate(dst []event.Tag, _ *event.Event) []event.Tag { return dst }

// states returns the states of the snapshot; for matching alone, all rules in force
// are clipped so far down that none makes a tag.
func (j *Job) states(s Stage) event.States {
	states := j.Snapshot.States()
	if s != Matching {
		return states
	}
	for _, r := range j.Snapshot.Ruleset().Rules() {
		if st := states[r.ID]; st.Mode != event.Disabled {
			states[r.ID] = event.State{Mode: event.Clipped, Max: event.Floor / 2}
		}
	}
	return states
}
