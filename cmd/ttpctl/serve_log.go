package main

import (
	"ttpctl/internal/ingest"
	"ttpctl/internal/report"
	"ttpctl/internal/report/accounts"
	"ttpctl/internal/store"
	"ttpctl/internal/worker"
)

func (v *serving) meta() report.Meta { return metaOf(v.snapshot()) }

// summarize says on stderr what became of the input.
func (v *serving) summarize(a *ingest.Account, st worker.Stats) {
	if a.Late > 0 {
		v.log.Warn("lines came after the clock had closed what they belong to: their log is behind", "lines", a.Late)
	}
	if v.quiet {
		v.logRejected(a)
		return
	}
	acc := accounts.New(a, st, v.snapshot())
	acc.Tags = st.New + st.Duplicates
	acc.Interrupted = false // a drain is how serve ends
	// A stderr that nobody reads is no failure.
	_ = acc.WriteText(v.err, v.meta())
	if v.db != nil {
		v.noteSaved(st, v.db)
	}
}

// noteSaved says how many tags were new to db, as a line of the account.
func (s *streams) noteSaved(st worker.Stats, db store.Database) {
	s.notef("%-10s%s new, %s stored before, in %s", "saved", report.Grouped(int(st.New)), report.Grouped(int(st.Duplicates)), db.Path())
}
