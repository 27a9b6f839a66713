package jetstream

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"ttpctl/internal/bus"
	"ttpctl/internal/hint"
	"ttpctl/internal/lines"
)

// The subjects and streams of ours, without the prefix of an address.
const (
	eventSubject = "ttp.events."
	// DeadSubject is where dead letters are told of.
	DeadSubject = "ttp.dead"

	outStream  = "TTP_OUT"
	deadStream = "TTP_DEAD"
	busStream  = "TTP_BUS"
)

// errSettings is of a stream that is there and not as it has to be.
var errSettings = errors.New("the stream is not as it has to be")

// An eventStream is what is known of the stream of events.
type eventStream struct{ partitions int }

// partitionsNote is how the description of the stream of events says how many
// partitions it has. Metadata would do, but servers have them from 2.10 on only.
var partitionsNote = regexp.MustCompile(`^ttpctl events, ([0-9]+) partitions$`)

func describe(partitions int) string { return fmt.Sprintf("ttpctl events, %d partitions", partitions) }

// Partitions returns how many partitions events lie in, and makes their stream if
// there is none. The number is that of the stream's creation: an address that asks
// for another is refused.
func (c *Conn) Partitions(ctx context.Context) (int, error) {
	if made := c.made.Load(); made != nil {
		return made.partitions, nil
	}
	a := c.address
	asked := a.Partitions
	if asked == 0 {
		asked = defaultPartitions
	}
	info, err := c.ensure(ctx, jetstream.StreamConfig{
		Name: a.Stream, Description: describe(asked), Subjects: []string{a.Subject(eventSubject + ">")},
	})
	if err != nil {
		return 0, err
	}
	m := partitionsNote.FindStringSubmatch(info.Config.Description)
	if m == nil {
		return 0, hint.Errorf("name another with ?stream=NAME or ?prefix=WORD, or remove it if nobody needs it: nats stream rm "+a.Stream,
			"stream %s on %s was not made by ttpctl: its description does not say how many partitions it has: %w", a.Stream, a, errSettings)
	}
	n, _ := strconv.Atoi(m[1])
	if n < 1 || n > maxPartitions || a.Partitions != 0 && n != a.Partitions {
		return 0, hint.Errorf(fmt.Sprintf("say ?partitions=%d, or leave it out; for another number make another stream, with ?stream=NAME, and let this one run dry", n),
			"stream %s on %s has %d partitions, which was fixed when it was made, and not %d: %w", a.Stream, a, n, a.Partitions, errSettings)
	}
	c.made.Store(&eventStream{n})
	return n, nil
}

// ensure makes a stream unless there is one of that name, of whose settings it
// tells those that differ.
func (c *Conn) ensure(ctx context.Context, want jetstream.StreamConfig) (*jetstream.StreamInfo, error) {
	a := c.address
	want.Retention, want.Storage, want.Discard = jetstream.LimitsPolicy, jetstream.FileStorage, jetstream.DiscardOld
	want.MaxAge, want.Duplicates, want.Replicas = a.MaxAge, a.Window, a.Replicas
	if want.MaxAge == 0 {
		want.MaxAge = defaultAge
	}
	if want.Duplicates == 0 {
		want.Duplicates = min(defaultWindow, want.MaxAge)
	}
	want.AllowDirect = false
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	s, err := c.js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		s, err = c.js.CreateStream(ctx, want)
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // somebody was faster
			s, err = c.js.Stream(ctx, want.Name)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("stream %s on %s: %w", want.Name, a, err)
	}
	info := s.CachedInfo()
	return info, c.compare(&info.Config, &want)
}

// compare refuses a stream that events would be lost in or that is not ours, and
// tells of settings that differ otherwise.
func (c *Conn) compare(got, want *jetstream.StreamConfig) error {
	for _, s := range want.Subjects {
		if !slices.Contains(got.Subjects, s) {
			return hint.Errorf("name others with ?prefix=WORD, or add the subject: nats stream edit "+got.Name+" --subjects "+s,
				"stream %s on %s does not capture %s: %w", got.Name, c.address, s, errSettings)
		}
	}
	if got.Retention != jetstream.LimitsPolicy {
		return hint.Errorf("name another with ?prefix=WORD, or make it anew with retention by limits",
			"stream %s on %s forgets what was acknowledged, and nobody acknowledges anything here: %w", got.Name, c.address, errSettings)
	}
	for _, d := range []struct {
		what      string
		got, want any
		asked     bool
	}{
		{"max-age", got.MaxAge, want.MaxAge, c.address.MaxAge != 0},
		{"duplicates", got.Duplicates, want.Duplicates, c.address.Window != 0},
		{"replicas", got.Replicas, want.Replicas, c.address.Replicas > 1},
	} {
		if d.got != d.want && d.asked {
			c.notify(Notice{Text: fmt.Sprintf("stream %s is left as it is: its %s is %v, and %v was asked for", got.Name, d.what, d.got, d.want)})
		}
	}
	return nil
}

// ensureOut makes the streams of what is published.
func (c *Conn) ensureOut(ctx context.Context) error {
	a := c.address
	_, err := c.ensure(ctx, jetstream.StreamConfig{
		Name: a.StreamName(outStream), Description: "ttpctl tags and rules", Subjects: []string{a.Subject(bus.Tagged), a.Subject("ttp.rule.>")},
	})
	if err == nil {
		_, err = c.ensure(ctx, jetstream.StreamConfig{
			Name: a.StreamName(deadStream), Description: "ttpctl dead letters", Subjects: []string{a.Subject(DeadSubject)},
		})
	}
	return err
}

// ensureBus makes the stream of what other systems tell.
func (c *Conn) ensureBus(ctx context.Context) error {
	var subjects []string
	for _, s := range bus.Subjects() {
		subjects = append(subjects, c.address.Subject(s))
	}
	_, err := c.ensure(ctx, jetstream.StreamConfig{
		Name: c.address.StreamName(busStream), Description: "what other systems tell ttpctl", Subjects: subjects,
	})
	return err
}

// Lag returns how many messages of partition n lie behind a cursor of its source.
func (c *Conn) Lag(ctx context.Context, n int, cursor lines.Cursor) (int64, error) {
	p, err := parsePosition(string(cursor))
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	s, err := c.js.Stream(ctx, c.address.Stream)
	if err != nil {
		return 0, err
	}
	cons, err := s.CreateConsumer(ctx, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: p.in(s.CachedInfo()) + 1, FilterSubject: c.partitionSubject(n),
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: 5 * time.Second,
	})
	if err != nil {
		return 0, err
	}
	info := cons.CachedInfo()
	err = s.DeleteConsumer(ctx, info.Name)
	return int64(info.NumPending), err
}

func (c *Conn) partitionSubject(n int) string {
	return c.address.Subject(eventSubject + strconv.Itoa(n))
}
