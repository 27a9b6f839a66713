package aggregate

import (
	"ttpctl/internal/event"
	"ttpctl/internal/state"
)

// A Config is what a Set needs to know besides the observations.
type Config struct {
	// HashKey is the key of password hashes; nil = DefaultHashKey.
	HashKey []byte
	// Honeytokens are planted pairs of user name and password.
	Honeytokens [][2]string
	// Pairs are those of this Config, which the Sets of a goroutine may share;
	// nil = the Set has its own.
	Pairs *Pairs
}

// DefaultHashKey is the key under which runs repeat byte for byte. Whoever
// must not let hashes be guessed at passes a secret one.
const DefaultHashKey = "ttpctl:credential-hash:v1"

// Emit returns an empty event for the Set to fill, which is good until the
// next call.
type Emit func() *event.Event

// A Set is all aggregates of one run. It belongs to one goroutine.
type Set struct {
	pairs  *Pairs
	hash   *hasher
	fields fieldIDs

	seen        *state.Table[digest, struct{}]
	guesses     *state.Table[guessKey, guessing]
	sprayings   *state.Table[string, spraying] // by attacker
	credentials *state.Table[digest, credential]
	rhythms     *state.Table[placeKey, rhythm]
	visits      *state.Table[placeKey, visit]

	lanes   *state.Table[string, *lane] // by sensor
	closing []due                       // by Flush or Silent, for Drain
	byClock bool                        // that was Silent
	cut     *state.Table[digest, span]

	keeper        state.Keeper
	room          attempt // for one
	evicted, late int
	prunes        int // of lanes, so far
	looks         int // at what may be over, so far
}

// A placeKey is an attacker at a sensor.
type placeKey struct{ sensor, attacker string }

// limits are the weights that tables may have: seen in entries of some 100
// bytes, the others in bytes, roughly.
type limits struct{ seen, guesses, sprayings, credentials, rhythms, visits int }

// defaultLimits stay below 80 MB together.
func defaultLimits() limits {
	const mib = 1 << 20
	return limits{seen: 128 << 10, guesses: 24 * mib, sprayings: 12 * mib, credentials: 10 * mib, rhythms: 8 * mib, visits: 8 * mib}
}

// New returns a Set that has seen nothing.
func New(cfg Config) *Set { return newSet(cfg, defaultLimits()) }

func newSet(cfg Config, l limits) *Set {
	if cfg.Pairs == nil {
		cfg.Pairs = NewPairs(cfg)
	}
	s := &Set{
		pairs: cfg.Pairs, hash: cfg.Pairs.hash, fields: lookupFields(),
		seen:        state.NewTable[digest, struct{}](l.seen),
		guesses:     state.NewTable[guessKey, guessing](l.guesses),
		sprayings:   state.NewTable[string, spraying](l.sprayings),
		credentials: state.NewTable[digest, credential](l.credentials),
		rhythms:     state.NewTable[placeKey, rhythm](l.rhythms),
		visits:      state.NewTable[placeKey, visit](l.visits),
		lanes:       state.NewTable[string, *lane](maxSensors),
		cut:         state.NewTable[digest, span](maxCut),
	}
	return s
}

// Keep returns text, which may be a piece of a batch, as a string that may be
// kept. The Set and those that feed it share what comes again and again.
func (s *Set) Keep(text string) string { return s.keeper.Keep(text) }

// Evicted returns how many aggregates were closed early to make room so far.
func (s *Set) Evicted() int { return s.evicted }

// An origin is what all events of an aggregate share.
type origin struct {
	kind     event.Kind
	sensor   string
	attacker string // uuid
	ip       string
	at       instant
	ts       string
}

// event emits an event of o.
func (o *origin) event(emit Emit, id string) *event.Event {
	ev := emit()
	ev.SetKind(o.kind.String())
	ev.SourceID = id
	ev.AttackerUUID, ev.AttackerIP = o.attacker, o.ip
	if o.sensor != "" {
		ev.DeckyID = event.Some(o.sensor)
	}
	ev.TS, ev.Time = o.ts, o.at.time()
	return ev
}

// fieldIDs are the payload fields that aggregates fill.
type fieldIDs struct {
	username, service, failCount, passwordCount, window event.FieldID
	sharedHash, accounts                                event.FieldID
	credentialHash, reuses                              event.FieldID
	interval, jitter, requests, bytesSent, notFound     event.FieldID
}

func lookupFields() fieldIDs {
	auth, session := event.KindAuthAttempt, event.KindSession
	return fieldIDs{
		username: field(auth, "username"), service: field(auth, "service"), failCount: field(auth, "fail_count"),
		passwordCount: field(auth, "password_count"), window: field(auth, "window_s"),
		sharedHash: field(event.KindIdentity, "shared_password_hash"), accounts: field(event.KindIdentity, "account_count"),
		credentialHash: field(event.KindCredential, "credential_hash"), reuses: field(event.KindCredential, "reuse_count"),
		interval: field(session, "beacon_interval_s"), jitter: field(session, "beacon_jitter_pct"),
		requests: field(session, "http_requests"), bytesSent: field(session, "http_bytes_sent"),
		notFound: field(session, "http_not_found"),
	}
}

func field(k event.Kind, name string) event.FieldID {
	id, ok := event.LookupField(k, name)
	if !ok {
		panic("aggregate: the field table lacks " + k.String() + " " + name)
	}
	return id
}
