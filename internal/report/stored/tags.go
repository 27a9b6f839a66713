package stored

import (
	"context"
	"io"

	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/store"
)

// WriteTags writes the tags themselves, those stored last first, and returns
// how many they are.
func (r *Report) WriteTags(ctx context.Context, format string, w io.Writer, m report.Meta, o report.TextOptions) (int, error) {
	switch format {
	case "table":
		return r.tagTable(ctx, w, o)
	case "json":
		return r.tagDocument(ctx, w, m)
	}
	return r.tagLines(ctx, format, w, m)
}

// tagBatch is how many tags are handed on at once.
const tagBatch = 512

// EachBatch calls yield for the tags in batches, those stored last first. What
// it is given is valid during the call only.
func (r *Report) EachBatch(ctx context.Context, limit int, yield func([]event.Tag) error) error {
	batch := make([]event.Tag, 0, tagBatch)
	err := r.Tags.Each(ctx, r.Filter, limit, func(t *store.StoredTag) error {
		batch = append(batch, t.Tag)
		if len(batch) < tagBatch {
			return nil
		}
		err := yield(batch)
		batch = batch[:0]
		return err
	})
	if err == nil && len(batch) > 0 {
		err = yield(batch)
	}
	return err
}

// tagLines writes the tags as ttpctl tag does, one after the other.
func (r *Report) tagLines(ctx context.Context, format string, w io.Writer, m report.Meta) (n int, err error) {
	out, err := report.NewWriter(format, w, report.Options{Meta: m, Catalogue: r.Catalogue, Export: r.Export})
	if err != nil {
		return 0, err
	}
	err = r.EachBatch(ctx, r.Limit, func(tags []event.Tag) error {
		n += len(tags)
		return out.Write(tags)
	})
	if err != nil {
		return n, err
	}
	return n, out.Finish(nil)
}

// tagDocument writes one JSON document, a tag a line, and holds none of them.
func (r *Report) tagDocument(ctx context.Context, w io.Writer, m report.Meta) (n int, err error) {
	e := report.Envelope{Schema: "ttpctl.report.tags/v1", Meta: m}
	head, _, err := e.Around("")
	if err != nil {
		return 0, err
	}
	if _, err := io.WriteString(w, head+"["); err != nil {
		return 0, err
	}
	var line []byte
	err = r.Tags.Each(ctx, r.Filter, r.Limit, func(t *store.StoredTag) error {
		line = line[:0]
		if n > 0 {
			line = append(line, ',')
		}
		n++
		line = t.AppendJSON(append(line, '\n'))
		_, err := w.Write(line)
		return err
	})
	if err != nil {
		return n, err
	}
	e.Summary = map[string]any{"tags": n}
	_, tail, err := e.Around("")
	if err == nil {
		_, err = io.WriteString(w, "\n]"+tail)
	}
	return n, err
}

// tagTable shows the tags to people.
func (r *Report) tagTable(ctx context.Context, w io.Writer, o report.TextOptions) (int, error) {
	t := report.Table{Columns: []report.Column{
		{Name: "STORED"}, {Name: "TECHNIQUE"}, {Name: "TACTIC"}, {Name: "CONFIDENCE", Numeric: true}, {Name: "RULE"},
		{Name: "VERSION", Numeric: true, Fold: 3}, {Name: "ADDRESS", Fold: 1}, {Name: "ATTACKER", Fold: 2}, {Name: "IDENTITY", Fold: 3},
		{Name: "SESSION", Fold: 2}, {Name: "KIND", Fold: 3}, {Name: "SOURCE", Fold: 3}, {Name: "OBSERVED", Fold: 3},
		{Name: "EVIDENCE", Note: true}, {Name: "TAG", Fold: 3},
	}}
	err := r.Tags.Each(ctx, r.Filter, r.TableLimit, func(tag *store.StoredTag) error {
		t.Add(tag.CreatedAt, tag.MostSpecific(), tag.Tactic, tag.Confidence, tag.RuleID, tag.RuleVersion, orNone(tag.AttackerIP),
			orNone(tag.AttackerUUID), orNone(tag.IdentityUUID), orNone(tag.SessionID.Value), tag.SourceKind, tag.SourceID,
			orNone(tag.ObservedAt), string(tag.Evidence), tag.UUID.String())
		return nil
	})
	if err != nil {
		return 0, err
	}
	return t.Len(), t.WriteText(w, o)
}
