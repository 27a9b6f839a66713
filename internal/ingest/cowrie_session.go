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
	ran                            []cowrieCommand
	ranBytes                       int
	version, hassh, arch           string
	fingerprints, targets          []string
	proxyRequests, proxyDatas      int
	failedLogins                   int
}

// A cowrieCommand is a command event that came out.
type cowrieCommand struct{ id, text string }

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
	s.note(rec, &c.anchors)
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
	key = sessionKey{strings.Clone(rec.sensor), strings.Clone(rec.session)}
	e = c.open.Add(key, &cowrieSession{}, 0)
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
func (s *cowrieSession) note(rec *cowrieRecord, anchors *event.Anchors) {
	proxy := rec.typ == cowrieProxyRequest || rec.typ == cowrieProxyData
	if !proxy || s.srcIP == "" { // some versions give the address that the client claims to forward for
		s.noteAddress(rec.srcIP, anchors)
	}
	if service := rec.service(s.connect); service != s.service && service != "" {
		s.service = strings.Clone(service)
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
func (s *cowrieSession) noteAddress(text string, anchors *event.Anchors) {
	if text == "" || text == s.srcIP {
		return
	}
	if ip, err := netip.ParseAddr(text); err == nil {
		address, uuid := anchors.Attacker(ip)
		s.srcIP, s.attacker = strings.Clone(address), strings.Clone(uuid)
	}
}

// take makes of a line what it is: an event, or a part of the session.
func (c *cowrieSessions) take(b *Batch, s *cowrieSession, rec *cowrieRecord) (fate, string) {
	switch rec.typ {
	case cowrieConnect:
		s.begin(rec)
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
		s.describe(rec)
	}
	return absorbed, ""
}

// begin takes in the connect, which may come after other lines.
func (s *cowrieSession) begin(rec *cowrieRecord) {
	s.connected, s.connect = true, ""
	if len(rec.protocol) <= maxServiceLen {
		s.connect = strings.Clone(rec.protocol)
	}
	if rec.ts != "" {
		s.start.set(rec)
	}
}

// describe takes in what the client says of itself.
func (s *cowrieSession) describe(rec *cowrieRecord) {
	keep := func(have *string, text string) {
		if *have == "" && len(text) <= maxTextLen {
			*have = strings.Clone(text)
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
	s.ran, s.ranBytes, s.targets, s.fingerprints = nil, 0, nil, nil
	c.closed.Add(e.Key, s, 1)
	c.closed.Overflow()
}

// end tells the aggregates of a session in which something was done, and makes
// its event. closed is its closed line, nil when none came.
func (c *cowrieSessions) end(emit aggregate.Emit, key *sessionKey, s *cowrieSession, closed *cowrieRecord) {
	if s.active && s.attacker != "" && !s.start.at.IsZero() {
		c.set.Active(&aggregate.Activity{
			Sensor: key.sensor, Session: key.session, Attacker: s.attacker, IP: s.srcIP,
			Start: s.start.at, End: s.last.at, TS: string(s.start.ts), Access: s.access,
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
