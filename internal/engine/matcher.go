package engine

import (
	"slices"

	"ttpctl/internal/event"
	"ttpctl/internal/secrets"
)

// A Builder makes the matcher of one match.kind from its parameters. It
// reports what is wrong with them as diagnostics; with an error among them
// the matcher is not used.
type Builder func(params Params) (Matcher, Diagnostics)

// A Matcher decides whether a rule fires on an event, and notes why in h. It
// is pure (no clock, file or log) and safe for concurrent use; it neither
// keeps nor changes the event. It is called for events of the rule's
// applies_to only.
type Matcher interface {
	Match(ev *event.Event, h *Hit) bool
}

// A Reader is a Matcher that knows which fields it reads; only those need be
// decoded. Two events that have the same in them, and both an identity or both
// none, are the same to it. A matcher that is no Reader reads every field of the
// kind.
type Reader interface {
	Reads(k event.Kind) []event.FieldID
}

// A Decider is a Reader that reads some fields only to show them: those on which
// it depends whether it matches are fewer.
type Decider interface {
	Decides(k event.Kind) []event.FieldID
}

// A Demander is a Matcher that matches no event of kind k that has none of the fields,
// and need not be asked about one; nil = nothing is said.
type Demander interface {
	Demands(k event.Kind) []event.FieldID
}

// An Explainer is a Matcher that names the evidence keys its hits may carry
// besides the payload fields that the field table allows (LIFTERS.md).
type Explainer interface {
	EvidenceKeys() []string
}

// A Withholder is a Matcher that keeps payload fields out of the evidence
// which the field table would allow.
type Withholder interface {
	Withholds(k event.Kind, field string) bool
}

// A Hit is what a matcher reports of a match. The engine resets it for each
// call; a matcher that does not match may leave anything in it.
type Hit struct {
	// DropAttacker makes the tags carry a null attacker_uuid: the finding
	// belongs to the identity.
	DropAttacker bool

	scale      []float64 // per emit; negative = not selected
	extras     []extra
	perEmit    []emitExtra
	span       matchSpan
	hasSpan    bool
	inner      *Scratch        // for commands within the event
	lines      lineFinder      // of a session
	techniques []techniqueSeen // what the session's events were tagged with
	line       *analysis       // what the event's commands do; nil = it has none, or no rule asks
}

type extra struct {
	key   string
	value event.Value
}

// An emitExtra is an extra of one emit's tag only.
type emitExtra struct {
	emit int
	extra
}

// A matchSpan is where a pattern matched: which text, under which header
// name, which bytes of it.
type matchSpan struct {
	field      event.FieldID
	name       string
	text       string
	start, end int
	steps      []place // of a sequence
	whole      bool    // a whole simple command, which needs no context
}

func (h *Hit) reset(emits int) {
	clear(h.extras)
	clear(h.perEmit)
	h.perEmit = h.perEmit[:0]
	h.DropAttacker, h.extras, h.hasSpan = false, h.extras[:0], false
	h.scale = slices.Grow(h.scale[:0], emits)[:emits]
	for i := range h.scale {
		h.scale[i] = 1
	}
}

// like returns a Hit for another look at the same event.
func (h *Hit) like() *Hit { return &Hit{line: h.line, techniques: h.techniques} }

// SelectNone deselects every emit; Select brings single ones back.
func (h *Hit) SelectNone() {
	for i := range h.scale {
		h.scale[i] = -1
	}
}

// Select selects emit i, its confidence multiplied by scale, which must be
// finite. The larger of two scales for one emit stands.
func (h *Hit) Select(i int, scale float64) {
	h.scale[i] = max(h.scale[i], scale, 0)
}

// Scale multiplies the confidence of every selected emit by f, in [0, 1].
func (h *Hit) Scale(f float64) {
	for i := range h.scale {
		if h.scale[i] >= 0 {
			h.scale[i] *= f
		}
	}
}

// Extra adds evidence under key, which must be one of the matcher's
// EvidenceKeys or a field that may be evidence; others are dropped.
func (h *Hit) Extra(key string, v event.Value) {
	h.extras = append(h.extras, extra{key, v})
}

// Input adds which input of a request fired, and its text: parameter and
// matched. The text of one whose name says that it is a secret stays out.
func (h *Hit) Input(name, text string) {
	if secrets.Input(name) {
		text = secrets.Hidden
	}
	h.Extra("parameter", event.StringValue(event.CutText(name, maxMatched)))
	h.Extra("matched", event.StringValue(event.CutText(text, maxMatched)))
}

// EmitExtra is Extra for the tag of emit i alone: what selected just that one.
func (h *Hit) EmitExtra(i int, key string, v event.Value) {
	h.perEmit = append(h.perEmit, emitExtra{i, extra{key, v}})
}

// note records the first positive block that held.
func (h *Hit) note(field event.FieldID, name, text string, start, end int) {
	if !h.hasSpan {
		h.span, h.hasSpan = matchSpan{field: field, name: name, text: text, start: start, end: end}, true
	}
}

// noteSteps is note for the steps of a sequence.
func (h *Hit) noteSteps(chain []place) {
	h.noteCommand(chain[len(chain)-1].text)
	h.span.steps = chain
}

// noteCommand is note for a simple command that a command or effect block
// held on. What stands in a parameter for a password may be one.
func (h *Hit) noteCommand(text string) {
	if h.line != nil && h.line.secret {
		text = secrets.Hidden
	}
	if !h.hasSpan {
		h.span, h.hasSpan = matchSpan{field: simpleCommand, text: text, end: len(text), whole: true}, true
	}
}
