package store

import (
	"context"
	"time"
)

// forgetEvery is the time between two looks for what is to be forgotten.
const forgetEvery = 10 * time.Minute

// ForgetSessions removes sessions once they are so many days old, at once and every
// ten minutes until ctx ends. notify is told when it cannot, and when it can again.
func ForgetSessions(ctx context.Context, s Sessions, days int, now func() time.Time, notify func(Notice)) {
	notices := Notices{Notify: notify}
	tick := time.NewTicker(forgetEvery)
	defer tick.Stop()
	for {
		if _, err := s.PruneOlderThan(ctx, now().AddDate(0, 0, -days)); ctx.Err() == nil {
			notices.Tell("forgetting old sessions", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Sessions are the sessions that serve keeps as they were typed. Their lines come in
// with a [Commit]. It is safe for concurrent use.
type Sessions interface {
	// Each calls yield for what is kept of sessions whose id, or whose sensor/id,
	// begins with id ("" = of all), in the order in which it was stored: once for
	// each commit that brought lines. An error of yield ends it and is returned.
	Each(ctx context.Context, id string, yield func(*KeptLines) error) error
	// IDs returns ids that begin with id, those with the last lines first, at most max.
	IDs(ctx context.Context, id string, max int) ([]string, error)
	// PruneOlderThan removes the sessions whose last line was stored before cutoff
	// and returns how many, also when an error ends it midway.
	PruneOlderThan(ctx context.Context, cutoff time.Time) (deleted int, err error)
}

// SessionLines are new lines of one session. Whoever makes them bounds the names and
// masks what may not be stored.
type SessionLines struct {
	Sensor, Session string // "" = there is none
	Lines           []SessionLine
}

// A SessionLine is one line of a session: a JSON object. One that ends its session
// is kept also where the bounds of a session are reached.
type SessionLine struct {
	Text []byte
	Ends bool
}

// Bounds of what is kept of one session. Lines past them are counted.
const (
	SessionKeptLines = 1000
	SessionKeptBytes = 256 << 10
	// sessionEnds is how many lines are kept past the bound that end a session, of
	// sessionEndBytes at most.
	sessionEnds     = 4
	sessionEndBytes = 8 << 10
)

// KeptLines are lines of one session that were stored together.
type KeptLines struct {
	Sensor, Session string
	Lines           []byte // JSON objects, each ends in a line feed
	LeftOut         int    // lines of the session, all of it, that were not kept
}

// Kept is how much is kept of one session.
type Kept struct{ Lines, Bytes, LeftOut int }

// Take returns those of lines that fit beside what is kept already, one behind the
// other, and how much they add to it.
func (k Kept) Take(lines []SessionLine) (body []byte, added Kept) {
	for _, l := range lines {
		lineCount, byteCount := k.Lines+added.Lines, k.Bytes+added.Bytes+len(l.Text)+1
		fits := lineCount < SessionKeptLines && byteCount <= SessionKeptBytes
		if l.Ends && len(l.Text) < sessionEndBytes {
			fits = lineCount < SessionKeptLines+sessionEnds && byteCount <= SessionKeptBytes+sessionEnds*sessionEndBytes
		}
		if !fits {
			added.LeftOut++
			continue
		}
		body = append(append(body, l.Text...), '\n')
		added.Lines++
		added.Bytes += len(l.Text) + 1
	}
	return body, added
}
