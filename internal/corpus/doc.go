// Package corpus says how far rules can be trusted, and makes the data that
// it takes to say so.
//
// A corpus is JSON Lines of labelled rows: an event, the rules that should
// fire on it, and a unique label. [Score] judges the rules on corpora and
// gives a [Report]: counts, precision with its interval, a [Verdict] for each
// rule, and the rows that show what is wrong. What has no labels gets a
// [Census] instead: hits by rule and shape, and never a precision. What may not
// be committed is labelled by the hash of its shape: a [ShapeScorer] holds the
// tags of commands against such labels, and a [Draw] takes hits and misses to
// be read.
//
// The other half makes corpora. A [Builder] takes the rows of a [RowSource],
// drops those of excluded addresses, scrubs these addresses out of the rest
// (see [Scrubber]) and keeps one row of each [Shape]. A [Session] samples hits
// and collects a person's answers, which [WriteLabelled] puts into the corpus.
//
// Invariants:
//   - A rule that never fired is never called precise.
//   - Results depend on rows and rules only, not on the number of workers.
//   - Memory is bounded: of rows nothing is kept but 40 bytes of each label,
//     and lists of shapes and examples of bounded length beside full counts.
//   - No address of an [Exclusions] leaves a Builder or a Scrubber, in any of
//     the forms that scrub.go names.
//
// For example, the verdict over one file:
//
//	report, err := corpus.Score(ctx, snapshot, []corpus.Corpus{{
//		Input: lines.Input{Name: "seed_intel.jsonl"}, Cohort: "seed_intel", Seed: true,
//	}}, corpus.Options{})
//	for _, r := range report.Rules {
//		fmt.Println(r.RuleID, r.Verdict, r.Precision)
//	}
package corpus
