// Package spool keeps input that cannot be read again: what came on stdin, by
// HTTP or over a bus is appended to segment files of ours before it is answered,
// and read from there, so that a crash loses nothing of it.
//
// The model: a [Log] is a directory of numbered segments. What one Append takes
// is written as one or more records, each with its length and checksum, into one
// segment, and is synced before Append returns; those who append at the same
// time share a sync. A [lines.Source] of the log gives the lines in the order
// in which they were written, and waits for more. Segments that lie wholly
// before what was acknowledged are removed.
//
// Invariants:
//   - What Append has returned without an error is read after any crash, whole.
//   - What it has not is read whole or not at all: the torn end of the last
//     segment is cut off when the log is opened.
//   - A source never gives what is not synced yet, so that no cursor points
//     beyond what a crash leaves.
//   - One process owns a directory.
//
// For example:
//
//	log, err := spool.Open(dir, spool.Options{MaxBytes: 1 << 30})
//	if err != nil {
//		return err
//	}
//	defer log.Close()
//	end, err := log.Append(ctx, spool.Entry{Lines: []spool.Line{{Text: line}}})
//	in := lines.Input{Name: "http", Opener: log.Source}
package spool
