package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"ttpctl/internal/lines"
)

// next returns the next message, nil = none came in time. What goes wrong with
// the consumer is no error: another one is made where this one was. One of the
// library's ordered consumers would do the same, but not end with ctx, nor notice
// that another stream was made under the name.
func (s *source) next(ctx context.Context, patience time.Duration) (jetstream.Msg, *jetstream.MsgMetadata, error) {
	if m, meta := s.held, s.heldMeta; m != nil {
		s.held, s.heldMeta = nil, nil
		return m, meta, nil
	}
	if ctx.Err() != nil {
		return nil, nil, lines.ErrStopped
	}
	if s.iter != nil && s.made != s.conn.again.Load() {
		s.leave() // it may be gone with the server
	}
	if s.iter == nil {
		if err := s.consume(ctx); err != nil {
			return nil, nil, err
		}
	}
	if time.Since(s.looked) > lookEvery && patience > lull {
		if err := s.look(ctx); err != nil {
			return nil, nil, nil
		}
	}
	if patience > lull && s.silent {
		s.wait(true)
		defer s.wait(false)
	}
	m, err := s.receive(ctx, patience)
	if errors.Is(err, nats.ErrTimeout) || errors.Is(err, context.DeadlineExceeded) {
		s.silent = true
		return nil, nil, nil
	}
	if ctx.Err() != nil {
		return nil, nil, lines.ErrStopped
	}
	if err != nil {
		s.leave()
		return nil, nil, nil
	}
	meta, err := m.Metadata()
	if err != nil || meta.Sequence.Consumer != s.consumed+1 || meta.Sequence.Stream <= s.at.seq {
		s.leave() // something is missing between
		return nil, nil, nil
	}
	s.consumed++
	s.counts.taken.Add(1)
	s.heard = time.Now()
	s.silent = meta.NumPending == 0
	return m, meta, nil
}

// receive waits for a message, for a while in which ctx is not looked at when it
// is short.
func (s *source) receive(ctx context.Context, patience time.Duration) (jetstream.Msg, error) {
	if patience <= lull {
		return s.iter.Next(jetstream.NextMaxWait(patience))
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return s.iter.Next(jetstream.NextContext(ctx))
}

// consume makes a consumer behind the position.
func (s *source) consume(ctx context.Context) error {
	for {
		err := s.tryConsume(ctx)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return lines.ErrStopped
		case s.conn.Connected() && !passing(err):
			return fmt.Errorf("%s: %w", s.name, err)
		}
		s.wait(true)
		select {
		case <-time.After(patience):
		case <-ctx.Done():
		}
		s.wait(false)
	}
}

// passing reports whether err is of a server that is away or not ready yet.
func passing(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout) || errors.Is(err, nats.ErrNoResponders) ||
		errors.Is(err, nats.ErrDisconnected) || errors.Is(err, nats.ErrConnectionReconnecting) || errors.Is(err, jetstream.ErrJetStreamNotEnabled)
}

func (s *source) tryConsume(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	s.made = s.conn.again.Load()
	stream, err := s.conn.js.Stream(ctx, s.stream)
	if err != nil {
		return err
	}
	s.found(stream.CachedInfo())
	s.cons, err = stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: s.at.seq + 1, FilterSubject: s.subject,
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: time.Minute,
	})
	if err != nil {
		return err
	}
	s.consumed, s.silent, s.heard = 0, false, time.Now()
	s.counts.taken.Store(0)
	s.counts.at.Store(&place{s.stream, s.cons.CachedInfo().Name})
	s.iter, err = s.cons.Messages(jetstream.PullMaxMessagesWithBytesLimit(pulled, pulledBytes), jetstream.PullHeartbeat(heartbeat))
	return err
}

// found takes in how the stream is: that it is another one than was read before,
// and what was removed from it.
func (s *source) found(info *jetstream.StreamInfo) {
	created := info.Created.UnixNano()
	if s.at.created != 0 && s.at.created != created {
		s.conn.notify(Notice{Source: s.name, Text: "the stream was made anew since it was read last: it is read from its beginning", Lost: 1})
		s.conn.counts.gaps.Add(1)
		s.at.seq = 0
	}
	if last := info.State.LastSeq; s.at.created == created && last < s.at.seq {
		s.conn.notify(Notice{Source: s.name, Lost: int64(s.at.seq - last), Text: fmt.Sprintf(
			"the stream has lost its end: %d was read, its last message is %d now, and numbers are given again", s.at.seq, last)})
		s.at.seq, s.judged.seq = last, min(s.judged.seq, last)
	}
	s.at.created, s.looked = created, time.Now()
	first := info.State.FirstSeq
	if s.at.seq == 0 || first <= s.at.seq+1 {
		if s.at.seq == 0 && first > 0 {
			s.at.seq = first - 1 // who begins has missed nothing
		}
		return
	}
	lost := int64(first - s.at.seq - 1)
	s.conn.counts.gaps.Add(lost)
	s.conn.notify(Notice{Source: s.name, Lost: lost, Text: fmt.Sprintf(
		"messages were removed before they were read: %d of the stream, of which those of this source are lost (%d to %d)", lost, s.at.seq+1, first-1)})
	s.at.seq = first - 1
}

// look looks whether messages were removed meanwhile.
func (s *source) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	s.looked = time.Now()
	stream, err := s.conn.js.Stream(ctx, s.stream)
	if err != nil {
		return err
	}
	info := stream.CachedInfo()
	if info.Created.UnixNano() != s.at.created || info.State.FirstSeq > s.at.seq+1 && !s.silent || info.State.LastSeq < s.at.seq {
		s.leave()
		return errors.New("the stream is not what it was") // consume says it
	}
	if s.silent && time.Since(s.heard) > 2*heartbeat {
		s.heard = time.Now()
		if info, err := s.cons.Info(ctx); err != nil || info.NumPending > 0 || info.Delivered.Consumer != s.consumed {
			s.leave()
			return errors.New("the consumer does not deliver")
		}
	}
	return nil
}

// stroll moves the position to the end of the stream, when nothing of this
// source is left in it, and reports whether it did. What is removed behind the
// position of a source on which nothing comes is then no loss.
func (s *source) stroll(ctx context.Context) bool {
	if !s.silent || time.Since(s.strolled) < stroll {
		return false
	}
	s.strolled = time.Now()
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	stream, err := s.conn.js.Stream(ctx, s.stream) // before the consumer: what comes between the two counts as not there
	if err != nil || s.cons == nil {
		return false
	}
	end := stream.CachedInfo()
	info, err := s.cons.Info(ctx)
	if err != nil || info.NumPending != 0 || info.Delivered.Consumer != s.consumed || end.Created.UnixNano() != s.at.created || end.State.LastSeq <= s.at.seq {
		return false
	}
	s.at.seq = end.State.LastSeq
	return true
}
