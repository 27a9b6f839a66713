package aggregate

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/state"
)

// The bounds of an episode in event time, and the window in which it counts.
const (
	episodeGap    = 300 * time.Second
	episodeSpan   = 60 * time.Minute
	episodeWindow = 300 * time.Second
)

// findingAt is the count from which an episode is a finding: of one key only
// the first such episode of a UTC day becomes an event.
const findingAt = 5

// maxTries is how many attempts an episode holds; the next begins another.
const maxTries = 16 << 10

// An episode is a run of attempts. The zero episode is not open.
type episode struct {
	first, last     instant
	firstTS, lastTS string
	session         string // of the first attempt
	accounts        names
	tries           []try
}

// A try is one attempt of an episode.
type try struct {
	at       instant
	password uint64 // short hash
	account  int    // number of the account whose password counts, -1 = none
	failed   bool
}

func (e *episode) open() bool { return len(e.tries) > 0 }

func (e *episode) full() bool { return len(e.tries) == maxTries }

// admits reports whether an attempt belongs to the open episode e.
func (e *episode) admits(at instant) bool {
	return !e.full() && span{e.first, e.last}.admits(at, episodeGap, episodeSpan)
}

// deadline returns the first moment at which e is over.
func (e *episode) deadline() instant { return e.last.plus(episodeGap + 1) }

func (e *episode) add(a *attempt) {
	if !e.open() || a.at < e.first {
		e.first, e.firstTS, e.session = a.at, a.ts, strings.Clone(a.Session)
	}
	if !e.open() || a.at >= e.last {
		e.last, e.lastTS = a.at, a.ts
	}
	t := try{at: a.at, account: -1, failed: a.failed}
	if a.has && a.account != "" {
		t.account, t.password = e.accounts.id(a.account), a.password.short()
	}
	e.tries = append(e.tries, t)
}

func (e *episode) weight() int { return 32*len(e.tries) + nameWeight*len(e.accounts.list) }

// id returns the source_id.
func (e *episode) id(key *guessKey) string {
	return "auth:" + key.sensor + ":" + e.session + "@" + e.firstTS + ":" + key.service
}

// counts returns the most failed passwords in any window, and per account the
// most distinct ones.
func (e *episode) counts() counts {
	fails := 0
	slices.SortStableFunc(e.tries, func(a, b try) int { return cmp.Compare(a.at, b.at) })
	var window []instant
	for _, t := range e.tries {
		if !t.failed {
			continue
		}
		for len(window) > 0 && t.at.after(window[0]) >= episodeWindow {
			window = window[1:]
		}
		window = append(window, t.at)
		fails = max(fails, len(window))
	}
	passwords := make([]int, len(e.accounts.list))
	slices.SortStableFunc(e.tries, func(a, b try) int { return cmp.Compare(a.account, b.account) })
	for begin := 0; begin < len(e.tries); {
		end, account := begin, e.tries[begin].account
		for end < len(e.tries) && e.tries[end].account == account {
			end++
		}
		if account >= 0 {
			passwords[account] = mostDistinct(e.tries[begin:end])
		}
		begin = end
	}
	return counts{fails, e.accounts.list, passwords}
}

// mostDistinct returns the most distinct passwords in any window of tries,
// which are in order of time.
func mostDistinct(tries []try) (most int) {
	if len(tries) == 1 {
		return 1
	}
	inWindow, begin := make(map[uint64]int), 0
	for _, t := range tries {
		for t.at.after(tries[begin].at) >= episodeWindow {
			old := tries[begin].password
			if inWindow[old]--; inWindow[old] == 0 {
				delete(inWindow, old)
			}
			begin++
		}
		inWindow[t.password]++
		most = max(most, len(inWindow))
	}
	return most
}

// emitEpisode emits what e found, unless its day has had the like of its key.
// The day is that of the last attempt, which dates the event.
func (s *Set) emitEpisode(key *guessKey, g *guessing, e *episode, emit Emit) {
	c, d := e.counts(), g.dayOf(e.last)
	o, id := g.origin(key, e.last, e.lastTS), e.id(key)
	if c.fails < findingAt || d.tell("") {
		s.counted(o, emit, id, key.service, s.fields.failCount, c.fails, episodeWindow)
	}
	s.perAccount(o, emit, id, key.service, c, episodeWindow, func(account string, n int) bool {
		return n < findingAt || d.tell(account)
	})
}

func (e *episode) code(c *state.Codec) {
	codeInstant(c, &e.first)
	codeInstant(c, &e.last)
	c.Text(&e.firstTS)
	c.Text(&e.lastTS)
	c.Text(&e.session)
	e.accounts.code(c)
	state.Slice(c, &e.tries, func(c *state.Codec, t *try) {
		since := t.at - e.first // small numbers take few bytes
		codeInstant(c, &since)
		t.at = e.first + since
		account := t.account + 1
		c.Index(&account, len(e.accounts.list)+1)
		t.account = account - 1
		if t.account >= 0 {
			c.Uint(&t.password)
		}
		c.Flag(&t.failed)
	})
}
