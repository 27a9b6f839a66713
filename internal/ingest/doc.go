// Package ingest turns files of telemetry into events, in order, with every
// line accounted for.
//
// The model: an [Input] is a file or a stream; a lines.Cutter cuts it into lines
// and hands them on in a [Batch]. What a line means is its format's business
// (see formats.go, the one table). A format has two halves. Its decoder is
// stateless and runs on many goroutines: it reads one line at a time. Its
// assembler, which only formats with state between lines have, sees the
// decoded lines in input order on one goroutine, and makes events of them:
// session state, ids, aggregation. [Run] ties it together:
//
//	reader -> decoders -> assembler -> evaluators -> sink
//
// Assemblers tell what they see to the aggregates of package aggregate, whose
// events join the batch of the line that closed them. When the input ends,
// what is open is closed, in batches without lines; or its state is kept, and
// a later run goes on as if there had been no end.
//
// Invariants:
//   - Each line has exactly one fate: blank, direct (it became an event),
//     absorbed (it went into the state of a session or an aggregate), ignored
//     (of a type that nothing here reads) or rejected. [Account] counts them.
//   - What the sink sees does not depend on the number of workers.
//   - Memory is bounded whatever the input: lines by Config.MaxLine, the text
//     in flight by a byte budget, nesting and the number of values of a line
//     by lines.JSON, sessions and aggregates by the weight of their tables.
//   - A string of an event is a piece of its batch's immutable text. It stays
//     valid for ever and keeps the whole batch alive: who keeps one beyond the
//     batch clones it.
//
// For example, the tags of one log:
//
//	inputs, _, err := ingest.Prepare(ctx, []ingest.Input{{Name: "cowrie.json"}}, cfg)
//	account, err := ingest.Run(ctx, inputs, cfg, newEvaluator, func(b *ingest.Batch) error {
//		return write(b.Tags)
//	})
package ingest
