package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/jetstream"
	"ttpctl/internal/store"
)

// A fakeNATS takes messages of at most a size.
type fakeNATS struct {
	most    int
	fails   error // of every Send, after left messages
	left    int
	ensured int
	asked   int // for the number of partitions
	got     []jetstream.Message
}

func (f *fakeNATS) String() string               { return "nats://fake:4222" }
func (f *fakeNATS) Subject(s string) string      { return "lab." + s }
func (f *fakeNATS) Ensure(context.Context) error { f.ensured++; return nil }

func (f *fakeNATS) PartitionOf(key string, partitions int) string {
	return fmt.Sprintf("of %s in %d", key, partitions)
}

func (f *fakeNATS) Partitions(context.Context) (int, error) {
	f.asked++
	return 16, nil
}

func (f *fakeNATS) Send(_ context.Context, ms []jetstream.Message) (int, error) {
	for i, m := range ms {
		if f.fails != nil && f.left == 0 {
			return i, f.fails
		}
		if len(m.Data) > f.most {
			return i, fmt.Errorf("nats://fake: %w", jetstream.ErrTooLarge)
		}
		f.left--
		f.got = append(f.got, m)
	}
	return len(ms), nil
}

func (f *fakeNATS) numbers() (all []int64) {
	for _, m := range f.got {
		all = append(all, m.Number)
	}
	return all
}

// forwarded returns the message of an event.
func forwarded(seq int64, anchors string, pad int) store.Message {
	body := fmt.Sprintf(`{"source_kind":"command","source_id":"c%d",%s,"payload":{"command_text":"%s"}}`, seq, anchors, strings.Repeat("x", pad))
	return store.Message{Seq: seq, Topic: store.Forwarded, Body: []byte(body)}
}

// A refusing takes what is too large, unless it fails.
type refusing struct {
	fails error
	got   []string
}

func (r *refusing) take(_ context.Context, source string, m *store.Message, err error) error {
	if r.fails != nil {
		return r.fails
	}
	if !errors.Is(err, jetstream.ErrTooLarge) {
		return fmt.Errorf("refused for %w", err)
	}
	r.got = append(r.got, fmt.Sprintf("%s %d", source, m.Seq))
	return nil
}

// wantWait fails unless err says when to come again and is of want.
func wantWait(t *testing.T, err, want error) {
	t.Helper()
	if _, ok := errors.AsType[*waitError](err); !ok || !errors.Is(err, want) {
		t.Errorf("Send() error = %v, want one that waits, of %v", err, want)
	}
}

func TestPartitions(t *testing.T) {
	conn := &fakeNATS{most: 1 << 20}
	out := open(t, "partitions", "", Options{NATS: conn, Ledger: "ledger"})
	takes := out.(interface{ Takes(store.Topic) bool }).Takes
	for topic, want := range map[store.Topic]bool{store.Forwarded: true, store.Tagged: false, store.Buried: false, store.Suppressed: false} {
		if takes(topic) != want {
			t.Errorf("Takes(%d) = %v, want %v", topic, !want, want)
		}
	}
	const log = "/var/log/secret/cowrie.json"
	ms := []store.Message{
		forwarded(4, `"attacker_uuid":"a","identity_uuid":"i"`, 1), forwarded(5, `"attacker_uuid":null,"identity_uuid":"i"`, 1), forwarded(7, `"attacker_uuid":"b"`, 1),
	}
	if n, err := out.Send(t.Context(), log, ms); n != 3 || err != nil {
		t.Fatalf("Send() = %d, %v, want all 3", n, err)
	}
	producer := conn.got[0].Producer
	if !strings.HasPrefix(producer, "ledger.") || strings.Contains(producer, "secret") {
		t.Errorf("the producer is called %q, want the ledger and no path", producer)
	}
	want := []jetstream.Message{
		{Subject: "of a in 16", ID: "command|c4", Data: ms[0].Body, Producer: producer, Number: 4, Passed: 3},
		{Subject: "of i in 16", ID: "command|c5", Data: ms[1].Body, Producer: producer, Number: 5, Passed: 3},
		{Subject: "of b in 16", ID: "command|c7", Data: ms[2].Body, Producer: producer, Number: 7, Passed: 3},
	}
	if diff := cmp.Diff(want, conn.got); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if _, err := out.Send(t.Context(), "/another", ms[:1]); err != nil || conn.got[3].Producer == producer || conn.asked != 1 {
		t.Errorf("another source: error = %v, producer %q, the partitions asked for %d times", err, conn.got[3].Producer, conn.asked)
	}
}

