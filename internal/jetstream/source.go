package jetstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"ttpctl/internal/lines"
)

// The headers of a message that say who sent it.
const (
	producerHeader = "Ttp-Producer"
	numberHeader   = "Ttp-Number"
	passedHeader   = "Ttp-Passed"
)

const (
	// heartbeat is how often the server says that it has nothing; after two without
	// one the consumer is taken for gone.
	heartbeat = 2 * time.Second
	// patience is how long is waited at once for a message.
	patience = 500 * time.Millisecond
	// lull is how long is waited for one more message of a block.
	lull = time.Millisecond
	// stroll is how often who reads a subject on which nothing comes notes that the
	// stream goes on without it.
	stroll = time.Minute
	// lookEvery is how often it is looked whether messages were removed.
	lookEvery = time.Second
	// pulled and pulledBytes bound what waits in memory.
	pulled      = 1024
	pulledBytes = 16 << 20
	// producerBytes bounds the name of a producer.
	producerBytes = 128
)

// A source reads the messages of one subject, in the order of their stream.
type source struct {
	conn    *Conn
	name    string
	stream  string
	subject string // "" = all of the stream
	// line appends the lines of a message to a block. It returns why it has none.
	line  func(dst []byte, subject string, data []byte) ([]byte, error)
	limit int

	at     position
	judged position
	known  *seen
	counts *sourceCounts
	onRead func(int)
	wait   func(bool)

	cons     jetstream.Consumer
	iter     jetstream.MessagesContext
	consumed uint64 // of the consumer
	made     int64  // Conn.again when the consumer was made
	held     jetstream.Msg
	heldMeta *jetstream.MsgMetadata
	looked   time.Time
	heard    time.Time // of a message, or that there is none
	strolled time.Time
	silent   bool      // nothing waits
	lines    int       // that were given
	given    uint64    // the position of the last block
	gave     time.Time // when
}

// Partition returns the input that partition n is.
func (c *Conn) Partition(n int) lines.Input {
	name := c.source(c.address.Stream) + "/" + strconv.Itoa(n)
	return lines.Input{Name: name, Opener: func(in *lines.Input, opt lines.SourceOptions) (lines.Source, error) {
		if _, err := c.Partitions(context.Background()); err != nil {
			return nil, err
		}
		s := &source{conn: c, name: name, stream: c.address.Stream, subject: c.partitionSubject(n), line: plainLines}
		return s, s.open(in, opt)
	}}
}

// Third returns the input that third parties' messages are, as lines of events.
func (c *Conn) Third() lines.Input {
	stream := c.address.StreamName(busStream)
	name := c.source(stream)
	return lines.Input{Name: name, Opener: func(in *lines.Input, opt lines.SourceOptions) (lines.Source, error) {
		if err := c.ensureBus(context.Background()); err != nil {
			return nil, err
		}
		s := &source{conn: c, name: name, stream: stream, line: c.thirdLine}
		return s, s.open(in, opt)
	}}
}

// sourcePrefix begins the names of all sources here, in a ledger.
const sourcePrefix = "nats:"

// IsSource reports whether a source of a ledger is one of NATS.
func IsSource(name string) bool { return strings.HasPrefix(name, sourcePrefix) }

func (c *Conn) source(stream string) string { return sourcePrefix + stream }

var errEmpty = errors.New("the message is empty")

// plainLines takes a message for what it is.
func plainLines(dst []byte, _ string, data []byte) ([]byte, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return dst, errEmpty
	}
	return append(dst, data...), nil
}

// open takes where to begin from in; the server is asked by the first Next.
func (s *source) open(in *lines.Input, opt lines.SourceOptions) (err error) {
	if s.at, err = parsePosition(string(in.From)); err != nil {
		return err
	}
	if s.judged, err = parsePosition(string(in.Judged)); err != nil {
		return err
	}
	if s.known, err = newSeen(in.State); err != nil {
		return fmt.Errorf("what %s remembers of producers cannot be read by this version: %w", s.name, err)
	}
	s.counts = s.conn.counts.of(s.name)
	s.onRead, s.wait, s.limit = opt.OnRead, opt.OnWait, opt.MaxLine
	s.strolled, s.given, s.gave = time.Now(), s.at.seq, time.Now()
	return nil
}

// Live says that a stream waits for those who publish.
func (s *source) Live() bool { return true }

// Ack implements lines.Source. Nothing is acknowledged: streams keep messages for
// a time, and the ledger knows the position.
func (s *source) Ack(_ context.Context, c lines.Cursor) error {
	_, err := parsePosition(string(c))
	return err
}

