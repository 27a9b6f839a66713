package main

import (
	"context"
	"net/netip"

	"github.com/spf13/cobra"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

// reportFlags are the flags of the subcommands of `ttpctl report`.
type reportFlags struct {
	output  outputs
	db      string // --db
	by      store.Dimension
	noun    string
	details bool
	limit   int
	domain  string
}

// reportVerbs are the subcommands of report.
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

// newReportCmd returns `ttpctl report`.
func newReportCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Report on the tags in the database",
		Long: `Report on the tags in the database: which techniques were seen, by whom, in which
session, by which rule. Tags get there by ttpctl tag --save and ttpctl serve.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cannotRun(seeHelp(cmd), "report: no subcommand given")
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
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
	fs.BoolVar(&f.details, "details", false, "the tags themselves, those stored last first")
	fs.IntVar(&f.limit, "limit", 100, "at most so many tags with --details, 0 = all")
	var domains []string
	for _, d := range attack.Domains() {
		domains = append(domains, string(d))
	}
	enumVar(cmd, fs, &f.domain, "domain", domains[0], domains, "domain of a navigator layer")
	if by == store.ByRule {
		cmd.ValidArgsFunction = completeIDs(a)
	}
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		f.db, f.noun = a.globals.db, cmd.Name()
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

// runReport reports on all tags, or on those of the subject that args name.
func runReport(ctx context.Context, f reportFlags, args []string, s *streams) (err error) {
	list, err := f.output.choose(s, "table")
	if err != nil {
		return err
	}
	if f.limit < 0 {
		return cannotRun("", "--limit: %d is negative", f.limit)
	}
	scope, err := f.scope(args)
	if err != nil {
		return err
	}
	db, err := mustReadDB(ctx, f.db, s)
	if err != nil {
		return err
	}
	defer closeDB(db, &err)
	r := &tagReport{tags: db.Tags(), flags: f, scope: scope}
	if err := r.load(ctx, list); err != nil {
		return err
	}
	err = s.render(list, func(k *sink) error {
		if k.format == "navigator" {
			_, err := k.Write(r.layer)
			return err
		}
		return s.writeRows(k, r.rows)
	})
	if r.rows != nil && r.rows.table.Len() == 0 {
		s.notef("no tags%s in %s", r.subject(), db.Path())
	}
	return err
}

// scope returns the tags that the report is about.
func (f *reportFlags) scope(args []string) (store.Scope, error) {
	if len(args) == 0 {
		return store.Scope{}, nil
	}
	id := args[0]
	if id == "" {
		return store.Scope{}, cannotRun("", "%s: the id is empty", f.noun)
	}
	switch f.by {
	case store.ByAttacker:
		if ip, err := netip.ParseAddr(id); err == nil {
			id = event.AttackerUUID(ip).String()
		}
	case store.ByTechnique:
		if _, ok := attack.Default().Find(id); !ok {
			return store.Scope{}, unknownTechnique(id)
		}
	}
	return store.Scope{By: f.by, ID: id}, nil
}
