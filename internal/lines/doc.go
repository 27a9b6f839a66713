// Package lines reads files and streams of lines: it finds the files that a
// user names, opens them through whatever compresses them, cuts them into
// lines, and reads the JSON object of a line. What a line means is the
// business of others.
//
// The model: [List] turns patterns into [Input]s. [Input.Open] makes a [Stream]
// of one, decompressed and as UTF-8, and a [Cutter] cuts that into [Block]s of
// lines. A [Source] is both together, with a [Cursor] behind each block, from
// which a later run reads on. With [Follow] it is that of a log while it is
// written, through its rotations. An [EventReader] reads the event of one line,
// with a [JSON] below it.
//
// Invariants:
//   - Memory is bounded whatever the input: a line over the limit is skipped
//     in constant memory, and no compression gets the memory that it asks for
//     beyond a bound.
//   - A read that waits for a stream ends when its context does.
//   - Errors say what happened and not where: callers add the name.
//
// For example, the lines of one file:
//
//	src, err := lines.Input{Name: "cowrie.json.1.gz"}.Source(ctx, lines.SourceOptions{})
//	if err != nil {
//		return err
//	}
//	defer src.Close()
//	for b := (&lines.Block{}); ; b.Reset() {
//		if err := src.Next(ctx, b); err != nil {
//			return err // io.EOF at the end
//		}
//		for i := range b.Lines {
//			use(b.Raw(i))
//		}
//	}
package lines

// DefaultMaxLine is the longest line that is read, in bytes.
const DefaultMaxLine = 16 << 20
