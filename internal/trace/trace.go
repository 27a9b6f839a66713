// Package trace sends spans of what ttpctl does to an OpenTelemetry collector.
//
// The model: a [Tracer] makes spans, a [Span] is a value that its owner ends, and
// what has ended is sent in batches as OTLP over HTTP, in JSON. A nil Tracer is
// off: its spans do nothing, and cost one branch and no allocation.
//
// Invariants:
//   - Attributes are ids, of the keys that are named here, and nothing that is no
//     id gets through: no payload, no command, no evidence.
//   - A collector that is slow or gone holds nobody up: spans that find no room
//     are dropped and counted.
//
// OTLP in JSON is little enough to write here. The SDK of OpenTelemetry with its
// exporter would make the program 6 MB larger, a fifth.
//
// For example:
//
//	t := trace.New(trace.Config{Endpoint: "http://localhost:4318/v1/traces"})
//	defer t.Close(ctx)
//	span := t.Start(trace.Eval)
//	fire := span.Child(trace.Fire)
//	fire.Set(trace.RuleID, "R0012")
//	fire.End()
//	span.End()
package trace

import (
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// A Name is what a span is called.
type Name string

// The spans.
const (
	Eval        Name = "ttp.eval"
	Lifter      Name = "ttp.lifter." // and the owner of the rule
	Fire        Name = "ttp.rule.fire"
	StateChange Name = "ttp.rule.state.change"
	WriteState  Name = "ttp.store.write_state"
	Publish     Name = "ttp.rule.publish"
	Ingest      Name = "ttp.rule.ingest"
	Validate    Name = "ttp.rule.validate" // parsed and checked
)

// A Key is an attribute.
type Key string

// The attributes, all of them ids.
const (
	RuleID      Key = "rule_id"
	TechniqueID Key = "technique_id"
	SourceKind  Key = "source_kind"
)

// A Tracer makes spans. nil = none. It is safe for concurrent use.
type Tracer struct {
	cfg     Config
	ended   chan Span
	dropped atomic.Int64
	stop    chan struct{}
	done    chan struct{}
}

// maxAttributes bounds those of one span.
const maxAttributes = 2

type attribute struct {
	key   Key
	value string
}

// A Span is a piece of work. The zero Span does nothing. It belongs to one
// goroutine.
type Span struct {
	tracer     *Tracer
	trace      [2]uint64
	id, parent uint64
	name       Name
	begin, end time.Time
	attributes [maxAttributes]attribute
}

// Start begins a span of its own trace.
func (t *Tracer) Start(name Name) Span {
	if t == nil || t.cfg.Ratio < 1 && rand.Float64() >= t.cfg.Ratio {
		return Span{}
	}
	return Span{tracer: t, trace: [2]uint64{rand.Uint64(), rand.Uint64()}, id: rand.Uint64() | 1, name: name, begin: t.cfg.Now()}
}

// On reports whether anything comes of s: what is only for attributes need not be
// made otherwise.
func (s *Span) On() bool { return s.tracer != nil }

// Child begins a part of s.
func (s *Span) Child(name Name) Span {
	if s.tracer == nil {
		return Span{}
	}
	return Span{tracer: s.tracer, trace: s.trace, id: rand.Uint64() | 1, parent: s.id, name: name, begin: s.tracer.cfg.Now()}
}

// Set says an id. What has not the form of one is left out.
func (s *Span) Set(key Key, id string) {
	if s.tracer == nil || !isID(id) {
		return
	}
	for i := range s.attributes {
		if a := &s.attributes[i]; a.key == "" || a.key == key {
			*a = attribute{key, id}
			return
		}
	}
}

// maxID bounds an id, in bytes.
const maxID = 64

// isID reports whether text has the form of an id of a rule, a technique or a
// kind.
func isID(text string) bool {
	if text == "" || len(text) > maxID {
		return false
	}
	for _, c := range []byte(text) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '.' && c != '-' {
			return false
		}
	}
	return true
}

// End has s sent, unless there is no room.
func (s *Span) End() {
	if s.tracer == nil {
		return
	}
	s.end = s.tracer.cfg.Now()
	select {
	case s.tracer.ended <- *s:
	default:
		s.tracer.dropped.Add(1)
	}
}

// Dropped returns how many spans were not sent.
func (t *Tracer) Dropped() int64 { return t.dropped.Load() }
