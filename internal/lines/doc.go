// Package lines reads files and streams of lines: it finds the files that a
// user names, opens them through whatever compresses them, cuts them into
// lines, and reads the JSON object of a line. What a line means is the
// business of others.
//
// The model: [List] turns patterns into inputs; [Input.Open] makes a [Stream]
// of one; a [Cutter] cuts it into [Block]s of lines; a [JSON] walks the object
// of one line.
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
//	s, err := lines.Input{Name: "cowrie.json.1.gz"}.Open(ctx, nil)
//	if err != nil {
//		return err
//	}
//	defer s.Close()
//	c, b := lines.NewCutter(s, lines.DefaultMaxLine), &lines.Block{}
//	for more := true; more; b.Reset() {
//		more = c.Fill(b)
//		for i := range b.Lines {
//			use(b.Raw(i))
//		}
//	}
//	return c.Err()
package lines

// DefaultMaxLine is the longest line that is read, in bytes.
const DefaultMaxLine = 16 << 20
