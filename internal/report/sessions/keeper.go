package sessions

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/secrets"
)

// Bounds of what is kept of texts, in bytes, and of a line's tags.
const (
	maxText = 4 << 10 // of a line
	maxNote = 1 << 10 // of an URL, or a path
	maxName = 256     // of a user, a client, a service
	maxID   = 160     // of a session, a sensor, a source_id
	maxHash = 64
	maxTags = 64
)

// Bounds of one session.
const (
	maxLines        = 2000
	maxSessionBytes = 1 << 20
)

// weights of what is kept beside texts, in bytes, roughly.
const (
	lineWeight = 256
	tagWeight  = 96
)

// Options bound what a [Keeper] keeps. The zero Options have usual bounds.
type Options struct {
	Sessions int // 0 = 100,000
	Bytes    int // of the lines of all sessions, roughly; 0 = 64 MiB
	// Only chooses sessions; nil = all. Others are not seen at all. Any number of
	// goroutines calls it.
	Only func(sensor, session string) bool
}

// A Keeper puts sessions together. It belongs to one goroutine, but for
// Recorder.
type Keeper struct {
	options Options
	fields  fields
	entries map[sessionKey]*entry
	bytes   int
	given   int // rows that were given up
	without int
}

type sessionKey struct{ sensor, session string }

// An entry is a session that is being put together.
type entry struct {
	Session
	index map[lineKey]int // of the lines that are kept, once they are many
	bytes int
	ended bool
	full  bool // no more lines are kept
	said  bool // the duration is what the sensor says
	// unkept are the lines that a database did not keep.
	unkept int
}

type lineKey struct {
	kind event.Kind
	id   string
}

// NewKeeper returns a Keeper of no sessions.
func NewKeeper(o Options) *Keeper {
	if o.Sessions <= 0 {
		o.Sessions = 100_000
	}
	if o.Bytes <= 0 {
		o.Bytes = 64 << 20
	}
	return &Keeper{options: o, fields: newFields(), entries: map[sessionKey]*entry{}}
}

// Recorder returns a new Recorder, for a goroutine of its own.
func (k *Keeper) Recorder() *Recorder { return &Recorder{keeper: k, records: &records{}} }

// Add takes what a Recorder noted of a batch. Batches come in input order.
func (k *Keeper) Add(noted any) {
	r, ok := noted.(*records)
	if !ok {
		return
	}
	k.without += r.without
	for i := range r.list {
		k.add(&r.list[i])
	}
	k.bound()
}

// bound forgets what there is no room for.
func (k *Keeper) bound() {
	if k.bytes > k.options.Bytes {
		k.forgetLines()
	}
	if len(k.entries) > k.options.Sessions {
		k.forgetRows()
	}
}

func (k *Keeper) add(r *record) {
	key := sessionKey{idOf(r.sensor), idOf(r.session)}
	e := k.entries[key]
	if e == nil {
		key = sessionKey{strings.Clone(key.sensor), strings.Clone(key.session)}
		e = &entry{}
		e.ID, e.Sensor = key.session, key.sensor
		k.entries[key] = e
	}
	if e.find(r.kind, idOf(r.id)) >= 0 {
		return // a log is read twice
	}
	e.note(r)
	k.bytes += e.keep(r)
}

// indexFrom is how many lines are worth an index: most sessions have few.
const indexFrom = 16

// find returns which line is that of an event, -1 = none that is kept.
func (e *entry) find(kind event.Kind, id string) int {
	if e.index != nil {
		if i, ok := e.index[lineKey{kind, id}]; ok {
			return i
		}
		return -1
	}
	for i := len(e.Lines) - 1; i >= 0; i-- {
		if l := &e.Lines[i]; l.SourceID == id && l.Kind == kind.String() {
			return i
		}
	}
	return -1
}

// indexed notes the last line in the index, and all of them when there are enough.
func (e *entry) indexed() {
	from := len(e.Lines) - 1
	switch {
	case e.index == nil && len(e.Lines) < indexFrom:
		return
	case e.index == nil:
		e.index, from = make(map[lineKey]int, 2*indexFrom), 0
	}
	for i := from; i < len(e.Lines); i++ {
		e.index[lineKey{event.ParseKind(e.Lines[i].Kind), e.Lines[i].SourceID}] = i
	}
}

// note takes in what r says of the session.
func (e *entry) note(r *record) {
	name := func(have *string, text string) {
		if *have == "" && text != "" {
			*have = shown(text, maxName)
		}
	}
	name(&e.Attacker, r.attacker)
	name(&e.AttackerIP, r.ip)
	name(&e.Service, r.service)
	if !r.at.IsZero() {
		if e.Start.IsZero() || r.at.Before(e.Start) {
			e.Start = r.at
		}
		if r.at.After(e.End) {
			e.End = r.at
		}
	}
	switch r.kind {
	case event.KindCommand:
		e.Commands++
	case event.KindPayload:
		e.Downloads++
	case event.KindHTTPRequest:
		e.Requests++
	case event.KindAuthAttempt:
		if r.success {
			e.LoggedIn = true
			name(&e.User, r.text)
		} else if !e.ended {
			e.FailedLogins++
		}
	case event.KindSession:
		name(&e.Client, r.text)
		e.end(r)
	}
	if !e.said {
		e.Seconds = e.End.Sub(e.Start).Seconds()
	}
}

