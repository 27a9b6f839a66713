package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"time"

	"ttpctl/internal/event"
)

// A MemoryLedger is a [Ledger], an [Outbox] and [DeadLetters] that end with the
// process. It keeps no tags, so that every tag is new to it, and of messages
// what an output of their source has not passed.
type MemoryLedger struct {
	now     func() time.Time
	letters int // kept

	mu      sync.Mutex
	sources map[string]*memorySource
	dead    []DeadLetter // the oldest first
	lastID  int64        // of dead
}

// A memorySource is one source in a MemoryLedger.
type memorySource struct {
	Position
	waiting []Message        // those up to Position.Seq that an output has not passed
	outputs map[string]int64 // what each has passed
	number  int64            // of the last commit of the epoch
}

// memoryWaiting is how many messages of a source wait in memory while every
// output is behind. The source waits then; an output that others have left
// behind is the affair of Drop.
const memoryWaiting = 100_000

// errBehind says that a source waits.
var errBehind = errors.New("every output is behind")

// NewMemoryLedger returns an empty ledger that goes by the clock now.
func NewMemoryLedger(now func() time.Time) *MemoryLedger {
	return &MemoryLedger{now: now, letters: DeadLettersKept, sources: map[string]*memorySource{}}
}

// sourceLocked returns the source of that name, which it makes.
func (m *MemoryLedger) sourceLocked(name string) *memorySource {
	s := m.sources[name]
	if s == nil {
		s = &memorySource{Position: Position{Source: name}, outputs: map[string]int64{}}
		m.sources[name] = s
	}
	return s
}

// Resume implements [Ledger].
func (m *MemoryLedger) Resume(ctx context.Context, source, owner string) (Position, error) {
	if err := ctx.Err(); err != nil {
		return Position{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.sourceLocked(source)
	s.Epoch++
	s.Owner, s.number = owner, 0
	p := s.Position
	p.State = slices.Clone(p.State)
	return p, nil
}

// Commit implements [Ledger].
func (m *MemoryLedger) Commit(ctx context.Context, c *Commit) (fresh []int, err error) {
	for i := range c.Tags {
		if err := CheckTag(&c.Tags[i]); err != nil {
			return nil, err
		}
		if c.Tags[i].Confidence >= event.Floor {
			fresh = append(fresh, i)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.sources[c.Source]
	if s == nil {
		return nil, fmt.Errorf("source %s: %w", c.Source, ErrReplaced)
	}
	if err := MayCommit(c.Epoch, s.Epoch); err != nil {
		return nil, fmt.Errorf("source %s: %w", c.Source, err)
	}
	if c.Last > 0 && s.Seq >= c.Last || c.Number > 0 && c.Number <= s.number {
		return nil, nil
	}
	if s.Seq-s.most() > memoryWaiting {
		return nil, &Error{Path: "the outbox in memory", Op: "publishing", Class: Retry, Err: errBehind}
	}
	var messages []Message
	if c.Publish != nil {
		messages = c.Publish(fresh)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.put(messages)
	s.advance(c, m.now())
	m.setAsideLocked(c.Source, c.Dead)
	s.number = max(s.number, c.Number)
	return fresh, nil
}

// put numbers messages and keeps them for the outputs of s.
func (s *memorySource) put(messages []Message) {
	for _, msg := range messages {
		s.Seq++
		if len(s.outputs) > 0 {
			msg.Seq, msg.Body = s.Seq, slices.Clone(msg.Body)
			s.waiting = append(s.waiting, msg)
		}
	}
}

// advance moves the cursors and keeps the state of c.
func (s *memorySource) advance(c *Commit, now time.Time) {
	s.CommittedAt = Instant(now)
	if c.TagsCursor != "" {
		s.TagsCursor = c.TagsCursor
	}
	if c.State != nil {
		s.State, s.StateCursor = slices.Clone(c.State), c.StateCursor
	}
}

func (m *MemoryLedger) setAsideLocked(source string, dead []DeadLetter) {
	for _, d := range dead {
		m.lastID++
		d = d.Bounded(m.now())
		d.ID, d.Source, d.Body = m.lastID, source, slices.Clone(d.Body)
		m.dead = append(m.dead, d)
	}
	if extra := len(m.dead) - m.letters; extra > 0 {
		m.dead = slices.Delete(m.dead, 0, extra)
	}
}

// Sources implements [Ledger].
func (m *MemoryLedger) Sources(ctx context.Context) (all []Position, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(m.sources)) {
		if p := m.sources[name].Position; p.Epoch > 0 {
			p.State = nil
			all = append(all, p)
		}
	}
	return all, nil
}

// Each implements [DeadLetters].
func (m *MemoryLedger) Each(ctx context.Context, limit int, yield func(*DeadLetter) error) error {
	m.mu.Lock()
	letters := slices.Clone(m.dead)
	m.mu.Unlock()
	slices.Reverse(letters)
	if limit > 0 && len(letters) > limit {
		letters = letters[:limit]
	}
	for i := range letters {
		if err := ctx.Err(); err != nil {
			return err
		}
		letters[i].Body = slices.Clone(letters[i].Body)
		if err := yield(&letters[i]); err != nil {
			return err
		}
	}
	return nil
}

// Letter implements [DeadLetters].
func (m *MemoryLedger) Letter(ctx context.Context, id int64) (DeadLetter, error) {
	if err := ctx.Err(); err != nil {
		return DeadLetter{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range m.dead {
		if d.ID == id {
			d.Body = slices.Clone(d.Body)
			return d, nil
		}
	}
	return DeadLetter{}, fmt.Errorf("dead letter %d: %w", id, fs.ErrNotExist)
}

// Forget implements [DeadLetters].
func (m *MemoryLedger) Forget(ctx context.Context, ids ...int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = slices.DeleteFunc(m.dead, func(d DeadLetter) bool { return slices.Contains(ids, d.ID) })
	return nil
}
