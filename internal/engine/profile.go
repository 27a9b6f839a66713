package engine

import (
	"math/rand/v2"
	"sync"
	"time"

	"ttpctl/internal/event"
)

// A Phase is a part of an evaluation that a Profile times.
type Phase uint8

// The phases.
const (
	PhaseMemo      Phase = iota // looking an event up, what is known of it, noting what came of it
	PhaseView                   // what a shell or an application sees in it
	PhaseIndex                  // which rules it may match
	PhaseRules                  // asking their matchers, and the tags of those that hold
	PhaseSequences              // the steps of sequences
	NumPhases
)

var phaseNames = [NumPhases]string{"memo", "view", "index", "rules", "sequences"}

// String returns the name of the phase.
func (p Phase) String() string { return phaseNames[p] }

// Counts are what a Profile counts of all events.
type Counts struct {
	Events     int64 // of kinds that a rule is for
	Remembered int64 // of them those that a memo may know
	Recalled   int64 // of them those that it knew
	Grammar    int64 // events with a text that needed bash's grammar
	Timed      int64 // events of which time was taken
	Reads      int64 // of the clock
	Phases     [NumPhases]Laps
}

func (c *Counts) add(o *Counts) {
	c.Events += o.Events
	c.Remembered += o.Remembered
	c.Recalled += o.Recalled
	c.Grammar += o.Grammar
	c.Timed += o.Timed
	c.Reads += o.Reads
	for i := range c.Phases {
		c.Phases[i].join(&o.Phases[i])
	}
}

// A RuleCost is what a rule cost.
type RuleCost struct {
	Rule     *Rule
	Checked  int64 // events of its kinds that the memo did not know
	Admitted int64 // of them those on which its matcher, or that of a step, was asked
	Matched  int64 // of these those on which it held
	Recalled int64 // events on which it held as the memo knew
	Tags     int64 // of those on which it held when it was asked
	Grammar  int64 // of those admitted, events with a text that needed bash's grammar
	Laps     Laps  // of those admitted, the events of which time was taken
}

func (c *RuleCost) add(o *RuleCost) {
	c.Admitted += o.Admitted
	c.Matched += o.Matched
	c.Recalled += o.Recalled
	c.Tags += o.Tags
	c.Grammar += o.Grammar
	c.Laps.join(&o.Laps)
}

// Total returns about how long the rule took in all: the mean of the events that
// were timed for each that was not.
func (c *RuleCost) Total() time.Duration { return time.Duration(c.Laps.Mean() * float64(c.Admitted)) }

// A Profiler adds up what evaluations under one ruleset cost. Each goroutine fills
// a Profile of its own; a nil Profiler has none, and costs nothing.
type Profiler struct {
	ruleset *Ruleset
	every   int
	read    time.Duration // what reading the clock takes

	mu       sync.Mutex
	profiles []*Profile
}

// NewProfiler returns a Profiler of evaluations under rs that takes the time of one
// event in every on average: reading the clock takes as long as many a rule.
func NewProfiler(rs *Ruleset, every int) *Profiler {
	return &Profiler{ruleset: rs, every: max(1, every), read: clockCost()}
}

// ClockRead returns what one reading of the clock takes.
func (p *Profiler) ClockRead() time.Duration { return p.read }

// clockCost returns the least that reading the clock took of many times.
func clockCost() time.Duration {
	const rounds, reads = 20, 200
	best := time.Hour
	for range rounds {
		base := time.Now()
		for range reads {
			_ = time.Since(base)
		}
		best = min(best, time.Since(base)/reads)
	}
	return best
}

// Profile returns a Profile for one goroutine, nil when p is nil.
func (p *Profiler) Profile() *Profile {
	if p == nil {
		return nil
	}
	one := &Profile{ruleset: p.ruleset, every: p.every, read: p.read, base: time.Now(), rules: make([]RuleCost, len(p.ruleset.rules))}
	p.mu.Lock()
	defer p.mu.Unlock()
	one.random = rand.New(rand.NewPCG(1, uint64(len(p.profiles))))
	p.profiles = append(p.profiles, one)
	return one
}

// Sum returns what all evaluations cost, with rules in rule_id order. No one
// evaluates meanwhile.
func (p *Profiler) Sum() (Counts, []RuleCost) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var sum Counts
	var kinds [event.NumKinds]int64
	rules := make([]RuleCost, len(p.ruleset.rules))
	for _, one := range p.profiles {
		sum.add(&one.counts)
		for k, n := range one.judged {
			kinds[k] += n
		}
		for i := range one.rules {
			rules[i].add(&one.rules[i])
		}
	}
	for i, r := range p.ruleset.rules {
		rules[i].Rule = r
		for _, k := range r.AppliesTo {
			rules[i].Checked += kinds[k]
		}
	}
	return sum, rules
}

