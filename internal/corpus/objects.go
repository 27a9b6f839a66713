package corpus

import (
	"context"
	"encoding/json"
)

// A linePlace is a line of a file.
type linePlace struct {
	file string
	line int // from 1
}

// readObjects reads files of one JSON object a line and gives each to f with
// its place. What f says of an object is an error of its line; bad lines are
// all reported, as [RowError]s.
func readObjects[T any](ctx context.Context, files []Corpus, f func(at linePlace, object T) error) error {
	var bad rowErrors
	err := readAll(ctx, files, func(b *block) error {
		for n, l := range b.lines {
			at := linePlace{files[b.corpus].Name, n}
			if reason := takeObject(l, at, f); reason != "" {
				if err := bad.add(RowError{at.file, n, reason}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return bad.err()
}

// takeObject gives the object of one line to f and returns what is wrong with
// it.
func takeObject[T any](l line, at linePlace, f func(linePlace, T) error) string {
	if l.bad != "" {
		return l.bad
	}
	var object T
	err := json.Unmarshal(l.text, &object)
	if err == nil {
		err = f(at, object)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}
