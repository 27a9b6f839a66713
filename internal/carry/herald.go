package carry

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"ttpctl/internal/jetstream"
	"ttpctl/internal/vitals"
	"ttpctl/internal/worker"
)

// A Herald publishes what changes in force. What is in the database changes for all
// processes that share it, and one of them speaks for all; the others remember it for
// a while, so that the next to speak leaves nothing out. The id of a message is that
// of its change, whoever sends it, and the stream takes one of each. What a process
// reads from files of its own it tells itself.
//
// It is safe for concurrent use.
type Herald struct {
	conn   *jetstream.Conn
	ledger string
	self   string // what tells this run from all others
	log    vitals.Log

	wake chan struct{} // holds a token when Run may have something to do

	mu      sync.Mutex
	speaks  bool
	waiting []tiding
	own     int // messages of this process so far
	lost    int // that were dropped, and not told of yet
}

// A tiding is a message that waits.
type tiding struct {
	jetstream.Message
	own bool
	at  time.Time
}

const (
	// remembered is how long what another should tell is kept: longer than it takes to
	// see that it is dead, and shorter than a stream knows ids.
	remembered = time.Minute
	// tidings bounds what waits while NATS is away.
	tidings = 4096
	// again is the time between two attempts to send.
	again = time.Second
	// lastWords bounds what is sent at the end.
	lastWords = 2 * time.Second
)

// word is an id that can be a part of a subject.
var word = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Herald returns one to address.
func (o *Over) Herald(ctx context.Context, address string) (*Herald, error) {
	c, err := o.Dial(ctx, address)
	if err != nil {
		return nil, err
	}
	ledger, err := o.ledger(ctx)
	return &Herald{conn: c, ledger: ledger, self: rand.Text(), log: o.Log, wake: make(chan struct{}, 1)}, err
}

// Claim returns the name of the claim of who speaks.
func (h *Herald) Claim() string { return "changes for " + h.conn.String() }

// Updated takes what changed in force. It never blocks.
func (h *Herald) Updated(u worker.Update) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range u.Changes {
		h.addLocked(&u.Changes[i])
	}
	h.signal()
}

func (h *Herald) addLocked(c *worker.Change) {
	subject, data := vitals.MessageOf(c)
	if !word.MatchString(c.RuleID) { // what a broken file says, and what was forced
		subject = strings.TrimSuffix(subject, c.RuleID) + "_"
	}
	subject = h.conn.Subject(subject)
	number, own := strconv.FormatInt(c.Rev, 10), false
	switch {
	case c.Op == worker.StateSet:
		number = strconv.FormatInt(c.State.Revision, 10)
	case c.Rev == 0: // of a file
		h.own++
		number, own = fmt.Sprintf("%s.%d", h.self, h.own), true
	}
	if c.Op == worker.Refused {
		number += "|refused"
	}
	if len(h.waiting) == tidings {
		h.waiting = slices.Delete(h.waiting, 0, 1)
		h.lost++
	}
	m := jetstream.Message{Subject: subject, ID: subject + "|" + h.ledger + "|" + number, Data: data}
	h.waiting = append(h.waiting, tiding{m, own, time.Now()})
}

func (h *Herald) signal() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// Speak has h tell of what all share, too, until ctx ends.
func (h *Herald) Speak(ctx context.Context) error {
	for _, speaks := range []bool{true, false} {
		h.mu.Lock()
		h.speaks = speaks
		h.mu.Unlock()
		if speaks {
			h.signal()
			<-ctx.Done()
		}
	}
	return nil
}

// Run sends what is told until ctx ends, and then what is left, for a moment.
func (h *Herald) Run(ctx context.Context) error {
	for stuck := false; ctx.Err() == nil; {
		err := h.send(ctx)
		if err != nil && !stuck && ctx.Err() == nil {
			h.log.Streamed(jetstream.Notice{Text: "changes of rules and states cannot be published, and wait", Err: err})
		}
		stuck = err != nil
		var retry <-chan time.Time
		if stuck {
			retry = time.After(again)
		}
		select {
		case <-h.wake:
		case <-retry:
		case <-ctx.Done():
		}
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	_ = h.send(end) // what is not sent now was told of before
	return nil
}

// send sends what waits and is this process's to tell.
func (h *Herald) send(ctx context.Context) error {
	ms, lost := h.due()
	if lost > 0 {
		h.log.Streamed(jetstream.Notice{Text: "changes of rules and states were not published: too many waited", Lost: int64(lost)})
	}
	if len(ms) == 0 {
		return nil
	}
	if err := h.conn.Ensure(ctx); err != nil {
		return err
	}
	for len(ms) > 0 {
		n, err := h.conn.Send(ctx, ms)
		if errors.Is(err, jetstream.ErrTooLarge) {
			n, err = n+1, nil // a reason without end: it is in the database
		}
		h.sent(ms[:n])
		if ms = ms[n:]; err != nil {
			return err
		}
	}
	return nil
}

// due returns what is to be sent, and how much was dropped. It forgets what others have
// told by now.
func (h *Herald) due() (ms []jetstream.Message, lost int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	lost, h.lost = h.lost, 0
	h.waiting = slices.DeleteFunc(h.waiting, func(t tiding) bool { return !t.own && !h.speaks && time.Since(t.at) > remembered })
	for _, t := range h.waiting {
		if t.own || h.speaks {
			ms = append(ms, t.Message)
		}
	}
	return ms, lost
}

// sent forgets messages.
func (h *Herald) sent(ms []jetstream.Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range ms {
		if i := slices.IndexFunc(h.waiting, func(t tiding) bool { return t.ID == m.ID }); i >= 0 {
			h.waiting = slices.Delete(h.waiting, i, i+1)
		}
	}
}
