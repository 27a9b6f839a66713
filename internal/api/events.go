package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/bus"
	"ttpctl/internal/event"
	"ttpctl/internal/lines"
	"ttpctl/internal/spool"
)

// A verdict is the answer to events.
type verdict struct {
	Accepted int         `json:"accepted"`
	Rejected []rejection `json:"rejected"`
	// TagsNew counts the tags of the accepted events that were not stored before;
	// null when they were not judged in time.
	TagsNew *int `json:"tags_new"`
}

type rejection struct {
	Line   int    `json:"line"` // or element, from 1
	Reason string `json:"reason"`
}

// An intake is the events of one request.
type intake struct {
	verdict
	lines []spool.Line
	ids   []string // source_ids that tags of the events may have
}

// postEvents takes events in.
func (s *Server) postEvents(c *call) error {
	key, err := s.idempotencyKey(c)
	if err != nil {
		return err
	}
	w, in, known, err := s.takeIn(c, key)
	if err != nil {
		return err
	}
	defer s.wait.forget(w)
	v := in.verdict
	switch {
	case known != nil:
		v.TagsNew = known.tags()
	case in.Accepted == 0:
		v.TagsNew = new(int)
	default:
		v.TagsNew = s.wait.await(c.Context(), w, s.cfg.Limits.Wait)
	}
	if key != nil && known == nil {
		if err := s.cfg.Keys.answered(*key, v.TagsNew); err != nil {
			s.cfg.Warn(err)
		}
	}
	status := http.StatusOK
	if v.TagsNew == nil {
		status = http.StatusAccepted
	}
	writeJSON(c.w, "application/json", status, v)
	return nil
}

