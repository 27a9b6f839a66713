package worker

import (
	"bytes"
	"context"
	"regexp"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/store"
)

// Retry runs one dead letter through a Tagger that has not run yet, and forgets
// it when it was processed, whatever came of it. The error is that of the
// database, or ctx's.
func Retry(ctx context.Context, letters store.DeadLetters, id int64, t *Tagger, cfg ingest.Config) (store.Retried, error) {
	r := store.Retried{ID: id}
	d, err := letters.Letter(ctx, id)
	if err != nil {
		return r, err
	}
	if len(d.Body) == store.DeadLetterBody {
		r.Reason = "only its beginning was kept"
		return r, nil
	}
	t.Publish = func([]event.Tag) error { return nil }
	a, err := t.Run(ctx, []ingest.Input{{Name: fileOf(d.Where), Reader: bytes.NewReader(append(d.Body, '\n'))}}, cfg)
	if err == nil && a.Interrupted {
		err = context.Cause(ctx)
	}
	if err != nil {
		return r, err
	}
	r.Tags, r.Reason = t.Stats().New, unprocessed(&a)
	if r.Reason != "" {
		return r, nil
	}
	r.Processed = true
	return r, letters.Forget(ctx, id)
}

var lineNumber = regexp.MustCompile(`:\d+$`)

// fileOf returns the file of where a dead letter came from.
func fileOf(where string) string { return lineNumber.ReplaceAllString(where, "") }

// unprocessed returns why a line was not processed, "" = it was.
func unprocessed(a *ingest.Account) string {
	switch {
	case len(a.Errors) > 0:
		return a.Errors[0].Err.Error()
	case a.Rejected > 0:
		return a.Rejections[0].Reason
	case a.Lines == a.Blank:
		return "it is empty"
	}
	return ""
}
