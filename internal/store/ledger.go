package store

import (
	"context"
	"errors"
	"time"

	"ttpctl/internal/event"
)

// A Ledger remembers how far each source was read and judged, together with
// what came of it: a tag, its way into the outbox and the cursor behind its
// line are one transaction, so that a process that is killed at any moment
// loses nothing and doubles nothing. It is safe for concurrent use.
//
// A source is what is read in one order and has state of its own: a log with
// its rotations, a log of segments, a partition. It has two cursors. Up to the
// tags cursor everything was judged, once and for all. The state, which is
// large and saved less often, is that behind the state cursor, which is never
// ahead of the other. Who resumes reads on from the state cursor, and what lies
// before the tags cursor only brings the state up to date.
type Ledger interface {
	// Resume makes owner the one that commits for source, and returns where it
	// stands; a source that is new stands at its beginning. Commits of an earlier
	// owner, or of the same after an earlier Resume, are refused from now on.
	Resume(ctx context.Context, source, owner string) (Position, error)
	// Commit stores all of c or nothing, and returns the indexes of the tags that
	// were not stored before, ascending. It is ErrFenced when the source was
	// resumed since c.Epoch, and ErrReplaced when the ledger has not come to that
	// epoch: it is another one, and the source is to be resumed in it.
	Commit(ctx context.Context, c *Commit) (fresh []int, err error)
	// Sources returns the sources, in the order of their names, without their
	// states.
	Sources(ctx context.Context) ([]Position, error)
}

// What keeps a commit out, see [Ledger].
var (
	ErrFenced   = errors.New("another process has taken over this source")
	ErrReplaced = errors.New("the database was replaced by one that does not know how far this source was read")
)

// MayCommit returns why what was resumed as epoch may not commit, when the
// ledger has come to newest; 0 = it does not know the source.
func MayCommit(epoch, newest int64) error {
	switch {
	case newest < epoch || newest == 0:
		return ErrReplaced
	case newest > epoch:
		return ErrFenced
	}
	return nil
}

// A Position is where a source stands.
type Position struct {
	Source      string
	Owner       string
	Epoch       int64  // counts the calls of Resume
	TagsCursor  string // "" = the beginning
	StateCursor string // likewise
	State       []byte // behind StateCursor; nil = none
	Seq         int64  // of the last message in the outbox
	CommittedAt time.Time
}

// A Commit is what came of some lines of a source.
type Commit struct {
	Source string
	Epoch  int64 // that Resume gave
	// Tags are stored; those that are stored already are left as they are, and
	// those below event.Floor are dropped.
	Tags []event.Tag
	// Publish says which of the tags that are new go into the outbox, and what
	// else does. It is called in the transaction, once an attempt: it may be
	// called again with the same tags, and what it says counts when Commit
	// returns without an error. Messages come in order; the ledger numbers them.
	// nil = nothing is published.
	Publish func(fresh []int) []Message
	// Last is the number that the last message of Publish gets, where it is known: what
	// is tried again and was done before, or is by the time that it is its turn, adds
	// nothing then. 0 = it is not known.
	Last int64
	// TagsCursor is behind the last line; "" leaves the cursor where it is.
	TagsCursor string
	// State is that behind StateCursor; nil leaves both as they are.
	State       []byte
	StateCursor string
	// Sessions are lines that are kept of sessions; a ledger in memory keeps none.
	Sessions []SessionLines
	// Dead are the lines that could not be processed.
	Dead []DeadLetter
	// Number counts the commits of an epoch from 1. One that is tried again, since nobody
	// knows what became of it, has the number that it had: if it has Sessions or Dead,
	// which would be added twice, and was done, it does nothing. 0 = it is tried once.
	Number int64
}