// Close implements lines.Source.
func (s *source) Close() error {
	s.leave()
	return nil
}

// leave lets go of the consumer.
func (s *source) leave() {
	if s.iter == nil {
		return
	}
	s.iter.Stop()
	s.counts.at.Store(nil)
	name, js := s.cons.CachedInfo().Name, s.conn.js
	s.iter, s.cons = nil, nil
	if s.conn.Connected() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = js.DeleteConsumer(ctx, s.stream, name) // the server forgets it anyway
	}
}

// Next implements lines.Source. It stops at once, since whoever comes again can
// read on.
func (s *source) Next(ctx context.Context, b *lines.Block) error {
	b.First, b.Numbered = s.lines+1, true
	for len(b.Lines) == 0 {
		m, meta, err := s.next(ctx, patience)
		switch {
		case err != nil:
			return err
		case m != nil:
			s.take(b, m, meta)
			s.fill(ctx, b)
		case s.stroll(ctx):
			return s.finish(b)
		}
		if s.at.seq > s.given && time.Since(s.gave) > lookEvery {
			break // repeats alone came, and the position goes on all the same
		}
	}
	return s.finish(b)
}

// fill adds to b what has come already.
func (s *source) fill(ctx context.Context, b *lines.Block) {
	for len(b.Text) < lines.BlockBytes && len(b.Lines) < lines.BlockLines {
		m, meta, err := s.next(ctx, lull)
		if m == nil || err != nil {
			return // an error comes again
		}
		if judged := s.judgedUpTo(); len(b.Lines) > 0 && s.at.seq <= judged && meta.Sequence.Stream > judged {
			s.held, s.heldMeta = m, meta
			return
		}
		s.take(b, m, meta)
	}
}

// judgedUpTo returns up to which message of the stream all was judged.
func (s *source) judgedUpTo() uint64 {
	if s.judged.created != s.at.created {
		return 0
	}
	return s.judged.seq
}

func (s *source) finish(b *lines.Block) error {
	s.onRead(len(b.Text))
	s.lines += len(b.Lines)
	s.given, s.gave = s.at.seq, time.Now()
	b.Cursor, b.Origin, b.State = lines.Cursor(s.at.String()), strconv.FormatInt(s.at.created, 10), s.known.snapshot()
	b.Judged = s.at.seq <= s.judgedUpTo()
	return nil
}

// take adds the lines of a message to b, unless it is a repeat.
func (s *source) take(b *lines.Block, m jetstream.Msg, meta *jetstream.MsgMetadata) {
	seq := meta.Sequence.Stream
	s.at.seq = seq
	s.counts.read.Add(1)
	if !s.known.fresh(markOf(m.Headers(), seq)) {
		s.counts.repeats.Add(1)
		return
	}
	begin := len(b.Text)
	text, err := s.line(b.Text, m.Subject(), m.Data())
	if err != nil {
		b.Text = append(b.Text[:begin], bytes.ReplaceAll(m.Data(), []byte{'\n'}, []byte{' '})...)
		b.Lines = append(b.Lines, lines.Line{Start: begin, End: len(b.Text), Offset: int64(seq), Bad: err.Error()})
		b.Text = append(b.Text, '\n')
		return
	}
	b.Text = text
	for begin < len(b.Text) {
		end := begin + bytes.IndexByte(b.Text[begin:], '\n')
		if end < begin {
			end = len(b.Text)
			b.Text = append(b.Text, '\n')
		}
		l := lines.Line{Start: begin, End: end, Offset: int64(seq)}
		if end-begin > s.limit {
			l.Bad = "line longer than " + strconv.Itoa(s.limit) + " bytes"
		}
		if len(bytes.TrimSpace(b.Text[begin:end])) > 0 {
			b.Lines = append(b.Lines, l)
		}
		begin = end + 1
	}
}

// markOf returns what the headers of a message say.
func markOf(h nats.Header, seq uint64) mark {
	m := mark{producer: h.Get(producerHeader), seq: seq}
	var err, bad error
	m.number, err = strconv.ParseUint(h.Get(numberHeader), 10, 63)
	if text := h.Get(passedHeader); text != "" {
		m.passed, bad = strconv.ParseUint(text, 10, 63)
	}
	if err != nil || bad != nil || len(m.producer) > producerBytes {
		return mark{}
	}
	if m.passed >= m.number { // it cannot be, and says nothing
		m.passed = 0
	}
	m.producer = strings.Clone(m.producer)
	return m
}
