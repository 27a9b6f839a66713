package corpus

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"ttpctl/internal/event"
)

// A cohort is a set of rules whose labels live in one corpus: a row of the
// cohort speaks of all of them unless it says otherwise.
type cohort struct {
	name   string
	ranges [][2]string // first and last rule id
	kinds  []event.Kind
}

// seedPrefix begins the names of the cohorts that have a seed; file names and
// flags may leave it out.
const seedPrefix = "seed_"

// cohorts is the table of cohorts (RULES.md). kinds are those whose built rows
// go to the cohort's file.
var cohorts = sync.OnceValue(func() []cohort {
	return []cohort{
		{"seed_commands", [][2]string{{"R0001", "R0030"}, {"R0101", "R0104"}, {"R0251", "R0251"}, {"R0300", "R0300"}, {"R0351", "R0351"}, {"R0401", "R0402"}, {"R0551", "R0551"}}, []event.Kind{
			event.KindCommand, event.KindHTTPRequest, event.KindAuthAttempt, event.KindPayload,
			event.KindIdentity, event.KindCredential}},
		{"seed_behavioral", [][2]string{{"R0031", "R0040"}}, []event.Kind{event.KindSession}},
		{"seed_email", [][2]string{{"R0041", "R0048"}}, []event.Kind{event.KindEmail}},
		{"seed_canary", [][2]string{{"R0049", "R0053"}}, []event.Kind{event.KindCanaryFingerprint}},
		{"seed_intel", [][2]string{{"R0054", "R0058"}}, []event.Kind{event.KindIntel}},
		{"seed_sessions", [][2]string{{"R0800", "R0899"}}, nil}, // sequences: rows of several lines
		// The extended pack: what the blocks of RULES.md hold beside the rules of the first cohorts.
		{"seed_web", [][2]string{{"R0160", "R0160"}, {"R0700", "R0749"}}, nil},
		{"seed_extended", [][2]string{{"R0105", "R0159"}, {"R0161", "R0250"}, {"R0252", "R0299"}, {"R0301", "R0350"}, {"R0352", "R0400"}, {"R0403", "R0550"}, {"R0552", "R0699"}, {"R0750", "R0799"}}, nil},
		{"seed_sensors", [][2]string{{"R0059", "R0062"}}, []event.Kind{event.KindHTTPFingerprint, event.KindIPv6Leak}},
	}
})

// Cohorts returns the names of the cohorts that have a seed.
func Cohorts() []string {
	var names []string
	for _, c := range cohorts() {
		names = append(names, c.name)
	}
	return names
}

// CohortName returns the cohort that name means, with or without its prefix;
// ok is false when there is none.
func CohortName(name string) (string, bool) {
	for _, c := range cohorts() {
		if name == c.name || seedPrefix+name == c.name {
			return c.name, true
		}
	}
	return name, false
}

// CohortOf returns the cohort to whose corpus rows of kind k are added.
func CohortOf(k event.Kind) string {
	for _, c := range cohorts() {
		if slices.Contains(c.kinds, k) {
			return c.name
		}
	}
	return cohorts()[0].name
}

// inCohort reports whether the named cohort holds the rule.
func inCohort(name, ruleID string) bool {
	return slices.ContainsFunc(cohorts(), func(c cohort) bool { return c.name == name && c.holds(ruleID) })
}

// holds reports whether ruleID is in the cohort's ranges.
func (c *cohort) holds(ruleID string) bool {
	return slices.ContainsFunc(c.ranges, func(r [2]string) bool {
		// Ids of one length and letter order as their numbers do.
		return len(ruleID) == len(r[0]) && r[0] <= ruleID && ruleID <= r[1]
	})
}

// shipped reports whether some cohort holds the rule, be it in force or not.
func shipped(ruleID string) bool {
	return number(ruleID) && slices.ContainsFunc(cohorts(), func(c cohort) bool { return c.holds(ruleID) })
}

func number(ruleID string) bool {
	return len(ruleID) > 1 && strings.Trim(ruleID[1:], "0123456789") == ""
}

// CohortNames returns the full names of cohorts, each once; none means all.
func CohortNames(words []string) ([]string, error) {
	if len(words) == 0 {
		return Cohorts(), nil
	}
	var names []string
	for _, w := range words {
		name, err := checkCohort(w)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// checkCohort returns an error that names the cohorts unless name is one.
func checkCohort(name string) (string, error) {
	full, ok := CohortName(name)
	if !ok {
		return "", fmt.Errorf("unknown cohort %q: want one of %s", name, strings.Join(Cohorts(), ", "))
	}
	return full, nil
}