// enter waits a while until there is room for the body of one more request, and
// reports whether there is.
func (s *Server) enter(ctx context.Context) bool {
	timer := time.NewTimer(s.cfg.Limits.Turn)
	defer timer.Stop()
	select {
	case s.intakes <- struct{}{}:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// busy asks the client to come again.
func busy(format string) error {
	return failure(http.StatusTooManyRequests, "%s", format).retry("1").help("send the same again after the time that Retry-After says")
}

// maxKey bounds an Idempotency-Key, in bytes.
const maxKey = 255

// idempotencyKey returns the key of a request, nil = it has none.
func (s *Server) idempotencyKey(c *call) (*keyHash, error) {
	values := c.Header.Values("Idempotency-Key")
	switch {
	case len(values) == 0:
		return nil, nil
	case s.cfg.Keys == nil:
		return nil, failure(http.StatusBadRequest, "this server keeps no Idempotency-Key")
	case len(values) > 1, values[0] == "", len(values[0]) > maxKey:
		return nil, failure(http.StatusBadRequest, "the Idempotency-Key is not one value of 1 to %d bytes", maxKey)
	}
	sum := sha256.Sum256([]byte(values[0]))
	return (*keyHash)(sum[:]), nil
}

// takeIn reads the events of a request and appends those that are good to the
// spool. known is what was answered under the key before: then nothing is
// appended.
func (s *Server) takeIn(c *call, key *keyHash) (w *waiter, in *intake, known *answered, err error) {
	if !s.enter(c.Context()) {
		return nil, nil, nil, busy("as many requests with events are being read as may be")
	}
	defer func() { <-s.intakes }()
	body, err := s.readBody(c)
	if err != nil {
		return nil, nil, nil, err
	}
	subject := c.URL.Query().Get("subject")
	if subject != "" && !bus.Known(subject) {
		return nil, nil, nil, failure(http.StatusBadRequest, "messages of this subject tell of no events").help("docs/api.md lists the subjects")
	}
	if in, err = s.readEvents(body, subject); err != nil {
		return nil, nil, nil, err
	}
	if key == nil {
		w, err = s.store(c.Context(), in, nil)
		return w, in, nil, err
	}
	sum := sha256.Sum256(append([]byte(subject+"\n"), body...))
	known, end, err := s.cfg.Keys.begin(*key, keyHash(sum[:]))
	if known != nil || err != nil {
		return nil, in, known, err
	}
	defer func() { end(err == nil) }()
	w, err = s.store(c.Context(), in, meta(*key, keyHash(sum[:]), s.cfg.Now()))
	return w, in, nil, err
}

// store appends the accepted events, and begins to count their tags.
func (s *Server) store(ctx context.Context, in *intake, meta []byte) (*waiter, error) {
	if in.Accepted == 0 && meta == nil {
		return nil, nil
	}
	w := s.wait.add(in.ids)
	end, err := s.cfg.Spool.Append(ctx, spool.Entry{Lines: in.lines, Meta: meta})
	if err != nil {
		s.wait.forget(w)
		return nil, spoolProblem(err)
	}
	s.wait.until(w, end)
	return w, nil
}

func spoolProblem(err error) error {
	switch {
	case errors.Is(err, spool.ErrFull):
		return busy("more events wait to be judged than may be")
	case errors.Is(err, spool.ErrEnded):
		return failure(http.StatusServiceUnavailable, "this server is being stopped").retry("5")
	}
	p := failure(http.StatusServiceUnavailable, "the events could not be stored: none was taken in").retry("5")
	p.cause = err
	return p
}

// readEvents checks each event of a body; with a subject they are messages of a
// bus, which tell of events.
func (s *Server) readEvents(body []byte, subject string) (*intake, error) {
	all, err := s.split(body)
	if err != nil {
		return nil, err
	}
	in := &intake{verdict: verdict{Rejected: []rejection{}}}
	r := newEventReader()
	for _, g := range all {
		why := ""
		if subject != "" {
			if g.text, err = bus.Event(subject, g.text); err != nil {
				why = err.Error()
			}
		}
		var ids []string
		if why == "" {
			ids, why = r.read(g.text)
		}
		if why != "" {
			in.Rejected = append(in.Rejected, rejection{g.number, why})
			continue
		}
		in.Accepted++
		in.ids = append(in.ids, ids...)
		in.lines = append(in.lines, spool.Line{Text: g.text})
	}
	slices.Sort(in.ids)
	in.ids = slices.Compact(in.ids)
	return in, nil
}

// An eventReader checks events as tag reads them, and finds the source_ids that
// their tags may have. It belongs to one goroutine.
type eventReader struct {
	*lines.EventReader
	event    event.Event
	commands []event.Value // of a session
}

func newEventReader() *eventReader {
	r := &eventReader{}
	commands, _ := event.LookupField(event.KindSession, "commands")
	r.EventReader = lines.NewEventReader(lines.EventRules{
		Wants: func(id event.FieldID) bool { return id == commands },
		Take: func(_ event.FieldID, v *event.Value) bool {
			r.commands = v.List
			return false
		},
	})
	return r
}

// read returns the source_ids of the event in line and of the commands that
// come of it, or why it is no event.
func (r *eventReader) read(line []byte) (ids []string, why string) {
	r.event.Reset()
	r.commands = nil
	given, err := r.Read(&r.event, line, string(line))
	if err == nil {
		err = given.Complete(&r.event)
	}
	if err != nil {
		return nil, lines.Reason(err, line)
	}
	ids = []string{strings.Clone(r.event.SourceID)}
	for i := range r.commands {
		ids = append(ids, strings.Clone(event.CommandID(r.event.SourceID, &r.commands[i], i)))
	}
	return ids, ""
}

// meta returns what the spool keeps of an entry under a key.
func meta(key, body keyHash, at time.Time) []byte {
	return keyRecord{key: key, body: body, at: at, tags: notJudged}.append(nil)
}

// decode reads the one JSON object of a small body.
func decode(c *call, into any) error {
	const limit = 64 << 10
	d := json.NewDecoder(http.MaxBytesReader(c.w, c.Body, limit))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return failure(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", limit)
		}
		return failure(http.StatusBadRequest, "the body is not the JSON object that is wanted here").help("GET /v1/openapi.json describes it")
	}
	if d.More() {
		return failure(http.StatusBadRequest, "data after the JSON object")
	}
	return nil
}