// A Profile is what evaluations on one goroutine cost. They come to the same tags
// as without one (TestProfileChangesNothing). They ask the memo about each
// event, whether that pays or not.
type Profile struct {
	ruleset *Ruleset
	every   int
	read    time.Duration
	base    time.Time
	random  *rand.Rand

	counts Counts
	judged [event.NumKinds]int64 // events that the memo did not know
	rules  []RuleCost

	wait   int  // events until the next is timed
	timing bool // this one is
	last   time.Duration
}

// Profile has the evaluations with sc counted in p from now on; nil ends that.
func (sc *Scratch) Profile(p *Profile) { sc.profile = p }

// evaluate is what [Snapshot.Evaluate] does, step by step.
func (p *Profile) evaluate(s *Snapshot, dst []event.Tag, ev *event.Event, now time.Time, sc *Scratch) []event.Tag {
	p.begin()
	defer p.end()
	known := s.recall(ev, sc)
	if sc.memo.set != nil {
		p.counts.Remembered++
	}
	if known != nil {
		p.recall(known)
		dst = s.replay(dst, ev, now, sc, known)
		p.lap(PhaseMemo)
		return dst
	}
	p.lap(PhaseMemo)
	p.judged[ev.Kind]++
	cut, trees := sc.CutShort, sc.shell.trees()
	s.ruleset.derive(ev, sc)
	p.lap(PhaseView)
	ids := s.ruleset.indexOf(ev.Kind).admit(ev, sc)
	p.lap(PhaseIndex)
	grammar := int64(0)
	if sc.shell.trees() > trees {
		grammar = 1
	}
	p.counts.Grammar += grammar
	sc.branches.on = s.ruleset.indexOf(ev.Kind).newer == nil
	dst = p.judge(s, dst, ev, now, sc, ids, grammar)
	sc.branches.on = false
	s.memo.learn(&sc.memo, s.ruleset.reading[ev.Kind].apart, sc.CutShort > cut)
	p.lap(PhaseMemo)
	return dst
}

// judge is what [Snapshot.both] does, rule by rule.
func (p *Profile) judge(s *Snapshot, dst []event.Tag, ev *event.Event, now time.Time, sc *Scratch, ids []uint32, grammar int64) []event.Tag {
	from, steps := len(dst), s.ruleset.stepsAmong(ids)
	for k, i := range ids[:len(ids)-len(steps)] {
		made, below := len(dst), sc.BelowFloor
		dst = s.judge(dst, ev, now, sc, ids[k:k+1])
		c := &p.rules[i]
		c.Admitted++
		c.Grammar += grammar
		if len(dst) > made || sc.BelowFloor > below {
			c.Matched++
			c.Tags += int64(len(dst) - made)
		}
		c.spend(p.lap(PhaseRules), p.timing)
	}
	if !s.Ordered() {
		return dst
	}
	s.sight(ev, now, sc, steps, [2]int{from, len(dst)})
	p.share(p.lap(PhaseSequences), steps, grammar)
	return dst
}

// share charges the rules of some steps alike with the time that all of them took.
func (p *Profile) share(took time.Duration, steps []uint32, grammar int64) {
	for _, id := range steps {
		c := &p.rules[p.ruleset.steps[int(id)-len(p.ruleset.rules)].rule]
		c.Admitted++
		c.Grammar += grammar
		c.spend(took/time.Duration(len(steps)), p.timing)
	}
}

// spend notes a lap. The first builds matchers and automata, and tells nothing of
// those that follow.
func (c *RuleCost) spend(took time.Duration, timed bool) {
	if timed && c.Admitted > 1 {
		c.Laps.add(took)
	}
}

func (p *Profile) recall(o *outcome) {
	p.counts.Recalled++
	for i := range o.held {
		if h := &o.held[i]; h.verdict != nil {
			p.rules[h.rule].Recalled++
		}
	}
}

// begin begins an event, and decides whether its time is taken. Events that are
// timed come at random distances, so that no pattern in the input hides from them.
func (p *Profile) begin() {
	p.counts.Events++
	p.wait--
	if p.timing = p.wait < 0; !p.timing {
		return
	}
	p.wait = p.random.IntN(2*p.every - 1)
	p.counts.Timed++
	p.counts.Reads++
	p.last = time.Since(p.base)
}

// lap ends a part of a phase, and returns how long it took, without the clock.
func (p *Profile) lap(phase Phase) time.Duration {
	if !p.timing {
		return 0
	}
	at := time.Since(p.base)
	took := max(0, at-p.last-p.read)
	p.last = at
	p.counts.Reads++
	p.counts.Phases[phase].add(took)
	return took
}

func (p *Profile) end() { p.timing = false }
