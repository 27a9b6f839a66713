package engine

import (
	"bytes"
	"crypto/sha256"
)

// A Source is one rule file: a name to report it by, whose stem is the
// rule_id, and its bytes, which Text returns.
//
// Sources lie in layers: of two layers that have a rule, the one of the higher
// layer replaces the other.
type Source struct {
	Name    string // no two sources of a ruleset share it, unless they are one file
	Data    []byte // nil of a file that is shipped
	Layer   int    // from 0, the lowest
	Shipped *Shipped
}

// A Shipped is a file that need not be read for its hash to be known: see
// [Outlines.Sources].
type Shipped struct {
	hash [sha256.Size]byte
	text func() []byte
}

// Text returns the file's bytes.
func (s Source) Text() []byte {
	if s.Shipped != nil {
		return s.Shipped.text()
	}
	return s.Data
}

// Hash returns the SHA-256 of the file's bytes.
func (s Source) Hash() [sha256.Size]byte {
	if s.Shipped != nil {
		return s.Shipped.hash
	}
	return sha256.Sum256(s.Data)
}

// SameText reports whether two files have the same bytes.
func (s Source) SameText(other Source) bool {
	if s.Shipped != nil && other.Shipped != nil {
		return s.Shipped.hash == other.Shipped.hash
	}
	return bytes.Equal(s.Text(), other.Text())
}

// At is a value and where it stands.
type At[T any] struct {
	V    T
	Span Span
}

// A NodeKind is the shape of a Node.
type NodeKind uint8

// The shapes of nodes.
const (
	Scalar NodeKind = iota
	Sequence
	Mapping
)

// A Node is one YAML value with its position, aliases resolved.
type Node struct {
	Kind  NodeKind
	Tag   string  // of a scalar: !!str, !!int, !!float, !!bool, !!null
	Value string  // of a scalar
	Keys  []*Node // of a mapping, beside Items
	Items []*Node // elements, or a mapping's values
	Span  Span

	// What valueAt needs to find the bytes of a scalar's Value in the file.
	style scalarStyle
	at    Pos    // of the value's first character, inside the quotes
	raw   string // between the quotes; quoted styles only

	budget *patternBudget // of the file; scalars only
}

// A ParsedRule is a rule file that was read but not checked: its values, and
// where each stands. A field that is absent or of the wrong type has a zero
// Span; the diagnostics of Parse say so.
type ParsedRule struct {
	Source Source
	Hash   [sha256.Size]byte

	ID             At[string]
	Version        At[int]
	Name           At[string]
	Description    At[string]
	AttackRelease  At[string]
	LastReviewed   At[string] // YYYY-MM-DD
	NextReview     At[string] // YYYY-MM-DD
	AppliesTo      []At[string]
	Match          *Node // a mapping
	Emits          []ParsedEmit
	EvidenceFields []At[string]
	MatchExamples  []*Node
	OtherExamples  []*Node // no_match
	FalsePositives []At[string]
	Changes        []ParsedChange

	span     Span // the document
	budget   *patternBudget
	suppress []suppression
}

// A ParsedEmit is one entry of emits.
type ParsedEmit struct {
	Tactic, Technique, SubTechnique At[string]
	Confidence                      At[float64]
	Span                            Span
}

// A ParsedChange is one entry of changes.
type ParsedChange struct {
	Version   At[int]
	What, Why At[string]
}

// A suppression is a `# ttpctl:ignore CODE reason` comment.
type suppression struct {
	code   Code
	reason string
	span   Span
}
