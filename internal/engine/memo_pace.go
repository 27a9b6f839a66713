package engine

import "time"

// Stretches of a pace, in events.
const (
	// The first run asks, for nothing is known yet. Matchers are built meanwhile, and texts
	// learned, so that only the end of it is timed. Where hardly any text comes again in the
	// first look, it goes on without asking.
	firstRun     = 16 << 10
	firstUntimed = 12 << 10
	firstLook    = 1 << 10
	// fewAgain is of how many events less than one came before where that is hardly any: what
	// the memo may save is then less than the look-up, whatever judging costs.
	fewAgain  = 64
	minRun    = 4 << 10
	maxRun    = 64 << 10
	idleTrial = 256
	// The memo shows what it is good for only once it knows the texts that come again. A
	// trial that is not hopeless goes on for longer.
	askingTrial   = 1 << 10
	askingUntimed = askingTrial / 2
	longTrial     = 8 << 10
	longUntimed   = longTrial / 2
	// timedEvery is how many events of a run one is timed of; of short trials, all are.
	timedEvery = 33
	// trialShare is what trials of the dearer way may cost: one part in so many.
	trialShare = 100
	// longestIdle bounds what is judged before a stream that turned to texts that come again
	// is noticed.
	longestIdle = 200 * time.Millisecond
	// mostTimes bounds what one event counts for, in times of what is usual: the process
	// may have been stopped meanwhile.
	mostTimes   = 16
	mostAtFirst = 100 * time.Microsecond
)

// A pace decides for one goroutine and kind of event whether the memo is asked. That
// depends on how often texts come again and on what judging one costs: under a few
// patterns less than the look-up, under the shipped pack forty times as much. Neither
// is known beforehand, and a stream changes, so both ways are tried and timed: the
// cheaper one runs, and the other is tried for a few events now and then, as seldom as
// keeps the loss within one part in trialShare. What comes of an event is the same
// either way.
type pace struct {
	idle  bool             // what runs leaves the memo alone
	phase phase            // of the stretch at hand
	left  int              // events of it
	wait  int              // events until one is timed
	cost  [2]time.Duration // of an event, asking and idle; 0 = not known
	sum   time.Duration    // of the events timed in this stretch
	timed int
	again int // events of the stretch that came before
}

// A phase says what a stretch of events is.
type phase uint8

const (
	unbegun phase = iota
	looking
	running
	trying // the other way
	tryingOn
)

// started is what times are taken from: the monotonic clock alone is read in a third of
// the time.
var started = time.Now()

func clock() time.Duration { return time.Since(started) }

// asks reports whether the stretch at hand asks the memo.
func (p *pace) asks() bool { return p.idle == (p.phase >= trying) }

// next reports for the next event whether the memo is asked, and whether to time the
// event, for note.
func (p *pace) next() (ask, timed bool) {
	if p.left == 0 {
		p.turn()
	}
	p.left--
	p.wait--
	return p.asks(), p.wait < 0
}

// note takes in what the event at hand took.
func (p *pace) note(took time.Duration) {
	most := mostAtFirst
	if usual := max(p.cost[0], p.cost[1]); usual > 0 {
		most = mostTimes * usual
	}
	p.sum += min(took, most)
	p.timed++
	p.wait = timedEvery - 1
	if p.phase == trying {
		p.wait = 0
	}
}

// turn ends a stretch and begins the next.
func (p *pace) turn() {
	p.reckon()
	hopeful := p.idle && p.again >= askingTrial/fewAgain && p.cost[0] < p.cost[1]+p.cost[1]/2
	switch {
	case p.phase == unbegun:
		p.begin(looking, firstLook, firstLook)
	case p.phase == looking:
		p.idle = p.again < firstLook/fewAgain
		p.begin(running, firstRun-firstLook, firstUntimed-firstLook)
	case p.phase == running && p.idle:
		p.begin(trying, askingTrial, askingUntimed)
	case p.phase == running:
		p.begin(trying, idleTrial, 0)
	case p.phase == trying && hopeful:
		p.cost[0] = 0 // which is of the time before it knew much
		p.begin(tryingOn, longTrial, longUntimed)
	default:
		tried := idleTrial
		if p.phase == tryingOn {
			tried = askingTrial + longTrial
		} else if p.idle {
			tried = askingTrial
		}
		p.idle = p.cost[1] < p.cost[0]
		p.begin(running, p.runLength(tried), timedEvery-1)
	}
}

// reckon takes in what the events of the stretch that ends took.
func (p *pace) reckon() {
	if p.timed == 0 {
		return
	}
	c := &p.cost[1]
	if p.asks() {
		c = &p.cost[0]
	}
	mean := max(p.sum/time.Duration(p.timed), 1)
	if *c > 0 {
		mean = (mean + *c) / 2
	}
	*c, p.sum, p.timed = mean, 0, 0
}

func (p *pace) begin(ph phase, left, wait int) { p.phase, p.left, p.wait, p.again = ph, left, wait, 0 }

// runLength returns how long the cheaper way runs before the other is tried again, for so
// many events.
func (p *pace) runLength(tried int) int {
	cheap, dear := min(p.cost[0], p.cost[1]), max(p.cost[0], p.cost[1])
	n := time.Duration(tried) * (dear - cheap) * trialShare / max(cheap, 1)
	n = min(n, maxRun)
	if p.idle {
		n = min(n, longestIdle/max(p.cost[1], 1))
	}
	return int(max(n, minRun))
}
