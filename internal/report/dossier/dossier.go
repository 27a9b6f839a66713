package dossier

import (
	"time"

	"ttpctl/internal/corpus"
	"ttpctl/internal/report"
	"ttpctl/internal/report/sessions"
)

// A Dossier is the whole of a report. Its texts are an attacker's, masked and not
// escaped.
type Dossier struct {
	First, Last time.Time // zero = no tag had a time
	Tags        int
	Attackers   []Attacker // those with tags, the most telling first; bounded
	Counts      Counts
	Tactics     []Tactic // in matrix order, those that were seen
	Timeline    Timeline
	Sessions    []Session // the most telling first; bounded
	Indicators  []Indicator
	Campaigns   []Campaign
	// Of command lines that no rule tagged.
	Commands int // lines, tagged or not
	Untagged []corpus.UntaggedShape
	Missed   int // lines without a tag
	Shapes   int // all of them
	FromLogs bool
	// Limits say what was left out for want of room.
	Limits []string
}

// Counts are how many there are of what a dossier lists.
type Counts struct {
	Attackers, Sessions   report.Count // with tags
	SessionsSeen          report.Count // with tags or without, of logs
	Techniques, Rules     int
	Indicators, Campaigns int
	SessionsShown         int
	SessionsLike          int // sessions that went as one that is shown
	Downloads, LoggedIn   int
}

// A Tactic is a column of the matrix, and what was seen of it.
type Tactic struct {
	ID, Name   string
	Techniques []Technique // most sessions first
	Sessions   int         // the most of a technique
	Unseen     []string    // names of techniques of honeypots' platforms that were not seen
}

// A Technique is a cell of the matrix.
type Technique struct {
	ID, Name    string // the most specific id; the name in full
	Tactic      string
	URL         string
	Tags        int
	Sessions    report.Count
	Attackers   report.Count
	First, Last time.Time
	Rules       []Rule // most tags first
}

// A Rule is what one rule said of a technique.
type Rule struct {
	ID              string
	Tags            int
	Lowest, Highest float64 // confidence
	Example         string
}

// A Timeline counts tags by time and tactic.
type Timeline struct {
	Start   time.Time
	Step    time.Duration
	Buckets int
	Rows    []TimelineRow // in the order of the tactics
	Most    int           // tags of all tactics in one bucket
	Totals  []int
	Peak    int // of a row
}

// A TimelineRow is one tactic's share.
type TimelineRow struct {
	Tactic, Name string
	Tags         []int // by bucket
}

// An Attacker is who an address, or an identity, stands for.
type Attacker struct {
	Name        string // the address, else the uuid
	Country     string // "" = no table was given, or it does not say
	Sessions    int
	Tags        int
	Techniques  []string // sorted
	First, Last time.Time
}

// A Session is one that is shown whole, and how many others went the same way.
type Session struct {
	*sessions.Session
	Number   int // from 1
	Attacker string
	Like     int // others with the same lines
	Evidence bool
}

// An Indicator is something to look for elsewhere.
type Indicator struct {
	Kind        string // url, host, file, key
	Value       string
	Note        string // the file's name
	Sessions    int
	Attackers   int
	First, Last time.Time
}

// A Campaign is attackers who share what is unlikely to be shared by chance.
type Campaign struct {
	Number      int
	Attackers   []string // some of them
	Count       int      // all of them
	Sessions    int
	Shared      []Indicator // most attackers first
	More        int         // that is shared besides
	First, Last time.Time
}