// An event that is too large is set aside, once, and those behind it go.
func TestTooLargeForPartitions(t *testing.T) {
	conn, r := &fakeNATS{most: 200}, &refusing{}
	out := open(t, "partitions", "", Options{NATS: conn, Refused: r.take})
	ms := []store.Message{
		forwarded(1, `"attacker_uuid":"a"`, 1), forwarded(2, `"attacker_uuid":"a"`, 300), forwarded(3, `"attacker_uuid":"a"`, 300),
		forwarded(4, `"attacker_uuid":"a"`, 1), forwarded(5, `"attacker_uuid":"a"`, 300),
	}
	send(t, out, ms...)
	if want := []string{"source 2", "source 3", "source 5"}; !slices.Equal(r.got, want) {
		t.Errorf("set aside %v, want %v", r.got, want)
	}
	if want := []int64{1, 4}; !slices.Equal(conn.numbers(), want) {
		t.Errorf("sent %v, want %v", conn.numbers(), want)
	}
	conn.got = nil
	r.fails = errors.New("locked")
	n, err := out.Send(t.Context(), "source", ms)
	if n != 1 {
		t.Errorf("Send() = %d while nothing can be set aside, want 1: it is not to be lost", n)
	}
	wantWait(t, err, r.fails)
	send(t, open(t, "partitions", "", Options{NATS: conn}), ms...) // who does not want to know
}

// What the server does not take comes again, from the first on that it has not
// acknowledged.
func TestPartitionsAreAway(t *testing.T) {
	conn := &fakeNATS{most: 1 << 20, fails: errors.New("away"), left: 1}
	out := open(t, "partitions", "", Options{NATS: conn})
	ms := []store.Message{forwarded(1, `"attacker_uuid":"a"`, 1), forwarded(2, `"attacker_uuid":"a"`, 1)}
	n, err := out.Send(t.Context(), "source", ms)
	if n != 1 {
		t.Errorf("Send() = %d, want 1", n)
	}
	wantWait(t, err, conn.fails)
	if n, err := out.Send(t.Context(), "source", []store.Message{{Seq: 3, Topic: store.Forwarded, Body: []byte("{")}}); n != 0 || err == nil {
		t.Errorf("Send() of what is no event = %d, %v", n, err)
	}
}

func TestNATS(t *testing.T) {
	conn := &fakeNATS{most: 1 << 20}
	out := open(t, "nats", "", Options{NATS: conn, Ledger: "ledger"})
	tag := taggedMessages(1)[0]
	buried := store.Message{Seq: 11, Topic: store.Buried, Body: []byte(`{}`)}
	for range 2 {
		send(t, out, tag, suppressed, buried)
	}
	parsed, err := parseTag(tag.Body)
	if err != nil {
		t.Fatal(err)
	}
	fired := "lab.ttp.rule.fired." + parsed.Technique
	want := []jetstream.Message{
		{Subject: "lab.ttp.tagged", ID: "lab.ttp.tagged|ledger/source|1", Data: tag.Body},
		{Subject: fired, ID: fired + "|ledger/source|1", Data: tag.Body},
		{Subject: "lab.ttp.rule.suppressed", ID: "lab.ttp.rule.suppressed|ledger/source|9", Data: suppressed.Body},
		{Subject: "lab.ttp.dead", ID: "lab.ttp.dead|ledger/source|11", Data: buried.Body},
	}
	if diff := cmp.Diff(append(want, want...), conn.got); diff != "" {
		t.Errorf("sent twice (-want +got):\n%s", diff)
	}
	if conn.ensured != 1 {
		t.Errorf("the streams were made %d times, want once", conn.ensured)
	}
}

// A tag counts as sent when both its subjects have it; a stream that is gone is made
// again.
func TestNATSIsAway(t *testing.T) {
	conn := &fakeNATS{most: 1 << 20, fails: errors.New("away"), left: 3}
	out := open(t, "nats", "", Options{NATS: conn})
	ms := taggedMessages(3)
	n, err := out.Send(t.Context(), "source", ms)
	if n != 1 {
		t.Errorf("Send() = %d after 3 of 6 acknowledgements, want 1", n)
	}
	wantWait(t, err, conn.fails)
	conn.fails = nil
	send(t, out, ms[1:]...)
	if conn.ensured != 2 {
		t.Errorf("the streams were made %d times, want again", conn.ensured)
	}
}

// A tag that is too large is told of once, and those behind it go.
func TestTooLargeForNATS(t *testing.T) {
	ms := taggedMessages(3)
	ms[1].Body = slices.Concat(ms[1].Body, []byte(strings.Repeat(" ", 4096)))
	conn, r := &fakeNATS{most: 4096}, &refusing{}
	send(t, open(t, "nats", "", Options{NATS: conn, Refused: r.take}), ms...)
	if want := []string{"source 2"}; !slices.Equal(r.got, want) || len(conn.got) != 4 {
		t.Errorf("refused %v, want %v; %d messages were sent, want 4", r.got, want, len(conn.got))
	}
}
