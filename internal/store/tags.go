package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"ttpctl/internal/event"
)

// Tags is a repository of tags. It is safe for concurrent use.
type Tags interface {
	// Insert stores tags, all or none. Thousands in a call are several times
	// faster than one by one.
	Insert(ctx context.Context, tags []event.Tag) (Inserted, error)
	// Techniques returns the distinct techniques of scope, in the order of
	// their ids.
	Techniques(ctx context.Context, scope Scope) ([]TechniqueCount, error)
	// Subjects returns the subjects of a dimension in the order of their ids.
	// Identities are those that tags are anchored to.
	Subjects(ctx context.Context, by Dimension) ([]Subject, error)
	// Details returns the tags of scope, those stored last first.
	Details(ctx context.Context, scope Scope, page Page) ([]StoredTag, error)
}

// Inserted is what became of the tags of one Insert.
type Inserted struct {
	New        []int // indexes of the tags that were not stored before, ascending
	Duplicates int   // stored before, by their uuid; left as they are
	BelowFloor int   // confidence below event.Floor, dropped
}

// CheckTag refuses a tag that no repository may hold.
func CheckTag(t *event.Tag) error {
	if t.AttackerUUID == "" && t.IdentityUUID == "" {
		return fmt.Errorf("tag %v has neither attacker_uuid nor identity_uuid: it must have one of them", t.UUID)
	}
	if math.IsNaN(t.Confidence) || t.Confidence < 0 || t.Confidence > 1 {
		return fmt.Errorf("tag %v has confidence %v, outside [0, 1]", t.UUID, t.Confidence)
	}
	return nil
}

// A Dimension is what tags can be rolled up by.
type Dimension uint8

// The dimensions. By identity, the tags anchored to the identity count and
// those of its attackers; by campaign, those of its identities.
const (
	AllTags Dimension = iota
	ByTechnique
	ByAttacker
	BySession
	ByRule
	ByIdentity
	ByCampaign
)

// A Scope chooses tags: those of one subject of a dimension. The zero Scope is
// all tags. The ID of a technique may be that of a sub-technique.
type Scope struct {
	By Dimension
	ID string
}

// A TechniqueCount is one technique in one tactic, among the tags of a scope.
type TechniqueCount struct {
	Tactic, Technique, SubTechnique string // SubTechnique "" = none
	Tags, Rules                     int
	Confidence                      float64   // the highest
	First, Last                     time.Time // when observed, else when stored
}

// A Subject is one attacker, identity, session, campaign, rule or technique
// that has tags.
type Subject struct {
	ID               string
	Tags, Techniques int
	First, Last      time.Time // when observed, else when stored
}

// A StoredTag is a tag as it is in the database.
type StoredTag struct {
	event.Tag
	CreatedAt time.Time
	Row       int64
}

// A Page is a part of a list. The zero Page is the whole.
type Page struct {
	Limit int        // 0 = no limit
	After *StoredTag // the last tag of the page before, nil = the first page
}

// A CampaignLink says that an identity belongs to a campaign.
type CampaignLink struct{ Campaign, Identity string }
