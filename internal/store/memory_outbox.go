package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
)

// begin returns where a new output of s begins: where the last of the others
// stands, else behind all messages, of which none is kept then.
func (s *memorySource) begin() int64 {
	if len(s.outputs) == 0 {
		return s.Seq
	}
	return slices.Min(slices.Collect(maps.Values(s.outputs)))
}

// most returns what the output of s that is ahead of the others has passed.
func (s *memorySource) most() int64 {
	if len(s.outputs) == 0 {
		return s.Seq
	}
	return slices.Max(slices.Collect(maps.Values(s.outputs)))
}

// forgetPassed lets go of what all outputs of s have passed.
func (s *memorySource) forgetPassed() {
	passed := s.begin()
	n, _ := slices.BinarySearchFunc(s.waiting, passed+1, func(m Message, seq int64) int { return cmp.Compare(m.Seq, seq) })
	clear(s.waiting[:n]) // lets go of the bodies; the places go when the slice grows
	s.waiting = s.waiting[n:]
}

// Outputs implements [Outbox].
func (m *MemoryLedger) Outputs(ctx context.Context, source string, names []string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.sourceLocked(source)
	begin, outputs := s.begin(), map[string]int64{}
	for _, name := range names {
		outputs[name] = begin
		if passed, had := s.outputs[name]; had {
			outputs[name] = passed
		}
	}
	s.outputs = outputs
	s.forgetPassed()
	return nil
}

// Next implements [Outbox].
func (m *MemoryLedger) Next(ctx context.Context, output, source string, after int64, most int) (ms []Message, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.sources[source]
	if s == nil {
		return nil, nil
	}
	passed, ok := s.outputs[output]
	if !ok {
		return nil, nil
	}
	from, _ := slices.BinarySearchFunc(s.waiting, max(passed, after)+1, func(m Message, seq int64) int { return cmp.Compare(m.Seq, seq) })
	return slices.Clone(s.waiting[from:min(from+most, len(s.waiting))]), nil
}

// Done implements [Outbox].
func (m *MemoryLedger) Done(ctx context.Context, passed ...Mark) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range passed {
		s := m.sources[p.Source]
		if s == nil {
			continue
		}
		if before, ok := s.outputs[p.Output]; ok {
			s.outputs[p.Output] = max(before, min(p.Seq, s.Seq))
			s.forgetPassed()
		}
	}
	return nil
}

// Waiting implements [Outbox].
func (m *MemoryLedger) Waiting(ctx context.Context) ([]Backlog, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.behindLocked(0), nil
}

// behindLocked returns the outputs with more than most messages to go.
func (m *MemoryLedger) behindLocked(most int64) (bs []Backlog) {
	for _, name := range slices.Sorted(maps.Keys(m.sources)) {
		s := m.sources[name]
		for _, output := range slices.Sorted(maps.Keys(s.outputs)) {
			if n := s.Seq - s.outputs[output]; n > most {
				bs = append(bs, Backlog{Output: output, Source: name, Messages: n})
			}
		}
	}
	return bs
}

// Drop implements [Outbox].
func (m *MemoryLedger) Drop(ctx context.Context, max int) ([]Backlog, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	lost := m.behindLocked(int64(max))
	for i := range lost {
		s := m.sources[lost[i].Source]
		s.outputs[lost[i].Output] = s.Seq - int64(max)
		lost[i].Messages -= int64(max)
		s.forgetPassed()
	}
	return lost, nil
}
