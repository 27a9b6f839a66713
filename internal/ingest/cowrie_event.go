package ingest

import (
	"strconv"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest/aggregate"
)

// cowrieFields are the payload fields that the reader fills.
type cowrieFields struct {
	text, src, commandService                            event.FieldID
	username, password, authService, method, result      event.FieldID
	priorBrute, defaultAttempt                           event.FieldID
	url, filename, shasum, size, origin                  event.FieldID
	commands, opText, service, duration                  event.FieldID
	version, hassh, arch, fingerprints, proxied, targets event.FieldID
	failedLogins, loggedIn                               event.FieldID
}

func newCowrieFields() cowrieFields {
	const command, auth, payload, session = event.KindCommand, event.KindAuthAttempt, event.KindPayload, event.KindSession
	return cowrieFields{
		text: fieldOf(command, "command_text"), src: fieldOf(command, "src"), commandService: fieldOf(command, "service"),
		username: fieldOf(auth, "username"), password: fieldOf(auth, "password"), authService: fieldOf(auth, "service"),
		method: fieldOf(auth, "method"), result: fieldOf(auth, "result"), priorBrute: fieldOf(auth, "prior_brute"),
		defaultAttempt: fieldOf(auth, "default_attempt"),
		url:            fieldOf(payload, "url"), filename: fieldOf(payload, "filename"), shasum: fieldOf(payload, "shasum"),
		size: fieldOf(payload, "size"), origin: fieldOf(payload, "origin"),
		commands: fieldOf(session, "commands"), opText: fieldOf(session, "op_text"), service: fieldOf(session, "service"),
		duration: fieldOf(session, "duration_s"), version: fieldOf(session, "client_version"), hassh: fieldOf(session, "hassh"),
		arch: fieldOf(session, "arch"), fingerprints: fieldOf(session, "key_fingerprints"),
		proxied: fieldOf(session, "proxy_requests"), targets: fieldOf(session, "proxy_targets"),
		failedLogins: fieldOf(session, "failed_logins"), loggedIn: fieldOf(session, "logged_in"),
	}
}

// Reasons for which a line gives no event although it is of a kind that does.
const (
	whyNoAnchor = "no anchor: neither the line nor its session has an IP address in src_ip"
	whyNoStart  = "no stable id: timestamp is missing or invalid, and the start of the session was not seen"
	whyNoTime   = "no stable id: timestamp is missing or invalid"
)

// setText sets a field of text, which the event does not have yet, unless text is
// empty.
func setText(ev *event.Event, id event.FieldID, text string) {
	if text != "" {
		addText(ev, id, text)
	}
}

// addText is setText for a text that may be empty.
func addText(ev *event.Event, id event.FieldID, text string) {
	v := ev.Add(id)
	v.Kind, v.Str = event.String, text
}

// head fills in what all events of a session share.
func (s *cowrieSession) head(ev *event.Event, k event.Kind, sensor, session string) {
	ev.SetKind(k.String())
	ev.AttackerUUID, ev.AttackerIP = s.attacker, s.srcIP
	ev.SessionID = event.Some(session)
	if sensor != "" {
		ev.DeckyID = event.Some(sensor)
	}
}

// event adds the event of the line rec.
func (s *cowrieSession) event(b *Batch, k event.Kind, rec *cowrieRecord, id string) *event.Event {
	ev := &b.addEvent().Event
	s.head(ev, k, rec.sensor, rec.session)
	ev.SourceID = id
	ev.TS, ev.Time = rec.ts, rec.at
	return ev
}

// command makes a command event. Its src is the attacker's address, which a
// tag shows in its evidence and nowhere else.
func (c *cowrieSessions) command(b *Batch, s *cowrieSession, rec *cowrieRecord) (fate, string) {
	if s.attacker == "" {
		return rejected, whyNoAnchor
	}
	if !s.connected && rec.ts == "" {
		return rejected, whyNoStart
	}
	s.act()
	c.setPasswords(s, rec.sets)
	id := c.commandID(s, rec)
	ev := s.event(b, event.KindCommand, rec, id)
	addText(ev, c.fields.text, rec.input.Value)
	addText(ev, c.fields.src, s.srcIP)
	setText(ev, c.fields.commandService, rec.service(s.connect))
	if c.texts && !s.ran.full(rec.input.Value) {
		c.keep(s, id, rec.input.Value)
	}
	return direct, ""
}

