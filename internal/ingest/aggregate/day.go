package aggregate

import (
	"slices"
	"time"

	"ttpctl/internal/state"
)

// A day is what was guessed on one UTC day.
type day struct {
	date     int64 // days since 1970
	last     instant
	lastTS   string
	fails    int
	accounts names
	tried    [][]uint64 // per account the short hashes of its passwords, sorted
	size     int        // number of hashes in tried
	told     names      // accounts that have had their finding; "" is the attacker's own
}

// dayWindow is the time over which a day counts.
const dayWindow = 24 * time.Hour

// dayLate is how long a day stays open for lines that come late.
const dayLate = 300 * time.Second

// maxDayPasswords is how many pairs of account and password a day tells
// apart; beyond it password_count stands still.
const maxDayPasswords = 16 << 10

// over reports whether an attempt at the given time shows that d has ended.
func (d *day) over(now instant) bool {
	return now >= d.deadline()
}

func (d *day) add(a *attempt) {
	if d.lastTS == "" || a.at >= d.last {
		d.last, d.lastTS = a.at, a.ts
	}
	if a.failed {
		d.fails++
	}
	if !a.has || a.account == "" || d.size == maxDayPasswords {
		return
	}
	i := d.accounts.id(a.account)
	if i == len(d.tried) {
		d.tried = append(d.tried, nil)
	}
	if at, known := slices.BinarySearch(d.tried[i], a.password.short()); !known {
		d.tried[i] = slices.Insert(d.tried[i], at, a.password.short())
		d.size++
	}
}

// deadline returns the first moment at which d is over.
func (d *day) deadline() instant { return startOf(d.date + 1).plus(dayLate) }

// tell reports whether an account has had no finding on d, and notes that it
// has. On a day that is not open no account had one.
func (d *day) tell(account string) bool {
	if d == nil {
		return true
	}
	n := len(d.told.list)
	return d.told.id(account) == n
}

func (d *day) weight() int {
	return 200 + 8*d.size + (nameWeight+24)*len(d.tried) + nameWeight*len(d.told.list)
}

// id returns the source_id.
func (d *day) id(key *guessKey) string {
	return "authday:" + key.sensor + ":" + startOf(d.date).time().Format(time.DateOnly) + ":" + key.service + ":" + key.attacker
}

func (s *Set) emitDay(key *guessKey, g *guessing, d *day, emit Emit) {
	passwords := make([]int, len(d.tried))
	for i := range d.tried {
		passwords[i] = len(d.tried[i])
	}
	o, id := g.origin(key, d.last, d.lastTS), d.id(key)
	s.counted(o, emit, id, key.service, s.fields.failCount, d.fails, dayWindow)
	s.perAccount(o, emit, id, key.service, counts{d.fails, d.accounts.list, passwords}, dayWindow, func(string, int) bool { return true })
}

func (d *day) code(c *state.Codec) {
	c.Int64(&d.date)
	codeInstant(c, &d.last)
	c.Text(&d.lastTS)
	c.Int(&d.fails)
	d.accounts.code(c)
	state.Slice(c, &d.tried, func(c *state.Codec, hashes *[]uint64) { state.Slice(c, hashes, (*state.Codec).Uint) })
	if len(d.tried) != len(d.accounts.list) {
		c.Fail()
	}
	d.told.code(c)
	d.size = 0
	for i := range d.tried {
		d.size += len(d.tried[i])
	}
}