// An Outbox holds what is to be published until every output of its source has
// passed it. A message has a number, one higher than that of the message before
// it in its source, without gaps. It is safe for concurrent use.
//
// Outputs belong to a source: of several processes on one store, each publishes
// what comes of its own sources.
type Outbox interface {
	// Outputs says which outputs source has: those that are new begin at what the
	// outbox holds, and what only others still wanted is forgotten. The messages
	// of a source without outputs, as each is at first, are numbered and not kept.
	Outputs(ctx context.Context, source string, names []string) error
	// Next returns the messages of source that output has not passed and whose
	// number is above after, in order, at most max. None is no error, and an output
	// that source does not have has none. With after who publishes goes on before
	// what it has sent is noted by Done.
	Next(ctx context.Context, output, source string, after int64, max int) ([]Message, error)
	// Done says what outputs have passed, all of it in one transaction. A message
	// that all outputs of its source have passed goes.
	Done(ctx context.Context, passed ...Mark) error
	// Waiting returns, for each source and output with messages that it has not
	// passed, how many they are.
	Waiting(ctx context.Context) ([]Backlog, error)
	// Drop has the outbox hold at most max messages of each source: the oldest
	// go, and the outputs that had not passed them lose them. It returns how many
	// each lost.
	Drop(ctx context.Context, max int) ([]Backlog, error)
}

// A Mark says that an output has passed the messages of a source up to and
// including a number. It never takes back one before it.
type Mark struct {
	Output, Source string
	Seq            int64
}

// A Message is one entry of the outbox.
type Message struct {
	Seq   int64 // given by the ledger
	Topic Topic
	Body  []byte // JSON: of a tag as EVENTS.md has it, or what Topic says
}

// A Topic says what a message is about.
type Topic uint8

// The topics.
const (
	Tagged     Topic = 1 // Body is a tag that is new
	Suppressed Topic = 2 // Body is a Suppression
	Forwarded  Topic = 3 // Body is an event as EVENTS.md has it, that others are to judge
	Buried     Topic = 4 // Body is a Burial
)

// A Backlog is how many messages of a source an output has not passed, or has
// lost.
type Backlog struct {
	Output, Source string
	Messages       int64
}

// A DeadLetter is a line, or a message of a bus, that could not be processed.
type DeadLetter struct {
	ID     int64 // given by the store
	Source string
	Where  string // file and line, or the subject of a message
	Reason string
	Body   []byte    // as it came, cut to DeadLetterBody bytes by the store
	At     time.Time // given by the store
}

const (
	// DeadLetterBody bounds what is kept of a dead letter, in bytes.
	DeadLetterBody = 64 << 10
	// DeadLettersKept is how many are kept unless told otherwise: the newest.
	DeadLettersKept = 10_000
	// deadLetterText bounds where a dead letter came from, and why, in bytes.
	deadLetterText = 1 << 10
)

// Bounded returns d as it is stored, at the instant now.
func (d DeadLetter) Bounded(now time.Time) DeadLetter {
	d.Where, d.Reason = cut(d.Where, deadLetterText), cut(d.Reason, deadLetterText)
	d.Body, d.At = cut(d.Body, DeadLetterBody), Instant(now)
	return d
}

func cut[T string | []byte](s T, size int) T { return s[:min(len(s), size)] }

// DeadLetters is what was set aside, the newest of it: a store keeps a bounded
// number. It is safe for concurrent use.
type DeadLetters interface {
	// Each calls yield for the dead letters, the newest first, at most limit of
	// them (0 = all). An error of yield ends it and is returned.
	Each(ctx context.Context, limit int, yield func(*DeadLetter) error) error
	// Letter returns one, or fs.ErrNotExist.
	Letter(ctx context.Context, id int64) (DeadLetter, error)
	// Forget removes those with the given ids.
	Forget(ctx context.Context, ids ...int64) error
}

// A Retried is what became of a dead letter that was tried again.
type Retried struct {
	ID        int64  `json:"id"`
	Processed bool   `json:"processed"`
	Reason    string `json:"reason,omitempty"` // why it was not
	Tags      int64  `json:"tags"`             // new ones
}

// A Suppression says that a rule said more of one attacker than an operator
// wants to hear of in a minute. What it suppresses is stored and not published.
type Suppression struct {
	RuleID       string    `json:"rule_id"`
	AttackerUUID string    `json:"attacker_uuid,omitempty"`
	IdentityUUID string    `json:"identity_uuid,omitempty"`
	Minute       time.Time `json:"minute"` // its beginning, in UTC
	Limit        int       `json:"limit"`  // tags published in that minute
}

// A Burial tells of a dead letter. What was in it is not said: it may hold what
// the reader of messages should not see, and is kept by the store.
type Burial struct {
	Source string `json:"source"`
	Where  string `json:"where"`
	Reason string `json:"reason"`
	Bytes  int    `json:"bytes"`  // of what is kept of it
	SHA256 string `json:"sha256"` // of that, in hex
}
