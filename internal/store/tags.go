package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/netip"
	"time"

	"ttpctl/internal/event"
)

// Tags is a repository of tags. It is safe for concurrent use.
type Tags interface {
	// Insert stores tags, all or none. Thousands in a call are several times
	// faster than one by one.
	Insert(ctx context.Context, tags []event.Tag) (Inserted, error)
	// Techniques returns the distinct techniques of the tags that f chooses, in
	// the order of their ids.
	Techniques(ctx context.Context, f Filter) ([]TechniqueCount, error)
	// Subjects returns the subjects of a dimension among the tags that f
	// chooses, in the order of their ids. Identities are those that tags are
	// anchored to.
	Subjects(ctx context.Context, by Dimension, f Filter) ([]Subject, error)
	// Each calls yield for the tags that f chooses, those stored last first, at
	// most limit of them (0 = all). An error of yield ends it and is returned.
	Each(ctx context.Context, f Filter, limit int, yield func(*StoredTag) error) error
	// EachCounted is Each without a limit, for who counts tags: they are without
	// their uuid and their link, and when they were stored is not said. The tag and
	// its evidence are valid during the call only.
	EachCounted(ctx context.Context, f Filter, yield func(*event.Tag) error) error
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
	ByTechnique Dimension = iota
	ByAttacker
	BySession
	ByRule
	ByIdentity
	ByCampaign
	Dimensions // how many there are
)

// A Filter chooses tags: those that all of its members allow. The zero Filter
// chooses all tags.
//
// A rule that changed may have tagged one event under several versions, as a
// replay does. Only what the highest of them said is chosen.
type Filter struct {
	event.Filter // Since and Until by when a tag's event was observed, else by when it was stored

	Attackers   []Attacker
	Sessions    []string
	Identity    string // and its attackers
	Campaign    string // its identities, and their attackers
	AllVersions bool   // of a rule that changed
	Before      int64  // those stored before the one of this StoredTag.Seq; 0 = all
}

// Narrow narrows f down to the subject called id of a dimension, and reports
// whether f chose such subjects before.
func (f *Filter) Narrow(by Dimension, id string) (twice bool) {
	switch by {
	case ByAttacker:
		twice, f.Attackers = f.Attackers != nil, []Attacker{AttackerOf(id)}
	case ByTechnique:
		twice, f.Techniques = f.Techniques != nil, []string{id}
	case BySession:
		twice, f.Sessions = f.Sessions != nil, []string{id}
	case ByRule:
		twice, f.Rules = f.Rules != nil, []string{id}
	case ByIdentity:
		f.Identity = id
	case ByCampaign:
		f.Campaign = id
	}
	return twice
}

// An Attacker is a uuid, or an address and the uuid that is derived from it.
type Attacker struct{ UUID, Address string }

// AttackerOf returns the attacker that id, a uuid or an address, names.
func AttackerOf(id string) Attacker {
	ip, err := netip.ParseAddr(id)
	if err != nil {
		return Attacker{UUID: id}
	}
	return Attacker{UUID: event.AttackerUUID(ip).String(), Address: ip.Unmap().WithZone("").String()}
}

// A TechniqueCount is one technique in one tactic, among the tags of a filter.
type TechniqueCount struct {
	Tactic, Technique, SubTechnique string // SubTechnique "" = none
	Hits                            int    // once for each session and rule, and each tag of no session
	Tags, Rules                     int
	Confidence                      float64   // the highest
	First, Last                     time.Time // when observed, else when stored
}

// MostSpecific returns the ids of counted techniques, of the sub-technique where there
// is one.
func MostSpecific(counts []TechniqueCount) []string {
	ids := make([]string, len(counts))
	for i, n := range counts {
		ids[i] = cmp.Or(n.SubTechnique, n.Technique)
	}
	return ids
}

// A Subject is one attacker, identity, session, campaign, rule or technique
// that has tags.
type Subject struct {
	ID               string
	Address          string // of an attacker, "" = none was stored; the last in order of several
	Hits             int    // once for each session, rule and technique, and each tag of no session
	Tags, Techniques int
	First, Last      time.Time // when observed, else when stored
}

// A StoredTag is a tag as it is in the database.
type StoredTag struct {
	event.Tag
	CreatedAt time.Time
	Seq       int64 // counts up in the order in which tags were stored, from 1, with gaps
}

// A CampaignLink says that an identity belongs to a campaign.
type CampaignLink struct{ Campaign, Identity string }
