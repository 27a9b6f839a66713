package store

import (
	"cmp"
	"context"
	"regexp"

	"ttpctl/internal/engine"
)

// A RuleSource holds rule definitions. It is safe for concurrent use.
type RuleSource interface {
	// Watch returns the rule files in force, in name order, and the
	// subscription to every change after them. ctx bounds the call only.
	Watch(ctx context.Context) ([]engine.Source, *Subscription[RuleChange], error)
}

// An Op is what happened to a rule file.
type Op uint8

// The operations.
const (
	Put    Op = iota // the file is new, or its bytes changed
	Delete           // the file is gone
)

// String returns the operation as ttp_change spells it.
func (op Op) String() string {
	if op == Delete {
		return "delete"
	}
	return "put"
}

// A RuleChange is one change of one rule file. Source.Name is the file's
// identity within its RuleSource, the one that Watch gave it: its path for a
// directory and an embedded pack, `<rule_id>.yaml` for a database. Data is nil
// after a Delete.
//
// Two files that claim one rule_id are two identities here; which of them is
// in force is decided where files are parsed: the first in name order.
type RuleChange struct {
	Op     Op
	Source engine.Source
	// Rev is the number of the change in a database, the same in all processes;
	// 0 = the source does not number its changes.
	Rev int64
}

// A Notice is a failure after which a store goes on, and of which an operator
// should know. Each is told once, and once more, with a nil Err, when it is over.
type Notice struct {
	Subject string // the file, directory or database
	Err     error
}

var ruleFileName = regexp.MustCompile(`^[A-Za-z0-9_]+\.ya?ml$`)

// IsRuleFile reports whether a listing's entry name is taken for a rule file.
func IsRuleFile(name string) bool { return ruleFileName.MatchString(name) }

// ByName orders sources by their names.
func ByName(a, b engine.Source) int { return cmp.Compare(a.Name, b.Name) }

// An Embedded is a RuleSource over files that never change, such as the pack in the
// binary.
type Embedded struct {
	sources []engine.Source
	hub     Hub[RuleChange]
}

// NewEmbedded returns a source of files that are in name order.
func NewEmbedded(sources []engine.Source) *Embedded { return &Embedded{sources: sources} }

// Sources returns the rule files in name order.
func (e *Embedded) Sources() []engine.Source { return append([]engine.Source(nil), e.sources...) }

// Watch implements RuleSource; nothing is ever published.
func (e *Embedded) Watch(ctx context.Context) ([]engine.Source, *Subscription[RuleChange], error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	sub, err := e.hub.Subscribe(nil)
	if err != nil {
		return nil, nil, err
	}
	return e.Sources(), sub, nil
}

// Close ends the subscriptions.
func (e *Embedded) Close() error {
	e.hub.Close()
	return nil
}
