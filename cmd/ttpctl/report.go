package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"ttpctl/internal/attack"
	"ttpctl/internal/report"
	"ttpctl/internal/report/stored"
	"ttpctl/internal/report/wanted"
	"ttpctl/internal/store"
)

// reportFlags are the flags of the subcommands of `ttpctl report`.
type reportFlags struct {
	output  outputs
	query   queryFlags
	db      string // --db
	by      store.Dimension
	noun    string
	details bool
	limit   int
	limited bool // --limit was given
	export  report.Export
}

// reportVerbs are the subcommands of report that count tags.
var reportVerbs = []struct {
	use   string
	by    store.Dimension
	short string
}{
	{"techniques [TECHNIQUE]", store.ByTechnique, "Techniques among the stored tags"},
	{"attacker [UUID|ADDRESS]", store.ByAttacker, "Attackers, or the techniques of one"},
	{"identity [UUID]", store.ByIdentity, "Identities, or the techniques of one"},
	{"session [ID]", store.BySession, "Sessions, or the techniques of one"},
	{"campaign [NAME]", store.ByCampaign, "Campaigns, or the techniques of one"},
	{"rule [RULE]", store.ByRule, "Rules that fired, or the techniques of one"},
}

// tableTags is how many tags a table shows unless --limit says otherwise.
const tableTags = 100

// newReportCmd returns `ttpctl report`.
func newReportCmd(a *app) *cobra.Command {
	verbs := []*cobra.Command{newReportTagsCmd(a), newReportHTMLCmd(a)}
	for _, v := range reportVerbs {
		verbs = append(verbs, newReportOfCmd(a, v.use, v.by, v.short))
	}
	return group(&cobra.Command{
		Use:   "report",
		Short: "Report on the tags in the database",
		Long: `Report on the tags in the database: which techniques were seen, by whom, in which
session, by which rule; and the tags themselves. Tags get there by ttpctl tag
--save and ttpctl serve.

The filters choose which tags count. After a rule changed, a replay may have
tagged an event under several of its versions: the highest of them counts.`,
	}, verbs...)
}

func newReportOfCmd(a *app, use string, by store.Dimension, short string) *cobra.Command {
	f := reportFlags{by: by}
	cmd := &cobra.Command{
		Use: use, Short: short,
		Long: short + `. An identity's tags are those anchored to it and those of its
attackers; a campaign's are those of its identities. An id without tags gives
an empty report.`,
		Args:              atMostOne,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	fs := cmd.Flags()
	outputFlag(cmd, &f.output, slices.Concat(rowFormats, []string{stored.LayerFormat}, report.Exports())...)
	fs.BoolVar(&f.details, "details", false, "the tags themselves, as ttpctl report tags gives them")
	fs.IntVar(&f.limit, "limit", 0, "at most so many rows (default all, 100 tags with --details); 0 = all")
	exportFlags(cmd, &f.export)
	f.query.register(fs)
	switch by {
	case store.ByRule:
		cmd.ValidArgsFunction = a.completeRules
	case store.ByTechnique:
		cmd.ValidArgsFunction = a.completeTechniques
	}
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		f.db, f.noun, f.limited = a.globals.db, cmd.Name(), fs.Changed("limit")
		return runReport(ctx, f, args, a.streams)
	})
	return cmd
}

// atMostOne refuses a second argument.
func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return cannotRun(seeHelp(cmd), "unexpected argument: %q: %s takes one", args[1], cmd.CommandPath())
	}
	return nil
}

// runReport reports on the tags that the flags choose, of all subjects or of
// the one that args name.
func runReport(ctx context.Context, f reportFlags, args []string, s *streams) (err error) {
	list, err := f.output.choose(s, "table")
	if err != nil {
		return err
	}
	r, db, err := f.open(ctx, args, s)
	if err != nil {
		return err
	}
	defer closeDB(db, &err)
	if f.details {
		if !f.limited {
			r.Limit, r.TableLimit = tableTags, tableTags
		}
		return writeTags(ctx, r, list, s)
	}
	exported := func(o output) bool { return slices.Contains(report.Exports(), o.format) }
	tags := slices.DeleteFunc(slices.Clone(list), func(o output) bool { return !exported(o) })
	if rows := slices.DeleteFunc(list, exported); len(rows) > 0 {
		err = writeReport(ctx, r, rows, s)
	}
	if err == nil && len(tags) > 0 {
		err = writeTags(ctx, r, tags, s)
	}
	return err
}

// writeReport writes the rows or the layer of r in each format of list. All of
// it is read before the first output is opened.
func writeReport(ctx context.Context, r *stored.Report, list []output, s *streams) error {
	var formats []string
	for _, o := range list {
		formats = append(formats, o.format)
	}
	result, err := r.Read(ctx, formats)
	if err != nil {
		return err
	}
	err = s.renderResult(list, result.Shown(s.buildMeta()))
	if result.Empty() {
		s.notef("%s", r.None(ctx))
	}
	return err
}

// open opens the database for the report that the flags and args ask for.
func (f *reportFlags) open(ctx context.Context, args []string, s *streams) (*stored.Report, store.Database, error) {
	if f.limit < 0 {
		return nil, nil, cannotRun("", "--limit: %d is negative", f.limit)
	}
	filter, err := f.query.filter(s.attack(), s.now())
	if err != nil {
		return nil, nil, err
	}
	r := &stored.Report{Catalogue: s.attack(), By: f.by, Noun: f.noun, Limit: f.limit, TableLimit: f.limit, Export: f.export}
	if len(args) > 0 {
		r.Subject = args[0]
		if err := f.choose(&filter, args[0], s.attack()); err != nil {
			return nil, nil, err
		}
		_ = f.choose(&r.All, args[0], s.attack()) // as before, and nothing is chosen twice
	}
	db, err := mustReadDB(ctx, f.db, s)
	if err != nil {
		return nil, nil, err
	}
	r.Tags, r.Filter, r.Path = db.Tags(), filter, db.Path()
	return r, db, nil
}

// choose narrows filter down to the subject called id.
func (f *reportFlags) choose(filter *store.Filter, id string, c *attack.Catalogue) error {
	if id == "" {
		return cannotRun("", "%s: the id is empty", f.noun)
	}
	if _, ok := c.Find(id); !ok && f.by == store.ByTechnique {
		return wanted.UnknownTechnique(c, id)
	}
	if twice := filter.Narrow(f.by, id); twice {
		return cannotRun("leave one of them out", "%s %s: a flag chooses others", f.noun, id)
	}
	return nil
}
