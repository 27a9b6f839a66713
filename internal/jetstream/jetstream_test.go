package jetstream

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"ttpctl/internal/lines"
)

// shared returns the server for tests.
func shared(t *testing.T) string {
	t.Helper()
	server := os.Getenv("TTPCTL_TEST_NATS")
	if server == "" {
		t.Skip("LEFT OUT: no server for JetStream, TTPCTL_TEST_NATS names none")
	}
	return server
}

// A rig is a connection with streams of its own.
type rig struct {
	*Conn
	t       *testing.T
	mu      sync.Mutex
	notices []Notice
}

// dial connects to server, with streams that are removed afterwards.
func dial(t *testing.T, server, params string) *rig {
	t.Helper()
	prefix := strings.ToLower("t" + fmt.Sprintf("%x", time.Now().UnixNano()))
	return dialAs(t, server, "prefix="+prefix+"&"+params)
}

func dialAs(t *testing.T, server, params string) *rig {
	t.Helper()
	r := &rig{t: t}
	c, err := Dial(t.Context(), Config{Address: server + "?" + params, Getenv: os.Getenv, Name: t.Name(), Notify: func(n Notice) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.notices = append(r.notices, n)
	}})
	if err != nil {
		t.Fatal(err)
	}
	r.Conn = c
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), within)
		defer cancel()
		for _, name := range []string{c.address.Stream, c.address.StreamName(outStream), c.address.StreamName(deadStream), c.address.StreamName(busStream)} {
			if err := c.js.DeleteStream(ctx, name); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
				t.Log(err)
			}
		}
		c.Close()
	})
	return r
}

// told returns what was told that has text in it.
func (r *rig) told(text string) (all []Notice) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.notices {
		if strings.Contains(n.Text, text) {
			all = append(all, n)
		}
	}
	return all
}

// partitions makes the stream of events.
func (r *rig) partitions() int {
	r.t.Helper()
	n, err := r.Partitions(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

// send publishes events of a producer to partition 0, numbered from first.
func (r *rig) send(producer string, first, last, passed int) {
	r.t.Helper()
	var ms []Message
	for n := first; n <= last; n++ {
		ms = append(ms, Message{
			Subject: r.partitionSubject(0), ID: fmt.Sprintf("%s|%d|%d", producer, n, time.Now().UnixNano()), // another each time: the window is over
			Data: fmt.Appendf(nil, `{"p":%q,"n":%d}`, producer, n), Producer: producer, Number: int64(n), Passed: int64(passed),
		})
	}
	for deadline := time.Now().Add(30 * time.Second); len(ms) > 0; {
		n, err := r.Send(r.t.Context(), ms)
		if ms = ms[n:]; err != nil && time.Now().After(deadline) {
			r.t.Fatal(err)
		}
	}
}

// A reading is a source that is read.
type reading struct {
	t   *testing.T
	src lines.Source
	b   lines.Block
	got []string
	bad []string
}

func read(t *testing.T, in lines.Input) *reading {
	t.Helper()
	src, err := in.Source(t.Context(), lines.SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return &reading{t: t, src: src}
}

// next reads blocks until n lines were read in all.
func (r *reading) until(n int) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 30*time.Second)
	defer cancel()
	for len(r.got)+len(r.bad) < n {
		r.b.Reset()
		if err := r.src.Next(ctx, &r.b); err != nil {
			r.t.Fatalf("Next() after %d lines: %v, want %d", len(r.got)+len(r.bad), err, n)
		}
		r.keep()
	}
}

func (r *reading) keep() {
	for i, l := range r.b.Lines {
		if l.Bad != "" {
			r.bad = append(r.bad, fmt.Sprintf("%d: %s", l.Offset, l.Bad))
			continue
		}
		r.got = append(r.got, string(r.b.Raw(i)))
	}
}

// nothing reads for a while in which nothing comes.
func (r *reading) nothing() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Second)
	defer cancel()
	for ctx.Err() == nil {
		r.b.Reset()
		if err := r.src.Next(ctx, &r.b); err != nil && !errors.Is(err, lines.ErrStopped) || len(r.b.Lines) > 0 {
			r.keep()
			r.t.Fatalf("Next() gives %q, %v, want nothing", r.got, err)
		}
	}
}

