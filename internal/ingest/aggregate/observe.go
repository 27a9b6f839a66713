package aggregate

import (
	"math"
	"strings"
	"time"

	"ttpctl/internal/event"
)

// A Login is an attempt to log in.
type Login struct {
	Sensor, Service, Session string
	Attacker, IP             string // uuid and address
	Username                 string
	Password                 event.OptString // absent of a login by key, or when unknown
	ByKey                    bool
	Key                      string // fingerprint of the key, when it is known
	Success                  bool
	At                       time.Time
	TS                       string // At as the log writes it, in RFC 3339
}

// A Verdict is what the logins before it say of one.
type Verdict struct {
	// First is set for the first login of its attacker, service, user name,
	// password and result.
	First bool
	// PriorBrute is set for the first success of its attacker, service and
	// user name, when it came after guessing.
	PriorBrute bool
	// DefaultAttempt is set for the first failure with a default pair of its
	// attacker, service and UTC day.
	DefaultAttempt bool
	// Foreign is set when it is no login at all but text of another protocol,
	// sent to whoever listens. The rest of the verdict is empty then.
	Foreign bool
	// Access stands for the user name with the password or the key of a success.
	Access Access
}

// An Access stands for what somebody logged in with. It tells nothing of it.
type Access [16]byte

// An Activity is a session in which a login succeeded and something was done
// after it. Each session is told once, when it has ended.
type Activity struct {
	Sensor, Session string
	Attacker, IP    string
	Start, End      time.Time // of the session
	TS              string    // Start as the log writes it
	Access          Access
}

// A NewPassword is a password that an attacker set for an account of the decoy.
type NewPassword struct {
	Attacker           string // uuid
	Username, Password string
}

// A Request is one request to a web server.
type Request struct {
	Source       string // the server's log
	ID           string // source_id of the request's own event
	Attacker, IP string
	At           time.Time
	TS           string
	Bytes        int64 // sent in answer
	NotFound     bool  // what was asked for is not there
}

// An instant is a time in nanoseconds since 1970; what lies beyond the range
// is at its ends.
type instant int64

// endOfTime is later than everything: all gaps have passed. startOfTime is
// before everything.
const (
	endOfTime   instant = math.MaxInt64
	startOfTime instant = math.MinInt64
)

func instantOf(t time.Time) instant {
	const surely = 8e9 // seconds around 1970 that are within the range in any zone
	if s := t.Unix(); -surely < s && s < surely {
		return instant(t.UnixNano())
	}
	switch year := t.Year(); {
	case year < 1700:
		return math.MinInt64
	case year > 2250:
		return endOfTime - 1
	}
	return instant(t.UnixNano())
}

func (i instant) time() time.Time { return time.Unix(0, int64(i)).UTC() }

// after returns how long after j i is, the nearest duration there is when
// that is beyond the range.
func (i instant) after(j instant) time.Duration {
	d := time.Duration(i) - time.Duration(j)
	switch {
	case i > j && d < 0:
		return math.MaxInt64
	case i < j && d > 0:
		return math.MinInt64
	}
	return d
}

// plus returns i moved by d, the nearest instant before endOfTime there is when
// that is beyond the range.
func (i instant) plus(d time.Duration) instant {
	sum := i + instant(d)
	switch {
	case d > 0 && sum < i, sum == endOfTime:
		return endOfTime - 1
	case d < 0 && sum > i:
		return startOfTime
	}
	return sum
}

// day returns the UTC day of i, counted from 1970.
func (i instant) day() int64 {
	const day = int64(24 * time.Hour)
	d := int64(i) / day
	if int64(i)%day < 0 {
		d--
	}
	return d
}

// startOf returns the first instant of a day.
func startOf(day int64) instant {
	return instant(max(min(day, math.MaxInt64/int64(24*time.Hour)), math.MinInt64/int64(24*time.Hour)) * int64(24*time.Hour))
}

// maxAccount is the longest user name, in bytes, that is an account.
const maxAccount = 128

// An attempt is a Login with what all aggregates want to know of it.
type attempt struct {
	*Login
	at      instant
	ts      string // a clone
	account string // "" = none
	has     bool   // password is one
	failed  bool   // to log in by password
	*pairFacts
}

func (s *Set) attempt(l *Login, f *pairFacts) *attempt {
	a := &s.room
	*a = attempt{Login: l, at: instantOf(l.At), ts: strings.Clone(l.TS), failed: !l.Success && !l.ByKey, pairFacts: f}
	if len(l.Username) <= maxAccount {
		a.account = l.Username
	}
	if a.has = l.Password.Valid && !l.ByKey; a.has {
		s.pairs.hashPassword(f, l.Password.Value)
	}
	return a
}

// Login takes in an attempt and says what those before it make of it.
func (s *Set) Login(l *Login, emit Emit) Verdict {
	f := s.pairs.of(l.Username, l.Password.Value)
	if f.isForeign {
		return Verdict{Foreign: true}
	}
	a := s.attempt(l, f)
	v := Verdict{First: s.first(s.hash.attempt(a))}
	if l.Success {
		v.Access = Access(s.hash.access(a))
	}
	v.DefaultAttempt = a.failed && a.has && f.isDefault && s.first(s.hash.day(a))
	prior := s.guess(a, emit)
	v.PriorBrute = l.Success && s.first(s.hash.success(a)) && prior
	if a.has && a.account != "" {
		s.spray(a, emit)
		s.reuse(a, emit)
	}
	return v
}

// first reports whether d has not been seen, and notes it.
func (s *Set) first(d digest) bool {
	if s.seen.Find(d) != nil {
		return false
	}
	s.seen.Add(d, struct{}{}, 1)
	s.seen.Overflow()
	return true
}
