// Package attack is the MITRE ATT&CK catalogue that the product carries: which
// techniques, tactics and groups exist, under which tactics a technique stands,
// whether it is still in use, and what replaced it.
//
// The facts live in catalogue.txt, one record a line, which gen writes from the
// ATT&CK tables and the linker embeds. Records are sorted by id and then by domain
// (enterprise, mobile, ICS), so one binary search answers both questions callers
// have: Technique (this id in this domain) and Find (this id, enterprise first).
// Every string of a [Catalogue] is a slice of the embedded text or of one shared
// buffer, which is what keeps loading to a handful of allocations. What follows
// from an id is not stored: its parent, its page.
//
// Invariant: after parsing nothing in a Catalogue changes. Techniques are handed
// out by value; their slices are shared and read-only.
//
//	t, ok := attack.Load().Find("T1070.002")
//	// t.Status == attack.Revoked, t.Successor == "T1685.006"
package attack

//go:generate go run ./gen -data ../../../shared/data/attack -out .

// Domain is one of the matrices of ATT&CK, by the name that ATT&CK's own files use.
type Domain string

// The domains.
const (
	Enterprise Domain = "enterprise-attack"
	Mobile     Domain = "mobile-attack"
	ICS        Domain = "ics-attack"
)

// Domains lists the domains in the order in which [Catalogue.Find] prefers them.
func Domains() []Domain { return []Domain{Enterprise, Mobile, ICS} }

// rank orders domains as Domains does; a name that is no domain comes last.
func (d Domain) rank() int {
	switch d {
	case Enterprise:
		return 0
	case Mobile:
		return 1
	case ICS:
		return 2
	}
	return 3
}

// Status says whether ATT&CK still uses an object.
type Status string

// The statuses. Revoked objects were replaced by another, deprecated ones were
// dropped; ATT&CK has a revoked technique (T1454) that names no replacement.
const (
	Active     Status = "active"
	Revoked    Status = "revoked"
	Deprecated Status = "deprecated"
)

// Technique is a technique or sub-technique. Its slices are shared between all
// callers and must not be written to.
type Technique struct {
	ID      string // T1110, T1110.001
	Name    string // a sub-technique's own name, without its parent's
	Domain  Domain
	Tactics []string // tactic ids in matrix order; empty for some revoked techniques
	Parent  string   // T1110 of T1110.001; empty for a technique
	Sub     bool
	Status  Status
	// RevokedBy is the id that ATT&CK names as the replacement. It may itself be
	// revoked or deprecated.
	RevokedBy string
	// Successor is the active technique at the end of the RevokedBy chain; empty
	// when the technique is not revoked or when the chain ends in no active one.
	Successor string
	URL       string
	Platforms Platforms // of the enterprise domain; none for others, and for techniques out of use
	Groups    []string  // sorted ids of the groups that ATT&CK reports to use it
	// STIX is the UUID of MITRE's own attack-pattern; empty where it is not known, and
	// for techniques out of use or of other domains than enterprise.
	STIX string
}

// Tactic is a column of a domain's matrix.
type Tactic struct {
	ID        string // TA0005
	Name      string
	Shortname string // stealth: what Navigator layers call the tactic
	Domain    Domain
	Order     int // place in the matrix from 1; 0 for a deprecated tactic
	Status    Status
}

// Group is a threat group.
type Group struct {
	ID     string // G0016
	Name   string
	Status Status
}
