package corpus

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ttpctl/internal/engine"
)

// A RuleScore is how one rule did on the rows that speak of it.
type RuleScore struct {
	RuleID   string `json:"rule_id"`
	Name     string `json:"name"`
	Cohort   string `json:"cohort"` // of its rows; the first of several
	Band     string `json:"band"`
	Rows     int    `json:"rows"`     // that speak of it, of the kinds it is for
	Expected int    `json:"expected"` // of these, rows it should fire on
	Fired    int    `json:"fired"`
	TP       int    `json:"tp"`
	FP       int    `json:"fp"`
	FN       int    `json:"fn"`
	// Precision is null when the rule never fired, Recall when no row expects it.
	Precision *float64 `json:"precision"`
	Lower     *float64 `json:"precision_lower"` // Wilson, 95 %
	Upper     *float64 `json:"precision_upper"`
	Recall    *float64 `json:"recall"`
	Floor     *float64 `json:"floor"` // null = its band has none
	Gate      Gate     `json:"gate"`
	Verdict   Verdict  `json:"verdict"`
	Reason    string   `json:"reason,omitempty"` // why it did not pass
}

// A Total adds up rules: every judgement of a rule on a row counts once.
type Total struct {
	Cohort    string   `json:"cohort"` // "" = the whole pack
	Rows      int      `json:"rows"`   // of corpora, blank lines left out
	Rules     int      `json:"rules"`
	TP        int      `json:"tp"`
	FP        int      `json:"fp"`
	FN        int      `json:"fn"`
	Precision *float64 `json:"precision"`
	Recall    *float64 `json:"recall"`
	Passed    int      `json:"passed"`
	Failed    int      `json:"failed"`
	NoData    int      `json:"no_data"`
}

// A Report is what Score found.
type Report struct {
	Rules      []RuleScore      `json:"rules"` // rule_id order
	Cohorts    []Total          `json:"cohorts"`
	Pack       Total            `json:"pack"`
	Techniques []TechniqueScore `json:"techniques"`
	Findings   []Finding        `json:"findings"` // by rule, false positives first; a bounded number of each
	CrossFire  []CrossFire      `json:"cross_fire"`
	Unlabelled int              `json:"unlabelled"` // rows passed over
	Warnings   []string         `json:"warnings"`
}

// report adds up the run.
func (s *scoring) report(m *merger) *Report {
	sums := s.sums()
	r := &Report{
		Rules: []RuleScore{}, Findings: []Finding{}, Techniques: s.techniqueScores(), CrossFire: s.crossFires(),
		Unlabelled: m.skipped, Warnings: []string{},
	}
	for i, rule := range s.rules {
		if !s.chosen[i] {
			continue
		}
		if score, ok := s.ruleScore(i, rule, sums); ok {
			r.Rules = append(r.Rules, score)
		}
		r.Findings = append(append(r.Findings, m.findings[i][0]...), m.findings[i][1]...)
	}
	r.Cohorts = s.totals(r, sums, m)
	r.Pack = sumTotals(r)
	r.Warnings = append(s.absentRules(), s.opt.Allow.idle(r.CrossFire)...)
	r.Warnings = append(r.Warnings, s.brokenRules()...)
	return r
}

// beside adds what was found on a corpus that is too small to judge rules by:
// its total, under its own name and in no other, and its findings. No verdict
// changes.
func (r *Report) beside(name string, small *Report) {
	total := small.Pack
	total.Cohort = name
	total.Passed, total.Failed, total.NoData = 0, 0, total.Rules
	r.Cohorts = append(r.Cohorts, total)
	r.Findings = append(r.Findings, small.Findings...)
	r.Unlabelled += small.Unlabelled
	for _, w := range small.Warnings {
		if !slices.Contains(r.Warnings, w) {
			r.Warnings = append(r.Warnings, w)
		}
	}
}

// sums adds up the workers' counts, by corpus, then rule.
func (s *scoring) sums() [][]counts {
	all := make([][]counts, len(s.corpora))
	for c := range all {
		all[c] = make([]counts, len(s.rules))
		for _, w := range s.made.workers {
			for i := range all[c] {
				all[c][i].add(w.sums[c][i])
			}
		}
	}
	return all
}

