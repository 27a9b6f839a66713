// Package stored reports on the tags that a store holds: which techniques were
// seen, by whom, by which rule, and the tags themselves.
//
// A [Report] is a question. Its counts are those of the store; only a layer's,
// which name attackers and examples, are made here of the tags one by one. Tags
// are handed on in batches, so that memory does not grow with their number.
//
// For example:
//
//	r := stored.Report{Catalogue: catalogue, Tags: db.Tags(), By: store.ByRule, Noun: "rule"}
//	rows, err := r.Rows(ctx)
//	err = rows.Write("table", os.Stdout, meta, report.TextOptions{Width: 80})
package stored
