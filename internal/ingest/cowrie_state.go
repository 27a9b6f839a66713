package ingest

import (
	"ttpctl/internal/event"
	"ttpctl/internal/ingest/aggregate"
	"ttpctl/internal/state"
)

// code writes or reads all that is remembered of sessions.
func (c *cowrieSessions) code(cd *state.Codec) {
	cd.Int(&c.early)
	session := func(cd *state.Codec, s **cowrieSession) {
		if cd.Reading() {
			*s = &cowrieSession{}
		}
		(*s).code(cd)
	}
	c.open.Code(cd, codeSessionKey, session, func(s **cowrieSession) int { return (*s).weight() })
	c.closed.Code(cd, codeSessionKey, session, func(**cowrieSession) int { return 1 })
	if !cd.Reading() {
		return
	}
	nothing := func() *event.Event { return new(event.Event) } // watching closes nothing
	for e := range c.open.All() {
		read := e.Value.alarm
		c.opened(e)
		c.set.Resume(read, e.Value.alarm, nothing)
	}
}

func codeSessionKey(c *state.Codec, k *sessionKey) {
	c.Text(&k.sensor)
	c.Text(&k.session)
}

// weight returns what s takes, in bytes, roughly.
func (s *cowrieSession) weight() int {
	times := len(s.commandTimes.times) + len(s.auths.times) + len(s.fileTimes.times)
	return 900 + s.ran.weight() + 24*times + 64*(len(s.targets)+len(s.fingerprints))
}

func (s *cowrieSession) code(c *state.Codec) {
	aggregate.CodeAlarm(c, &s.alarm)
	c.Flag(&s.connected)
	for _, text := range [...]*string{&s.connect, &s.service, &s.srcIP, &s.attacker, &s.version, &s.hassh, &s.arch, &s.user, &s.key} {
		c.Text(text)
	}
	c.Flag(&s.loggedIn)
	c.Flag(&s.active)
	c.Flag(&s.cut)
	c.Fixed(s.access[:])
	s.start.code(c)
	s.last.code(c)
	c.Int(&s.commands)
	c.Int(&s.proxyRequests)
	c.Int(&s.proxyDatas)
	c.Int(&s.failedLogins)
	for _, times := range [...]*timeCounts{&s.commandTimes, &s.auths, &s.fileTimes} {
		times.code(c)
	}
	s.ran.code(c)
	state.Texts(c, &s.fingerprints)
	state.Texts(c, &s.targets)
}

func (m *moment) code(c *state.Codec) {
	ts := string(m.ts)
	c.Text(&ts)
	if c.Reading() {
		m.ts = []byte(ts)
		_, m.at = normalTime(ts)
	}
}

func (t *timeCounts) code(c *state.Codec) {
	state.Slice(c, &t.times, func(c *state.Codec, n *timeCount) {
		c.Int64(&n.at)
		c.Int(&n.n)
	})
	c.Index(&t.next, keptTimes)
	if c.Reading() && t.next >= max(1, len(t.times)) {
		c.Fail()
		t.next = 0
	}
}
