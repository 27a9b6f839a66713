package main

import (
	"context"
	"net/netip"
	"slices"

	"github.com/spf13/cobra"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/report/stored"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqlite"
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
	domain  string
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
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Report on the tags in the database",
		Long: `Report on the tags in the database: which techniques were seen, by whom, in which
session, by which rule; and the tags themselves. Tags get there by ttpctl tag
--save and ttpctl serve.

The filters choose which tags count. After a rule changed, a replay may have
tagged an event under several of its versions: the highest of them counts.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cannotRun(seeHelp(cmd), "report: no subcommand given")
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	cmd.AddCommand(newReportTagsCmd(a))
	for _, v := range reportVerbs {
		cmd.AddCommand(newReportOfCmd(a, v.use, v.by, v.short))
	}
	return cmd
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
	outputFlag(cmd, &f.output, append(rowFormats, "navigator")...)
	fs.BoolVar(&f.details, "details", false, "the tags themselves, as ttpctl report tags gives them")
	fs.IntVar(&f.limit, "limit", 0, "at most so many rows (default all, 100 tags with --details); 0 = all")
	var domains []string
	for _, d := range attack.Domains() {
		domains = append(domains, string(d))
	}
	enumVar(cmd, fs, &f.domain, "domain", domains[0], domains, "domain of a navigator layer")
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
	return writeReport(ctx, r, list, s)
}

// writeReport writes the rows or the layer of r in each format of list. All of
// it is read before the first output is opened.
func writeReport(ctx context.Context, r *stored.Report, list []output, s *streams) (err error) {
	isLayer := func(o output) bool { return o.format == "navigator" }
	isRows := func(o output) bool { return !isLayer(o) }
	var layer []byte
	if slices.ContainsFunc(list, isLayer) {
		if layer, err = r.Layer(ctx); err != nil {
			return err
		}
	}
	var rows *report.Rows
	if slices.ContainsFunc(list, isRows) {
		if rows, err = r.Rows(ctx); err != nil {
			return err
		}
	}
	err = s.render(list, func(k *sink) error {
		if isLayer(k.output) {
			_, err := k.Write(layer)
			return err
		}
		return rows.Write(k.format, k, s.buildMeta(), k.textOptions(s))
	})
	if rows != nil && rows.Table.Len() == 0 {
		s.notef("%s", r.None(ctx))
	}
	return err
}

// open opens the database for the report that the flags and args ask for.
func (f *reportFlags) open(ctx context.Context, args []string, s *streams) (*stored.Report, *sqlite.DB, error) {
	if f.limit < 0 {
		return nil, nil, cannotRun("", "--limit: %d is negative", f.limit)
	}
	filter, err := f.query.filter(s.attack(), s.now())
	if err != nil {
		return nil, nil, err
	}
	r := &stored.Report{Catalogue: s.attack(), By: f.by, Noun: f.noun, Limit: f.limit, TableLimit: f.limit, Domain: f.domain}
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
	twice := false
	switch f.by {
	case store.ByAttacker:
		twice = filter.Attackers != nil
		filter.Attackers = []store.Attacker{attackerOf(id)}
	case store.ByTechnique:
		if _, ok := c.Find(id); !ok {
			return unknownTechnique(c, id)
		}
		twice = filter.Techniques != nil
		filter.Techniques = []string{id}
	case store.BySession:
		twice = filter.Sessions != nil
		filter.Sessions = []string{id}
	case store.ByRule:
		twice = filter.Rules != nil
		filter.Rules = []string{id}
	case store.ByIdentity:
		filter.Identity = id
	case store.ByCampaign:
		filter.Campaign = id
	}
	if twice {
		return cannotRun("leave one of them out", "%s %s: a flag chooses others", f.noun, id)
	}
	return nil
}

// attackerOf returns the attacker that id, a uuid or an address, names.
func attackerOf(id string) store.Attacker {
	ip, err := netip.ParseAddr(id)
	if err != nil {
		return store.Attacker{UUID: id}
	}
	return store.Attacker{UUID: event.AttackerUUID(ip).String(), Address: ip.Unmap().WithZone("").String()}
}
