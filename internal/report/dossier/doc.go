// Package dossier is what a report that is passed on says: who did what, when,
// with which techniques, from where the files came, who works alike, what got no
// tag, and how far the rules can be trusted.
//
// A [Builder] is fed by a run over logs, or by the tags that a database holds. On
// each goroutine that evaluates a [Recorder] notes the events of a batch; the
// Builder takes these notes in input order ([Builder.Add]), then the tags of the
// same batch ([Builder.Tag]). [Builder.Dossier] puts together what was counted.
//
// Invariants:
//   - Memory is bounded, whatever comes in. What could not be counted any more is
//     counted as left out, and [Dossier.Limits] says so.
//   - The dossier does not depend on the number of workers, nor on a clock.
//   - No password and no mail address gets in ([Mask]). All else is as attackers
//     wrote it, and whoever shows it escapes it.
//
// For example:
//
//	b := dossier.New(dossier.Config{Catalogue: catalogue})
//	tagger := &worker.Tagger{Record: func() worker.Recorder { return b.Recorder() }, Recorded: b.Add, Publish: func(tags []event.Tag) error { b.Tag(tags); return nil }}
//	account, err := tagger.Run(ctx, inputs, cfg)
//	d := b.Dossier()
package dossier
