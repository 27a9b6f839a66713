package store

import (
	"context"
	"time"

	"ttpctl/internal/engine"
)

// Definitions are a RuleSource that can be written: the rules in a database.
type Definitions interface {
	RuleSource
	// All returns the definitions in id order.
	All(ctx context.Context) ([]StoredRule, error)
	// Write stores puts and removes the rules called deletes, all or none,
	// each a change of its own. A rule that is stored as it is already is no
	// change. It returns how many changes there were.
	Write(ctx context.Context, puts []StoredRule, deletes []string) (changed int, err error)
}

// A StoredRule is a definition in the database.
type StoredRule struct {
	ID        string
	Version   int
	Path      string // of the file it came from
	Content   []byte
	UpdatedAt time.Time // set by Write
	UpdatedBy string
}

// Source returns the rule as rule sources hand it out. Its name is made of
// the id, so that the same rule is the same file wherever it came from.
func (r StoredRule) Source() engine.Source {
	return engine.Source{Name: SourceName(r.ID), Data: r.Content}
}

// SourceName returns how the source of a StoredRule is called.
func SourceName(ruleID string) string { return ruleID + ".yaml" }