// commandID returns the source_id: by number when the connect was seen, else
// by time, since a log that begins in the middle of a session must not reuse
// numbers.
func (c *cowrieSessions) commandID(s *cowrieSession, rec *cowrieRecord) string {
	if s.connected {
		c.buf = append(append(c.buf[:0], rec.session...), "#cmd"...)
		c.buf = strconv.AppendInt(c.buf, int64(s.commands), 10)
		s.commands++
		return c.slab.String(c.buf)
	}
	return c.timedID(rec, "#cmd@", s.commandTimes.count(rec.at))
}

// timedID returns a source_id by time, when n others of that time came before.
func (c *cowrieSessions) timedID(rec *cowrieRecord, what string, n int) string {
	c.buf = append(append(append(c.buf[:0], rec.session...), what...), rec.ts...)
	c.buf = strconv.AppendInt(append(c.buf, '.'), int64(n), 10)
	return c.slab.String(c.buf)
}

// foreignLogin is the type under which lines are counted that Cowrie takes for
// a login and that are the first lines of another protocol.
const foreignLogin = "login with text of another protocol"

// login makes an auth_attempt of the first login of its attacker, service,
// user name, password and result, and of the first of a day with a default
// pair.
func (c *cowrieSessions) login(b *Batch, s *cowrieSession, rec *cowrieRecord) (fate, string) {
	if s.attacker == "" {
		return rejected, whyNoAnchor
	}
	if rec.ts == "" {
		return rejected, whyNoTime
	}
	nth, service := s.auths.count(rec.at), rec.service(s.connect)
	success := rec.typ == cowrieLoginSuccess
	c.attempt = aggregate.Login{
		Sensor: rec.sensor, Service: service, Session: rec.session, Attacker: s.attacker, IP: s.srcIP,
		Username: rec.username, Password: rec.password, ByKey: !rec.hasPassword, Key: s.key, Success: success, At: rec.at, TS: rec.ts,
	}
	verdict := c.set.Login(&c.attempt, b.emitter())
	if verdict.Foreign {
		return ignored, foreignLogin
	}
	c.enter(s, rec.username, success, verdict.Access)
	if !verdict.First && !verdict.DefaultAttempt {
		return absorbed, ""
	}
	ev := s.event(b, event.KindAuthAttempt, rec, c.timedID(rec, "#auth@", nth))
	addText(ev, c.fields.username, rec.username)
	method, result := "password", "fail"
	if !rec.hasPassword {
		method = "publickey"
	} else if rec.password.Valid {
		addText(ev, c.fields.password, rec.password.Value)
	}
	if success {
		result = "success"
	}
	addText(ev, c.fields.method, method)
	addText(ev, c.fields.result, result)
	setText(ev, c.fields.authService, service)
	if verdict.PriorBrute {
		ev.Set(c.fields.priorBrute, event.BoolValue(true))
	}
	if verdict.DefaultAttempt {
		ev.Set(c.fields.defaultAttempt, event.BoolValue(true))
	}
	return direct, ""
}

// enter notes how a login went.
func (c *cowrieSessions) enter(s *cowrieSession, username string, success bool, access aggregate.Access) {
	if !success {
		s.failedLogins++
		return
	}
	if !s.loggedIn {
		s.loggedIn, s.access = true, access
	}
	if len(username) <= maxTextLen {
		s.user = c.set.Keep(username)
	}
}