func events(producer string, first, last int) (all []string) {
	for n := first; n <= last; n++ {
		all = append(all, fmt.Sprintf(`{"p":%q,"n":%d}`, producer, n))
	}
	return all
}

// What is read and published is counted, and how far who reads is behind is asked.
func TestStats(t *testing.T) {
	r := dial(t, shared(t), "partitions=2")
	r.partitions()
	r.send("a", 1, 30, 0)
	var ms []Message
	for range 2 {
		ms = append(ms, Message{Subject: r.partitionSubject(0), ID: "once", Data: []byte("{}")})
	}
	for range 2 {
		if _, err := r.Send(t.Context(), ms); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := r.Send(t.Context(), []Message{{Subject: r.partitionSubject(0), Data: make([]byte, r.nc.MaxPayload())}}); err == nil {
		t.Errorf("Send() of what is too large = %d", n)
	}
	if n, err := r.Send(t.Context(), []Message{{Subject: "nobody.takes.this", ID: "x", Data: []byte("{}")}}); err == nil {
		t.Errorf("Send() without a stream = %d", n)
	}
	got, idle := read(t, r.Partition(0)), read(t, r.Partition(1))
	defer idle.src.Close()
	got.until(20)
	n := int64(len(got.got))
	want := Stats{
		Server: r.String(), Connected: true, Published: 35, Acknowledged: 34, Duplicates: 3, Failed: 1, TooLarge: 1,
		Sources: []SourceStats{{Source: r.Partition(0).Name, Read: n, Lag: 31 - n}, {Source: r.Partition(1).Name, Lag: -1}},
	}
	if diff := cmp.Diff(want, r.Stats(t.Context())); diff != "" {
		t.Errorf("Stats() (-want +got):\n%s", diff)
	}
	got.until(31)
	r.send("a", 31, 40, 30)
	if lag := r.Stats(t.Context()).Sources[0].Lag; lag != 10 {
		t.Errorf("lag = %d, want the 10 that came since", lag)
	}
	got.src.Close()
	if st := r.Stats(t.Context()); st.Sources[0].Lag != -1 {
		t.Errorf("lag of what nobody reads = %d, want -1", st.Sources[0].Lag)
	}
}

// A partition is read in order, in blocks whose cursors and states one can go on
// from, and what was judged ends a block.
func TestPartition(t *testing.T) {
	r := dial(t, shared(t), "partitions=2")
	if n := r.partitions(); n != 2 {
		t.Fatalf("Partitions() = %d, want 2", n)
	}
	r.send("a", 1, 3000, 0)
	one := read(t, r.Partition(0))
	one.until(1)
	if !strings.HasPrefix(one.src.(*source).name, "nats:") {
		t.Errorf("the source is called %q", one.src.(*source).name)
	}
	from, state, had := one.b.Cursor, one.b.State(), len(one.got)
	one.until(3000)
	judged := one.b.Cursor
	one.src.Close()
	if want := events("a", 1, 3000); !slices.Equal(one.got, want) {
		t.Fatalf("%d lines, or another order, want %d", len(one.got), len(want))
	}
	r.send("a", 3001, 3010, 3000)
	in := r.Partition(0)
	in.From, in.State, in.Judged = from, state, judged
	two := read(t, in)
	defer two.src.Close()
	for len(two.got) < 3010-had {
		two.until(len(two.got) + 1)
		if want := len(two.got) <= 3000-had; two.b.Judged != want {
			t.Errorf("a block up to line %d says judged: %v, want %v", had+len(two.got), two.b.Judged, want)
		}
	}
	if want := events("a", had+1, 3010); !slices.Equal(two.got, want) {
		t.Errorf("read on from %d: %d lines, want %d", had, len(two.got), len(want))
	}
	for cursor, want := range map[lines.Cursor]int64{"": 3010, judged: 10, two.b.Cursor: 0} {
		if got, err := r.Lag(t.Context(), 0, cursor); err != nil || got != want {
			t.Errorf("Lag(%q) = %d, %v, want %d", cursor, got, err, want)
		}
	}
	if got, err := r.Lag(t.Context(), 1, ""); err != nil || got != 0 {
		t.Errorf("Lag of the other partition = %d, %v, want 0", got, err)
	}
}

// What a producer sends again is passed over, long after the stream's own window,
// in another order, and after a restart.
func TestRepeats(t *testing.T) {
	r := dial(t, shared(t), "partitions=1")
	r.partitions()
	r.send("a", 1, 2, 0)
	r.send("a", 4, 5, 0) // 3 was lost on the way
	r.send("b", 1, 3, 0)
	r.send("a", 3, 5, 2)
	r.send("a", 1, 5, 0) // who produces was killed before it noted anything
	want := slices.Concat(events("a", 1, 2), events("a", 4, 5), events("b", 1, 3), events("a", 3, 3))
	one := read(t, r.Partition(0))
	one.until(len(want))
	one.nothing()
	if !slices.Equal(one.got, want) {
		t.Errorf("got %q, want %q", one.got, want)
	}
	cursor, state := one.b.Cursor, one.src.(*source).known.marshal()
	one.src.Close()
	if got := r.Stats(t.Context()).Sources[0].Repeats; got != 7 {
		t.Errorf("%d repeats are counted, want 7", got)
	}
	r.send("a", 1, 6, 5)
	r.send("b", 3, 4, 0)
	in := r.Partition(0)
	in.From, in.State = cursor, state
	if in.From == "" {
		in.From = lines.Cursor(one.src.(*source).at.String())
	}
	two := read(t, in)
	defer two.src.Close()
	two.until(2)
	two.nothing()
	if want := slices.Concat(events("a", 6, 6), events("b", 4, 4)); !slices.Equal(two.got, want) {
		t.Errorf("after a restart %q, want %q", two.got, want)
	}
}

// Repeats at the end of a stream are left behind, too: who looks sees no lag.
func TestRepeatsLast(t *testing.T) {
	r := dial(t, shared(t), "partitions=1")
	r.partitions()
	r.send("a", 1, 10, 0)
	got := read(t, r.Partition(0))
	defer got.src.Close()
	got.until(10)
	r.send("a", 1, 5, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for lag := int64(1); lag > 0; {
		got.b.Reset()
		err := got.src.Next(ctx, &got.b)
		if err != nil || len(got.b.Lines) > 0 {
			t.Fatalf("Next() gives %d lines, %v, want none and a cursor", len(got.b.Lines), err)
		}
		if lag, err = r.Lag(ctx, 0, got.b.Cursor); err != nil {
			t.Fatalf("Lag behind the repeats = %d, %v, want 0 soon", lag, err)
		}
	}
}

// Messages that were removed before they were read are told of and counted; so is
// a stream that was made anew.
func TestGaps(t *testing.T) {
	r := dial(t, shared(t), "partitions=1")
	r.partitions()
	r.send("a", 1, 20, 0)
	one := read(t, r.Partition(0))
	one.until(20)
	cursor, state := one.b.Cursor, one.b.State()
	one.src.Close()
	r.send("a", 21, 50, 20)
	stream, err := r.js.Stream(t.Context(), r.address.Stream)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context(), jetstream.WithPurgeSequence(41)); err != nil {
		t.Fatal(err)
	}
	in := r.Partition(0)
	in.From, in.State = cursor, state
	two := read(t, in)
	two.until(10)
	if !slices.Equal(two.got, events("a", 41, 50)) {
		t.Errorf("behind the gap come %q", two.got)
	}
	if told := r.told("removed before they were read"); len(told) != 1 || told[0].Lost != 20 || told[0].Source != in.Name || r.Stats(t.Context()).Lost != 20 {
		t.Errorf("told of the gap: %+v, counted %d, want 20 once", told, r.Stats(t.Context()).Lost)
	}
	two.src.Close()

	// Another partition's messages that age out are no loss to this one.
	cursor = two.b.Cursor
	if err := r.js.DeleteStream(t.Context(), r.address.Stream); err != nil {
		t.Fatal(err)
	}
	r.made.Store(nil)
	r.partitions()
	r.send("b", 1, 2, 0)
	in.From, in.State = cursor, nil
	three := read(t, in)
	defer three.src.Close()
	three.until(2)
	if told := r.told("made anew"); len(told) != 1 || !slices.Equal(three.got, events("b", 1, 2)) {
		t.Errorf("of a new stream %q, told %+v", three.got, told)
	}
}

// A message that cannot be read is a line that says so; the others come.
func TestPoison(t *testing.T) {
	r := dial(t, shared(t), "partitions=1")
	r.partitions()
	for i, data := range []string{"", "x\x00y", "one\r\ntwo\n\nthree", strings.Repeat("y", 1000), "\xff\xfe"} {
		if _, err := r.Send(t.Context(), []Message{{Subject: r.partitionSubject(0), ID: fmt.Sprint(i, "\r\nX: y"), Data: []byte(data)}}); err != nil {
			t.Fatal(err)
		}
	}
	in := r.Partition(0)
	src, err := in.Opener(&in, lines.SourceOptions{MaxLine: 100, OnRead: func(int) {}, OnWait: func(bool) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	got := &reading{t: t, src: src}
	got.until(7)
	if want := []string{"x\x00y", "one\r", "two", "three", "\xff\xfe"}; !slices.Equal(got.got, want) {
		t.Errorf("got %q, want %q", got.got, want)
	}
	if want := []string{"1: " + errEmpty.Error(), "4: line longer than 100 bytes"}; !slices.Equal(got.bad, want) {
		t.Errorf("bad are %q, want %q", got.bad, want)
	}
}

// Third parties' messages become events; what tells of none says why.
func TestThird(t *testing.T) {
	r := dial(t, shared(t), "")
	if err := r.ensureBus(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, m := range [][2]string{
		{"attacker.session.ended", `{"session_id":"s1","attacker_uuid":"a"}`}, {"canary.dns.hit", `{"token_id":"t","attacker_uuid":"a","payload":{}}`},
		{"attacker.observed", `{"source_id":"1"}`}, {"email.received", "[\n1]"},
	} {
		if _, err := r.Send(t.Context(), []Message{{Subject: r.Subject(m[0]), ID: fmt.Sprint(i), Data: []byte(m[1])}}); err != nil {
			t.Fatal(err)
		}
	}
	got := read(t, r.Third())
	defer got.src.Close()
	got.until(4)
	if len(got.got) != 2 || !strings.Contains(got.got[0], `"source_kind":"session"`) || !strings.Contains(got.got[1], `"source_kind":"canary_fingerprint"`) {
		t.Errorf("got %q", got.got)
	}
	if len(got.bad) != 2 || !strings.Contains(got.bad[0], "source_kind") || !strings.Contains(got.bad[1], "not a JSON object") {
		t.Errorf("bad are %q", got.bad)
	}
}

// The number of partitions is that of the creation; streams that would lose events
// are refused, and none is changed.
func TestStreams(t *testing.T) {
	server := shared(t)
	r := dial(t, server, "partitions=3&max-age=1h")
	r.partitions()
	p := "prefix=" + r.address.Prefix
	if n := dialAs(t, server, p).partitions(); n != 3 {
		t.Errorf("who does not ask is given %d partitions, want 3", n)
	}
	if _, err := dialAs(t, server, p+"&partitions=4").Partitions(t.Context()); !Refused(err) || !strings.Contains(err.Error(), "3 partitions") {
		t.Errorf("4 instead of 3 partitions: %v", err)
	}
	other := dialAs(t, server, p+"&max-age=2h")
	if other.partitions(); len(other.told("max-age is 1h0m0s, and 2h0m0s was asked for")) != 1 {
		t.Errorf("told %+v, want that max-age differs", other.notices)
	}
	for name, cfg := range map[string]jetstream.StreamConfig{
		"forgets": {Retention: jetstream.WorkQueuePolicy, Description: describe(3)}, "not made by ttpctl": {},
	} {
		x := dial(t, server, "")
		cfg.Name, cfg.Subjects = x.address.Stream, []string{x.Subject("ttp.events.>")}
		if _, err := x.js.CreateStream(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Partitions(t.Context()); !Refused(err) || !strings.Contains(err.Error(), name) {
			t.Errorf("a stream that %s: %v", name, err)
		}
	}
}

func TestPositions(t *testing.T) {
	for _, c := range []string{"js1:5:0", "js1:1700000000000000000:77", ""} {
		if p, err := parsePosition(c); err != nil || p.String() != c {
			t.Errorf("parsePosition(%q) = %v, %v", c, p, err)
		}
	}
	for _, c := range []string{"js1", "js1:1:x", "js1:0:1", "js1:1:-1", "2:ab:1", "js1:1:1:1", "js1:9223372036854775808:1"} {
		if p, err := parsePosition(c); err == nil {
			t.Errorf("parsePosition(%q) = %v, want an error", c, p)
		}
	}
}
