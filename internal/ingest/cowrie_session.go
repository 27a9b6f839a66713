package ingest

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest/aggregate"
	"ttpctl/internal/lines"
	"ttpctl/internal/sorting"
	"ttpctl/internal/state"
)

// Bounds of what is remembered of sessions. Of a closed one only what names
// the events of lines that come late.
const (
	maxSessionBytes = 32 << 20 // of all open sessions, roughly
	maxClosed       = 4096     // closed sessions
	maxCommands     = 1024     // of one session, for its own event
	maxCommandBytes = 256 << 10
	maxTargets      = 64
	maxFingerprints = 16
	maxSpare        = 64  // empty lists of commands that are kept for sessions to come
	maxTextLen      = 256 // of what a client says of itself, in bytes
)

// sessionGap is how long a session is silent, in event time, before it is taken
// to have ended without its closed line. Cowrie itself ends one after minutes.
const sessionGap = time.Hour

// cowrieSessions is the ordered half of the Cowrie reader: what earlier lines
// said of a session, per (sensor, session). Everything else it hands on to the
// aggregates.
type cowrieSessions struct {
	set     *aggregate.Set
	open    *state.Table[sessionKey, *cowrieSession]
	closed  *state.Table[sessionKey, *cowrieSession]   // their events have come out
	early   int                                        // sessions closed to make room
	pending []*state.Entry[sessionKey, *cowrieSession] // closed by flush, in order
	fields  cowrieFields
	texts   bool // somebody reads the commands of session events

	anchors event.Anchors
	attempt aggregate.Login // room for one
	buf     []byte
	slab    event.Slab       // strings of events
	spare   []typed          // empty
	free    []*cowrieSession // forgotten
}

type sessionKey struct{ sensor, session string }

// A cowrieSession is the state of one session. It begins with the first line
// seen of it, which need not be its connect.
type cowrieSession struct {
	connected bool   // its connect was seen: commands can be numbered
	connect   string // protocol of the connect
	service   string // of any line
	srcIP     string // of any line, canonical
	attacker  string // uuid of srcIP
	user      string // of the login that succeeded
	key       string // fingerprint of the key that was shown last
	access    aggregate.Access
	loggedIn  bool
	active    bool // a command, a forward or a file came after the login
	cut       bool // closed by the clock: what comes is late

	reader *cowrieSessions
	entry  *state.Entry[sessionKey, *cowrieSession]
	alarm  *aggregate.Alarm // off when it is no longer open

	start, last moment // of the connect, else the earliest line; of the latest line

	commands                       int // numbered so far
	commandTimes, auths, fileTimes timeCounts
	ran                            typed
	version, hassh, arch           string
	fingerprints, targets          []string
	proxyRequests, proxyDatas      int
	failedLogins                   int
}

// A moment is a time and its text.
type moment struct {
	at time.Time
	ts []byte // kept for the next time's text
}

func (m *moment) set(rec *cowrieRecord) {
	m.at, m.ts = rec.at, append(m.ts[:0], rec.ts...)
}

func newCowrieSessions(set *aggregate.Set, fields *event.FieldSet, most int) *cowrieSessions {
	c := &cowrieSessions{
		set:    set,
		open:   state.NewTable[sessionKey, *cowrieSession](most),
		closed: state.NewTable[sessionKey, *cowrieSession](maxClosed),
		fields: newCowrieFields(),
	}
	c.texts = fields.Has(c.fields.commands) || fields.Has(c.fields.opText)
	return c
}

func (c *cowrieSessions) evicted() int { return c.early }

func (c *cowrieSessions) assemble(b *Batch, i int) (fate, string) {
	rec := &recordsOf[cowrieRecord](b)[i]
	if rec.ts != "" {
		c.set.Line(rec.sensor, rec.at, b.emitter())
	}
	e, late := c.find(b, rec)
	s := e.Value
	c.note(s, rec)
	if s.cut {
		c.set.CountLate()
	}
	if rec.typ == cowrieClosed {
		if !late {
			c.close(b, e, rec)
		}
		return absorbed, ""
	}
	f, note := c.take(b, s, rec)
	if !late {
		c.open.Weigh(e, s.weight())
		if rec.ts != "" {
			c.set.Watch(s.alarm, rec.at, b.emitter())
		}
		for e := c.open.Overflow(); e != nil; e = c.open.Overflow() {
			c.early++
			e.Value.alarm.Off()
			c.end(b.emitter(), &e.Key, e.Value, nil)
		}
	}
	return f, note
}