// end takes in what the session's own event says, which has counted all.
func (e *entry) end(r *record) {
	e.ended = true
	e.LoggedIn = e.LoggedIn || r.success
	e.FailedLogins = max(e.FailedLogins, int(r.failed))
	if r.seconds > 0 {
		e.Seconds, e.said = r.seconds, true
	}
}

// keep adds the line of r if there is room, and returns what it weighs.
func (e *entry) keep(r *record) int {
	if e.full || len(e.Lines) >= maxLines || e.bytes >= maxSessionBytes {
		e.LeftOut++
		return 0
	}
	l := r.line()
	e.Lines = append(e.Lines, l)
	e.indexed()
	n := lineWeight + len(l.Text) + len(l.SourceID) + len(l.URL) + len(l.Path) + len(l.SHA256)
	e.bytes += n
	return n
}

// Tag joins tags to the lines of the events that they are of, which were added
// before.
func (k *Keeper) Tag(tags []event.Tag) {
	for i := range tags {
		t := &tags[i]
		if !t.SessionID.Valid {
			continue
		}
		e := k.entries[sessionKey{idOf(t.DeckyID.Value), idOf(t.SessionID.Value)}]
		if e == nil {
			continue
		}
		tag := Tag{t.RuleID, t.RuleVersion, t.Tactic, t.MostSpecific(), t.Confidence}
		if at := e.find(event.ParseKind(t.SourceKind), idOf(t.SourceID)); at >= 0 {
			l := &e.Lines[at]
			if slices.Contains(l.Tags, tag) {
				continue
			}
			if len(l.Tags) < maxTags {
				l.Tags = append(l.Tags, tag)
				k.bytes += tagWeight
				e.bytes += tagWeight
			}
		}
		e.Tags++
		e.Techniques, e.Tactics = addName(e.Techniques, tag.Technique), addName(e.Tactics, tag.Tactic)
	}
}

// A rank is what decides when a session may be forgotten, beside it: a sort of all
// sessions that looked into each would take as long as reading them.
type rank struct {
	*entry
	ended                    bool
	techniques, tags, events int
	start                    time.Time
}

// leastFirst returns the sessions, those first that may be forgotten: the least
// telling of those that have ended, then of the others.
func (k *Keeper) leastFirst() []rank {
	all := make([]rank, 0, len(k.entries))
	for _, e := range k.entries {
		all = append(all, rank{e, e.ended, len(e.Techniques), e.Tags, e.events(), e.Start})
	}
	slices.SortFunc(all, func(a, b rank) int {
		switch {
		case a.ended != b.ended && a.ended:
			return -1
		case a.ended != b.ended:
			return 1
		case a.techniques != b.techniques:
			return cmp.Compare(a.techniques, b.techniques)
		case a.tags != b.tags:
			return cmp.Compare(a.tags, b.tags)
		case a.events != b.events:
			return cmp.Compare(a.events, b.events)
		}
		if c := a.start.Compare(b.start); c != 0 {
			return c
		}
		return ByTime(&a.Session, &b.Session)
	})
	return all
}

// forgetLines drops lines until a quarter of the room is free.
func (k *Keeper) forgetLines() {
	for _, e := range k.leastFirst() {
		if k.bytes <= k.options.Bytes/4*3 {
			return
		}
		k.bytes -= e.bytes
		e.LeftOut += len(e.Lines)
		e.Lines, e.index, e.bytes, e.full = nil, nil, 0, true
	}
}

// forgetRows drops sessions until a quarter of the room is free.
func (k *Keeper) forgetRows() {
	for _, e := range k.leastFirst() {
		if len(k.entries) <= k.options.Sessions/4*3 {
			return
		}
		k.bytes -= e.bytes
		k.given++
		delete(k.entries, sessionKey{e.Sensor, e.ID})
	}
}

// Sessions returns the sessions in an order. They are shared and not to be
// changed but by an [Explainer].
func (k *Keeper) Sessions(o Order) []*Session {
	all := make([]*Session, 0, len(k.entries))
	for _, e := range k.entries {
		all = append(all, &e.Session)
	}
	slices.SortFunc(all, o)
	return all
}

// Total returns how many sessions were seen: at least so many, once some were
// given up.
func (k *Keeper) Total() report.Count {
	return report.Count{N: len(k.entries) + k.given, More: k.given > 0}
}

// Without returns how many events named no session.
func (k *Keeper) Without() int { return k.without }

// shown returns text as it may be kept: masked as evidence is, and cut.
func shown(text string, most int) string {
	return strings.Clone(event.CutText(secrets.MaskURLs(text), most))
}

// idOf returns an id as it is kept: of a very long one its beginning and its
// hash.
func idOf(id string) string {
	if len(id) <= maxID {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return strings.ToValidUTF8(event.CutText(id, maxID/2), "\ufffd") + "…" + hex.EncodeToString(sum[:8])
}