// ruleScore returns the score of rule i; ok is false when no corpus speaks of
// it.
func (s *scoring) ruleScore(i int, rule *engine.Rule, sums [][]counts) (score RuleScore, ok bool) {
	var n counts
	cohort, seed := "", true
	for c := range s.corpora {
		if sums[c][i].rows == 0 && !inCohort(s.corpora[c].Cohort, rule.ID) {
			continue
		}
		n.add(sums[c][i])
		ok, seed = true, seed && s.corpora[c].Seed
		cohort = cmp.Or(cohort, s.corpora[c].Cohort)
	}
	band := BandOf(rule)
	score = RuleScore{
		RuleID: rule.ID, Name: rule.Name, Cohort: cohort, Band: band.Name,
		Rows: n.rows, Expected: n.expected, Fired: n.tp + n.fp, TP: n.tp, FP: n.fp, FN: n.fn,
		Gate: s.gate(seed),
	}
	if band.Floor > 0 {
		score.Floor = &band.Floor
	}
	if score.Fired > 0 {
		lower, upper := Wilson(n.tp, score.Fired)
		score.Precision, score.Lower, score.Upper = known(share(n.tp, score.Fired)), &lower, &upper
	}
	if n.expected > 0 {
		score.Recall = known(share(n.tp, n.expected))
	}
	score.Verdict, score.Reason = judge(n.tp, score.Fired, band.Floor, score.Gate)
	floor := s.opt.MinRecall
	if seed {
		floor = max(floor, s.opt.SeedRecall)
	}
	score.judgeRecall(floor)
	return score, ok
}

// judgeRecall fails a rule that misses more of the rows that expect it than
// the run allows.
func (r *RuleScore) judgeRecall(floor float64) {
	if r.Recall != nil && *r.Recall < floor && r.Verdict != Fail {
		r.Verdict = Fail
		r.Reason = fmt.Sprintf("recall %.3f is below %.2f: %d of %d rows missed", *r.Recall, floor, r.FN, r.Expected)
	}
}

func (s *scoring) gate(seed bool) Gate {
	switch {
	case s.opt.Gate == Point || s.opt.Gate == Lower:
		return s.opt.Gate
	case seed:
		return Point
	}
	return Lower
}

func known(f float64) *float64 { return &f }

// totals adds up each cohort, in the order of the corpora.
func (s *scoring) totals(r *Report, sums [][]counts, m *merger) []Total {
	totals := []Total{}
	for c := range s.corpora {
		at := slices.IndexFunc(totals, func(t Total) bool { return t.Cohort == s.corpora[c].Cohort })
		if at < 0 {
			at = len(totals)
			totals = append(totals, Total{Cohort: s.corpora[c].Cohort})
		}
		t := &totals[at]
		t.Rows += m.rows[c]
		for i := range sums[c] {
			t.TP += sums[c][i].tp
			t.FP += sums[c][i].fp
			t.FN += sums[c][i].fn
		}
	}
	for i := range totals {
		for _, rule := range r.Rules {
			if rule.Cohort == totals[i].Cohort {
				totals[i].count(rule.Verdict)
			}
		}
		totals[i].shares()
	}
	return totals
}

func (t *Total) count(v Verdict) {
	t.Rules++
	switch v {
	case Pass:
		t.Passed++
	case Fail:
		t.Failed++
	default:
		t.NoData++
	}
}

func (t *Total) shares() {
	if t.TP+t.FP > 0 {
		t.Precision = known(share(t.TP, t.TP+t.FP))
	}
	if t.TP+t.FN > 0 {
		t.Recall = known(share(t.TP, t.TP+t.FN))
	}
}

func sumTotals(r *Report) Total {
	var sum Total
	for _, t := range r.Cohorts {
		sum.Rows += t.Rows
		sum.TP += t.TP
		sum.FP += t.FP
		sum.FN += t.FN
	}
	for _, rule := range r.Rules {
		sum.count(rule.Verdict)
	}
	sum.shares()
	return sum
}

// maxAbsent bounds the absent rules that are named.
const maxAbsent = 5

// absentRules says which expected rules the ruleset lacks.
func (s *scoring) absentRules() []string {
	rows := map[string]int{}
	for _, w := range s.made.workers {
		for id, n := range w.absent {
			rows[id] += n
		}
	}
	if len(rows) == 0 {
		return []string{}
	}
	return []string{fmt.Sprintf("labels name rules that this ruleset lacks, and were passed over: %d of them (%s)", len(rows), someOf(rows))}
}

// someOf names the first ids.
func someOf[T any](of map[string]T) string {
	ids := slices.Sorted(maps.Keys(of))
	named := strings.Join(ids[:min(len(ids), maxAbsent)], ", ")
	if len(ids) > maxAbsent {
		named += ", ..."
	}
	return named
}

// brokenRules says which rules broke on rows: what they would have shown is
// missing from the scores.
func (s *scoring) brokenRules() (warnings []string) {
	breaks, rules, texts := 0, map[string]bool{}, false
	for _, w := range s.made.workers {
		breaks += w.judge.PanicCount
		for id := range w.broken {
			if texts = texts || id == ""; id != "" {
				rules[id] = true
			}
		}
	}
	if len(rules) > 0 {
		warnings = append(warnings, fmt.Sprintf("rules broke on rows and were skipped for them, %d times: %s; please report it", breaks, someOf(rules)))
	}
	if texts {
		warnings = append(warnings, "the reading of a row's text broke, and rules could not ask what it would do; please report it")
	}
	return warnings
}