// find returns the entry of rec's session, which is new if need be. late is
// set for one that was closed: its event has come out.
func (c *cowrieSessions) find(b *Batch, rec *cowrieRecord) (e *state.Entry[sessionKey, *cowrieSession], late bool) {
	key := sessionKey{rec.sensor, rec.session}
	if e = c.open.Find(key); e != nil {
		if rec.typ != cowrieConnect || !e.Value.connected {
			return e, false
		}
		// It begins anew: a log is read twice, and gives the same ids twice.
		c.leave(e)
		c.end(b.emitter(), &e.Key, e.Value, nil)
	} else if e = c.closed.Find(key); e != nil {
		if rec.typ != cowrieConnect {
			return e, true
		}
		c.closed.Remove(e)
	}
	key = sessionKey{c.set.Keep(rec.sensor), strings.Clone(rec.session)}
	e = c.open.Add(key, c.newSession(), 0)
	c.opened(e)
	return e, false
}

// opened sets the alarm of a session that is open from now on.
func (c *cowrieSessions) opened(e *state.Entry[sessionKey, *cowrieSession]) {
	s := e.Value
	s.reader, s.entry, s.alarm = c, e, aggregate.SessionAlarm(e.Key.sensor, e.Key.session, s)
}

// leave takes out a session that is open no longer.
func (c *cowrieSessions) leave(e *state.Entry[sessionKey, *cowrieSession]) {
	c.open.Remove(e)
	e.Value.alarm.Off()
}

// note takes in what any line may say of its session.
func (c *cowrieSessions) note(s *cowrieSession, rec *cowrieRecord) {
	proxy := rec.typ == cowrieProxyRequest || rec.typ == cowrieProxyData
	if !proxy || s.srcIP == "" { // some versions give the address that the client claims to forward for
		c.noteAddress(s, rec.srcIP)
	}
	if service := rec.service(s.connect); service != s.service && service != "" {
		s.service = c.set.Keep(service)
	}
	if rec.ts == "" {
		return
	}
	if s.last.at.IsZero() || !rec.at.Before(s.last.at) {
		s.last.set(rec)
	}
	if s.start.at.IsZero() || !s.connected && rec.at.Before(s.start.at) {
		s.start.set(rec)
	}
}

// noteAddress keeps text if it is an address; a name is never resolved.
func (c *cowrieSessions) noteAddress(s *cowrieSession, text string) {
	if text == "" || text == s.srcIP {
		return
	}
	if ip, err := netip.ParseAddr(text); err == nil {
		address, uuid := c.anchors.Attacker(ip)
		s.srcIP, s.attacker = c.set.Keep(address), c.set.Keep(uuid)
	}
}

// take makes of a line what it is: an event, or a part of the session.
func (c *cowrieSessions) take(b *Batch, s *cowrieSession, rec *cowrieRecord) (fate, string) {
	switch rec.typ {
	case cowrieConnect:
		c.begin(s, rec)
	case cowrieInput:
		return c.command(b, s, rec)
	case cowrieLoginSuccess, cowrieLoginFailed:
		return c.login(b, s, rec)
	case cowrieDownload, cowrieDownloadFailed, cowrieUpload:
		return c.file(b, s, rec)
	case cowrieProxyRequest, cowrieProxyData:
		s.proxy(rec)
		s.act()
	default:
		c.describe(s, rec)
	}
	return absorbed, ""
}

// begin takes in the connect, which may come after other lines.
func (c *cowrieSessions) begin(s *cowrieSession, rec *cowrieRecord) {
	s.connected, s.connect = true, ""
	if len(rec.protocol) <= maxServiceLen {
		s.connect = c.set.Keep(rec.protocol)
	}
	if rec.ts != "" {
		s.start.set(rec)
	}
}

// describe takes in what the client says of itself.
func (c *cowrieSessions) describe(s *cowrieSession, rec *cowrieRecord) {
	keep := func(have *string, text string) {
		if *have == "" && len(text) <= maxTextLen {
			*have = c.set.Keep(text)
		}
	}
	keep(&s.version, rec.version)
	keep(&s.hassh, rec.hassh)
	keep(&s.arch, rec.arch)
	if rec.typ == cowrieFingerprint {
		s.key = strings.Clone(rec.fingerprint)
		addDistinct(&s.fingerprints, rec.fingerprint, maxFingerprints)
	}
}

// addDistinct appends text to list unless it is there or there are most.
func addDistinct(list *[]string, text string, most int) {
	if text != "" && len(text) <= maxTextLen && len(*list) < most && !slices.Contains(*list, text) {
		*list = append(*list, strings.Clone(text))
	}
}