// emptySHA256 is the hash of nothing.
const emptySHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// file makes a payload event.
func (c *cowrieSessions) file(b *Batch, s *cowrieSession, rec *cowrieRecord) (fate, string) {
	if s.attacker == "" {
		return rejected, whyNoAnchor
	}
	if rec.ts == "" {
		return rejected, whyNoTime
	}
	s.act()
	ev := s.event(b, event.KindPayload, rec, c.timedID(rec, "#file@", s.fileTimes.count(rec.at)))
	ev.Set(c.fields.origin, event.StringValue(rec.origin()))
	setText(ev, c.fields.url, rec.url)
	setText(ev, c.fields.shasum, rec.shasum)
	name := rec.filename
	if name == "" {
		name = rec.destfile
	}
	setText(ev, c.fields.filename, name)
	switch {
	case rec.size.given:
		ev.Set(c.fields.size, event.NumberValue(rec.size.n))
	case rec.shasum == emptySHA256:
		ev.Set(c.fields.size, event.NumberValue(0))
	}
	return direct, ""
}

// origin returns how a file came to be there.
func (rec *cowrieRecord) origin() string {
	switch {
	case rec.typ == cowrieDownloadFailed:
		return "attempt"
	case rec.typ == cowrieUpload:
		return "upload"
	case rec.stdin || rec.url == "stdin":
		return "stdin"
	case isFetched(rec.url):
		return "download"
	}
	return "redirect"
}

// isFetched reports whether url is one that a download can have.
func isFetched(url string) bool {
	scheme, _, ok := strings.Cut(url, "://")
	if !ok {
		return false
	}
	switch strings.ToLower(scheme) {
	case "http", "https", "ftp", "tftp":
		return true
	}
	return false
}

// emit makes the event of the session itself. closed is its closed line, nil
// when none came. A session without an address has no event.
func (c *cowrieSessions) emit(emit aggregate.Emit, key *sessionKey, s *cowrieSession, closed *cowrieRecord) {
	if s.attacker == "" {
		return
	}
	ev := emit()
	s.head(ev, event.KindSession, key.sensor, key.session)
	ev.SourceID = key.session
	ev.TS, ev.Time = c.slab.String(s.last.ts), s.last.at
	if closed != nil {
		s.setDuration(ev, c.fields.duration, closed)
	}
	f := &c.fields
	setText(ev, f.service, s.service)
	setText(ev, f.version, s.version)
	setText(ev, f.hassh, s.hassh)
	setText(ev, f.arch, s.arch)
	if len(s.fingerprints) > 0 {
		ev.Set(f.fingerprints, event.StringsValue(s.fingerprints))
	}
	if s.loggedIn || s.failedLogins > 0 {
		ev.Set(f.failedLogins, event.NumberValue(float64(s.failedLogins)))
		ev.Set(f.loggedIn, event.BoolValue(s.loggedIn))
	}
	if n := max(s.proxyRequests, s.proxyDatas); n > 0 {
		ev.Set(f.proxied, event.NumberValue(float64(n)))
		ev.Set(f.targets, event.StringsValue(s.targets))
	}
	s.ran.set(ev, f)
}

// setDuration sets what the closed line says, else the time since the connect.
func (s *cowrieSession) setDuration(ev *event.Event, id event.FieldID, closed *cowrieRecord) {
	switch {
	case closed.duration.given:
		ev.Set(id, event.NumberValue(closed.duration.n))
	case s.connected && closed.ts != "" && !s.start.at.IsZero():
		ev.Set(id, event.NumberValue(closed.at.Sub(s.start.at).Seconds()))
	}
}

// timeCounts counts equal times. It knows the latest 32 distinct ones: lines
// of one session are at most a little out of order.
type timeCounts struct {
	times []timeCount
	next  int
}

type timeCount struct {
	at int64 // nanoseconds since 1970; what wraps around is equal to itself
	n  int
}

// keptTimes bounds the times of timeCounts.
const keptTimes = 32

// empty returns c with nothing counted.
func (c *timeCounts) empty() timeCounts { return timeCounts{times: c.times[:0]} }

// count returns how often at was counted before, and counts it.
func (c *timeCounts) count(at time.Time) int {
	ns := at.UnixNano()
	for i := range c.times {
		if t := &c.times[i]; t.at == ns {
			t.n++
			return t.n - 1
		}
	}
	if len(c.times) < keptTimes {
		c.times = append(c.times, timeCount{ns, 1})
		return 0
	}
	c.times[c.next] = timeCount{ns, 1}
	c.next = (c.next + 1) % len(c.times)
	return 0
}
