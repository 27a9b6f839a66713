package engine

import (
	"crypto/sha256"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine/dfa"
	"ttpctl/internal/engine/program"
	"ttpctl/internal/event"
)

// An Emit is one technique that a rule tags an event with.
type Emit struct {
	Tactic       string // TAxxxx
	Technique    string // the parent's id
	SubTechnique string // the full id, "" = none
	Confidence   float64
	Release      string // attack_release of the tag: enterprise-v19.1
	URL          string // page of the sub-technique, else the technique
}

// A Change is what a version of a rule changed of its meaning, and why.
type Change struct {
	Version   int
	What, Why string
}

// A Rule is a compiled rule: checked, its matcher built. It is immutable and
// shared.
type Rule struct {
	ID             string
	Version        int
	Name           string
	Description    string
	AppliesTo      []event.Kind
	Emits          []Emit
	EvidenceFields []string
	FalsePositives []string
	Changes        []Change // by version
	Lifter         string   // match.kind, "" = the pattern engine owns the rule
	Source         Source
	Hash           [sha256.Size]byte

	facts
	likeness likeness
	demands  demands // unless it was outlined
	matcher  Matcher // nil = it is built late
	late     *late
	evidence [event.NumKinds]*evidencePlan
	checked  *checked // what Compile found, for its next run
}

// Config is what Compile checks rules against.
type Config struct {
	Catalogue *attack.Catalogue  // never nil
	Builders  map[string]Builder // by match.kind: lifters.Builders()
	// Programs is the table by which command lines are read; nil = that of
	// Previous, else the program's own.
	Programs *program.Table
	// Pack demands what is asked of the shipped pack: three examples each.
	Pack bool
	// Quick leaves out what costs most and only warns, or finds examples that the
	// rule has come to disagree with: examples are not tried, and patterns of match
	// blocks not priced. It is for rules that were checked, as the embedded pack was,
	// and for those who measure rules.
	Quick bool
	// Today is the date, YYYY-MM-DD, that next_review is compared with; "" =
	// not compared. The engine reads no clock.
	Today string
	// Outlines are of rules that were checked against the same Catalogue, Builders
	// and Programs; nil = none. Their matchers are built when an event asks for
	// them, and their examples are not tried.
	Outlines *Outlines
	// Previous is a ruleset whose rules are reused where the bytes are equal.
	Previous *Ruleset

	machines *dfa.Budget // of the patterns that are compiled together
	places   *knownPlaces
}