// proxy takes in a forward through the session.
func (s *cowrieSession) proxy(rec *cowrieRecord) {
	if rec.typ == cowrieProxyRequest {
		s.proxyRequests++
	} else {
		s.proxyDatas++
	}
	if port := rec.port(); rec.dstIP != "" && port != "" {
		addDistinct(&s.targets, net.JoinHostPort(rec.dstIP, port), maxTargets)
	}
}

// act notes that something was done in the session.
func (s *cowrieSession) act() { s.active = s.active || s.loggedIn }

// close ends the session of e with its closed line.
func (c *cowrieSessions) close(b *Batch, e *state.Entry[sessionKey, *cowrieSession], rec *cowrieRecord) {
	c.leave(e)
	c.end(b.emitter(), &e.Key, e.Value, rec)
	c.remember(e)
}

// remember keeps what names the events of lines that come late.
func (c *cowrieSessions) remember(e *state.Entry[sessionKey, *cowrieSession]) {
	s := e.Value
	if len(c.spare) < maxSpare && cap(s.ran.ends) > 0 {
		s.ran.empty()
		c.spare = append(c.spare, s.ran)
	}
	s.ran, s.targets, s.fingerprints = typed{}, nil, nil
	c.closed.Add(e.Key, s, 1)
	if old := c.closed.Overflow(); old != nil {
		c.free = append(c.free, old.Value)
	}
}

// newSession returns the state of a session of which nothing is known. It makes
// use again of one that was forgotten, and of its buffers.
func (c *cowrieSessions) newSession() *cowrieSession {
	last := len(c.free) - 1
	if last < 0 {
		return &cowrieSession{}
	}
	s := c.free[last]
	c.free = c.free[:last]
	*s = cowrieSession{start: moment{ts: s.start.ts[:0]}, last: moment{ts: s.last.ts[:0]},
		commandTimes: s.commandTimes.empty(), auths: s.auths.empty(), fileTimes: s.fileTimes.empty()}
	return s
}

// keep has the session's own event tell of a command.
func (c *cowrieSessions) keep(s *cowrieSession, id, text string) {
	if last := len(c.spare) - 1; s.ran.ends == nil && last >= 0 {
		s.ran, c.spare = c.spare[last], c.spare[:last]
	}
	s.ran.add(id, text)
}

// end tells the aggregates of a session in which something was done, and makes
// its event. closed is its closed line, nil when none came.
func (c *cowrieSessions) end(emit aggregate.Emit, key *sessionKey, s *cowrieSession, closed *cowrieRecord) {
	if s.active && s.attacker != "" && !s.start.at.IsZero() {
		c.set.Active(&aggregate.Activity{
			Sensor: key.sensor, Session: key.session, Attacker: s.attacker, IP: s.srcIP,
			Start: s.start.at, End: s.last.at, TS: c.slab.String(s.start.ts), Access: s.access,
		}, emit)
	}
	c.emit(emit, key, s, closed)
}

// Deadline implements [aggregate.Session]. A session without a time is never
// silent for too long.
func (s *cowrieSession) Deadline() time.Time {
	if s.last.at.IsZero() {
		return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return s.last.at.Add(sessionGap)
}

// Leave implements [aggregate.Session].
func (s *cowrieSession) Leave(byClock bool, emit aggregate.Emit) {
	c, e := s.reader, s.entry
	c.leave(e)
	s.cut = byClock
	c.end(emit, &e.Key, s, nil)
	c.remember(e)
}

func (c *cowrieSessions) flush() {
	var entries []*state.Entry[sessionKey, *cowrieSession]
	for e := range c.open.All() {
		c.leave(e)
		entries = append(entries, e)
	}
	sorting.By(entries, func(a, b *state.Entry[sessionKey, *cowrieSession]) int {
		return cmp.Or(a.Value.last.at.Compare(b.Value.last.at), strings.Compare(a.Key.sensor, b.Key.sensor), strings.Compare(a.Key.session, b.Key.session))
	})
	c.pending = append(c.pending, entries...)
}

func (c *cowrieSessions) drain(b *Batch) (more bool) {
	for len(c.pending) > 0 && len(b.events) < lines.BlockLines {
		e := c.pending[0]
		c.pending[0], c.pending = nil, c.pending[1:]
		c.end(b.emitter(), &e.Key, e.Value, nil)
	}
	return len(c.pending) > 0
}
