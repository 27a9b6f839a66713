package main

import (
	"context"

	"github.com/spf13/cobra"

	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/store"
)

// newReportTagsCmd returns `ttpctl report tags`.
func newReportTagsCmd(a *app) *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "tags",
		Short: "The stored tags themselves",
		Long: `The stored tags themselves, those stored last first: as JSON Lines, CSV or JSON
exactly as ttpctl tag printed them; as a table, the last 100.`,
		Example: `  ttpctl report tags -o jsonl --since 24h --technique T1110 > bruteforce.jsonl
  ttpctl report tags --attacker 203.0.113.9 --limit 20`,
		Args: noArgs,
	}
	fs := cmd.Flags()
	outputFlag(cmd, &f.output, "table", "jsonl", "csv", "json")
	fs.IntVar(&f.limit, "limit", 0, "at most so many tags (default all, 100 in a table); 0 = all")
	f.query.register(fs)
	cmd.RunE = a.run(func(ctx context.Context, _ []string) error {
		f.db, f.limited = a.globals.db, fs.Changed("limit")
		return runReportTags(ctx, f, a.streams)
	})
	return cmd
}

func runReportTags(ctx context.Context, f reportFlags, s *streams) (err error) {
	list, err := f.output.choose(s, "table")
	if err != nil {
		return err
	}
	r, db, err := f.open(ctx, nil, s)
	if err != nil {
		return err
	}
	defer closeDB(db, &err)
	if !f.limited {
		r.tableLimit = tableTags
	}
	return r.writeTags(ctx, list, s)
}

// writeTags writes the tags themselves in each format of list.
func (r *tagReport) writeTags(ctx context.Context, list []output, s *streams) error {
	written := 0
	err := s.render(list, func(k *sink) (err error) {
		switch k.format {
		case "table":
			written, err = r.tagTable(ctx, k, s)
		case "json":
			written, err = r.tagDocument(ctx, k, s)
		default:
			written, err = r.tagLines(ctx, k)
		}
		return err
	})
	if err == nil && written == 0 {
		r.noteNone(ctx, s)
	}
	return err
}

// tagLines writes the tags as ttpctl tag does, one after the other.
func (r *tagReport) tagLines(ctx context.Context, k *sink) (n int, err error) {
	w, err := report.NewWriter(k.format, k, report.Options{})
	if err != nil {
		return 0, err
	}
	err = r.eachBatch(ctx, r.limit, func(tags []event.Tag) error {
		n += len(tags)
		return w.Write(tags)
	})
	if err != nil {
		return n, err
	}
	return n, w.Finish(nil)
}

// tagDocument writes one JSON document, a tag a line, and holds none of them.
func (r *tagReport) tagDocument(ctx context.Context, k *sink, s *streams) (n int, err error) {
	e := s.newEnvelope("ttpctl.report.tags/v1", nil)
	head, _, err := e.Around("")
	if err != nil {
		return 0, err
	}
	k.printf("%s[", head)
	var line []byte
	err = r.tags.Each(ctx, r.filter, r.limit, func(t *store.StoredTag) error {
		line = line[:0]
		if n > 0 {
			line = append(line, ',')
		}
		n++
		line = t.AppendJSON(append(line, '\n'))
		_, err := k.Write(line)
		return err
	})
	if err != nil {
		return n, err
	}
	e.Summary = map[string]any{"tags": n}
	_, tail, err := e.Around("")
	k.printf("\n]%s", tail)
	return n, err
}

// tagTable shows the tags to people.
func (r *tagReport) tagTable(ctx context.Context, k *sink, s *streams) (int, error) {
	t := report.Table{Columns: []report.Column{
		{Name: "STORED"}, {Name: "TECHNIQUE"}, {Name: "TACTIC"}, {Name: "CONFIDENCE", Numeric: true}, {Name: "RULE"},
		{Name: "VERSION", Numeric: true, Fold: 3}, {Name: "ADDRESS", Fold: 1}, {Name: "ATTACKER", Fold: 2}, {Name: "IDENTITY", Fold: 3},
		{Name: "SESSION", Fold: 2}, {Name: "KIND", Fold: 3}, {Name: "SOURCE", Fold: 3}, {Name: "OBSERVED", Fold: 3},
		{Name: "EVIDENCE", Note: true}, {Name: "TAG", Fold: 3},
	}}
	err := r.tags.Each(ctx, r.filter, r.tableLimit, func(tag *store.StoredTag) error {
		t.Add(tag.CreatedAt, tag.MostSpecific(), tag.Tactic, tag.Confidence, tag.RuleID, tag.RuleVersion, orNone(tag.AttackerIP),
			orNone(tag.AttackerUUID), orNone(tag.IdentityUUID), orNone(tag.SessionID.Value), tag.SourceKind, tag.SourceID,
			orNone(tag.ObservedAt), string(tag.Evidence), tag.UUID.String())
		return nil
	})
	if err != nil {
		return 0, err
	}
	return t.Len(), t.WriteText(k, k.textOptions(s))
}
