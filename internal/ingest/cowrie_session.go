package ingest

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"ttpctl/internal/engine"
)

// maxSessions is how many sessions are remembered at once. A session takes
// under 1 KiB, so that this stays under 32 MiB whatever the log holds.
const maxSessions = 32 << 10

// cowrieSessions is the ordered half of the Cowrie reader: what earlier lines
// said of a session, per (sensor, session).
type cowrieSessions struct {
	sessions *lru[sessionKey, *cowrieSession]
	fields   cowrieFields
}

type sessionKey struct{ sensor, session string }

// A cowrieSession is the state of one session. It begins with the first line
// seen of it, which need not be its connect.
type cowrieSession struct {
	connected bool   // its connect was seen: commands can be numbered
	protocol  string // of the connect
	srcIP     string // of any line, canonical
	attacker  string // uuid of srcIP
	commands  int    // numbered so far
	seen      timeCounts
}

// cowrieFields are the payload fields that the reader fills.
type cowrieFields struct{ text, src, service engine.FieldID }

func newCowrieSessions(size int) *cowrieSessions {
	field := func(name string) engine.FieldID {
		id, ok := engine.LookupField(engine.KindCommand, name)
		if !ok {
			panic("ingest: the field table lacks command " + name)
		}
		return id
	}
	return &cowrieSessions{
		sessions: newLRU[sessionKey, *cowrieSession](size),
		fields:   cowrieFields{field("command_text"), field("src"), field("service")},
	}
}

func (c *cowrieSessions) evicted() int { return c.sessions.dropped }

func (c *cowrieSessions) assemble(b *Batch, i int) (fate, string) {
	rec := &recordsOf[cowrieRecord](b)[i]
	s := c.session(rec)
	s.noteAddress(rec.srcIP)
	if rec.typ == cowrieConnect {
		s.connect(rec)
		return absorbed, ""
	}
	return c.command(b, s, rec)
}

// session returns the state of rec's session, which is new if need be.
func (c *cowrieSessions) session(rec *cowrieRecord) *cowrieSession {
	s, ok := c.sessions.get(sessionKey{rec.sensor, rec.session})
	if !ok {
		s = &cowrieSession{}
		c.sessions.add(sessionKey{strings.Clone(rec.sensor), strings.Clone(rec.session)}, s)
	}
	return s
}

// connect begins the session anew: the same file read twice must give the
// same ids twice.
func (s *cowrieSession) connect(rec *cowrieRecord) {
	s.connected, s.commands = true, 0
	s.protocol = ""
	if len(rec.protocol) <= maxKeyLen {
		s.protocol = strings.Clone(rec.protocol)
	}
}

// noteAddress keeps text if it is an address; a name is never resolved.
func (s *cowrieSession) noteAddress(text string) {
	if text == "" || text == s.srcIP {
		return
	}
	if ip, err := netip.ParseAddr(text); err == nil {
		s.srcIP = ip.Unmap().WithZone("").String()
		s.attacker = engine.AttackerUUID(ip).String()
	}
}

// command makes a command event. Its src is the attacker's address, which a
// tag shows in its evidence and nowhere else.
func (c *cowrieSessions) command(b *Batch, s *cowrieSession, rec *cowrieRecord) (fate, string) {
	if s.attacker == "" {
		return rejected, "no anchor: neither the line nor its session has an IP address in src_ip"
	}
	if !s.connected && rec.ts == "" {
		return rejected, "no stable id: timestamp is missing or invalid, and the start of the session was not seen"
	}
	ev := b.addEvent()
	ev.SetKind(engine.KindCommand.String())
	ev.SourceID = s.commandID(rec)
	ev.AttackerUUID, ev.AttackerIP = s.attacker, s.srcIP
	ev.SessionID = engine.Some(rec.session)
	if rec.sensor != "" {
		ev.DeckyID = engine.Some(rec.sensor)
	}
	ev.TS, ev.Time = rec.ts, rec.at
	ev.Set(c.fields.text, engine.StringValue(rec.input.Value))
	ev.Set(c.fields.src, engine.StringValue(s.srcIP))
	if service := rec.service(s.protocol); service != "" {
		ev.Set(c.fields.service, engine.StringValue(service))
	}
	return direct, ""
}

// commandID returns the source_id: by number when the connect was seen, else
// by time, since a log that begins in the middle of a session must not reuse
// numbers.
func (s *cowrieSession) commandID(rec *cowrieRecord) string {
	if s.connected {
		n := s.commands
		s.commands++
		return rec.session + "#cmd" + strconv.Itoa(n)
	}
	return rec.session + "#cmd@" + rec.ts + "." + strconv.Itoa(s.seen.count(rec.at))
}

// timeCounts counts equal times. It knows the latest 32 distinct ones: lines
// of one session are at most a little out of order.
type timeCounts struct {
	times []timeCount
	next  int
}

type timeCount struct {
	at time.Time
	n  int
}

// count returns how often at was counted before, and counts it.
func (c *timeCounts) count(at time.Time) int {
	for i := range c.times {
		if t := &c.times[i]; t.at.Equal(at) {
			t.n++
			return t.n - 1
		}
	}
	if len(c.times) < 32 {
		c.times = append(c.times, timeCount{at, 1})
		return 0
	}
	c.times[c.next] = timeCount{at, 1}
	c.next = (c.next + 1) % len(c.times)
	return 0
}
