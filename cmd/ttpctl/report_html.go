package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"ttpctl/internal/collector"
	"ttpctl/internal/corpus"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/report/dossier"
	"ttpctl/internal/report/html"
	"ttpctl/internal/store/databases"
	"ttpctl/internal/worker"
)

// reportHTMLFlags are the flags of `ttpctl report html`.
type reportHTMLFlags struct {
	tagFlags
	query     queryFlags
	countries string
	chosen    string // the filters in words
}

// newReportHTMLCmd returns `ttpctl report html`.
func newReportHTMLCmd(a *app) *cobra.Command {
	var f reportHTMLFlags
	cmd := &cobra.Command{
		Use:   "html [LOG...]",
		Short: "A page to pass on: matrix, timeline, attackers, sessions, indicators",
		Long: `A page to pass on, of logs as tag reads them or, without one, of the tags in the
database: the ATT&CK matrix, a timeline, attackers, sessions as they were typed with
what each line would do, indicators, campaigns, what got no tag, and how far each
rule can be trusted. One file that asks nothing of any network, for a screen, a
phone and paper. The same input gives the same bytes.

Passwords and the people in mail addresses are masked. Countries are shown only as
--countries has them: a prefix and a country a line.`,
		Example: `  ttpctl report html cowrie.json > report.html
  ttpctl report html --since 7d -o html=week.html`,
	}
	outputFlag(cmd, &f.output, "html")
	f.input.register(cmd)
	f.input.registerSort(cmd)
	f.input.registerSources(cmd)
	f.query.register(cmd.Flags())
	cmd.Flags().StringVar(&f.countries, "countries", "", "`file` of prefixes and countries, a pair a line")
	cmd.Flags().BoolVar(&f.ignoreState, "ignore-state", false, "do not apply the states in the database")
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		f.origin, f.filter, f.stdinName, f.chosen = a.ruleOrigin(), f.query.filterFlags, "stdin", chosen(cmd.Flags())
		return runReportHTML(ctx, f, args, a.streams)
	})
	return cmd
}

func runReportHTML(ctx context.Context, f reportHTMLFlags, paths []string, s *streams) error {
	list, err := f.output.choose(s, "html")
	if err == nil {
		others := slices.DeleteFunc(append(f.input.files(), f.countries), func(name string) bool { return name == "" })
		err = s.guardInputs(list, paths, others...)
	}
	if err != nil {
		return err
	}
	p := &html.Page{Chosen: f.chosen, Countries: f.countries}
	var countries *dossier.Countries
	if f.countries != "" {
		file, err := readSmall(ctx, "--countries", f.countries, s)
		if err != nil {
			return err
		}
		if countries, err = dossier.ReadCountries(file); err != nil {
			return cannotRun("a line is 203.0.113.0/24,Country", "--countries %s: %w", f.countries, err)
		}
	}
	b := dossier.New(dossier.Config{Catalogue: s.attack(), Countries: countries, Stored: len(paths) == 0})
	read := f.readLogs
	if len(paths) == 0 {
		read = f.readStored
	}
	snap, err := read(ctx, b, p, paths, s)
	if snap == nil {
		return err
	}
	p.Meta, p.Dossier = metaOf(snap), b.Dossier()
	p.RuleName = func(id string) string {
		if r := snap.Ruleset().Rule(id); r != nil {
			return r.Name
		}
		return ""
	}
	scores, scoreErr := scoreFired(ctx, b.Rules(), snap.Ruleset(), s)
	p.Scores = scores
	return joinErrors(err, scoreErr, s.render(list, func(k *sink) error { return p.Write(k) }))
}

// readLogs gives the tags of the logs to b. A nil snapshot says that nothing was
// read; an error with one costs what could not be read.
func (f *reportHTMLFlags) readLogs(ctx context.Context, b *dossier.Builder, p *html.Page, paths []string, s *streams) (_ *engine.Snapshot, err error) {
	if len(f.query.attackers)+len(f.query.sessions) > 0 {
		return nil, cannotRun("store the tags with ttpctl tag --save, and leave the log out", "--attacker and --session choose among stored tags")
	}
	t := &tagging{now: s.now()}
	defer func() { closeDB(t.db, &err) }()
	inputs, cfg, err := f.setUp(ctx, t, paths, s)
	if err != nil {
		return nil, err
	}
	var read html.Inputs
	for i := range inputs {
		if in := &inputs[i]; in.Reader != nil {
			in.Reader = read.Stream(in.Name, in.Reader)
		} else {
			read.File(ctx, in.Path())
		}
	}
	fields := event.NewFieldSet()
	fields.Join(cfg.Fields)
	fields.Join(dossier.Needs())
	cfg.Fields = fields
	bar := startProgress(s, ingest.TotalSize(inputs))
	defer bar.Stop()
	cfg.OnRead = bar.Add
	tagger := t.tagger(func(tags []event.Tag) error { b.Tag(tags); return nil }, s)
	tagger.Record, tagger.Recorded = func() worker.Recorder { return b.Recorder() }, b.Add
	account, err := tagger.Run(ctx, inputs, cfg)
	p.Inputs = read.List()
	t.warnUnread(&account, s)
	s.logRejected(&account)
	return t.snapshot, joinErrors(err, verdict(ctx, &account, false))
}

// readStored gives the tags in the database to b.
func (f *reportHTMLFlags) readStored(ctx context.Context, b *dossier.Builder, p *html.Page, _ []string, s *streams) (_ *engine.Snapshot, err error) {
	filter, err := f.query.filter(s.attack(), s.now())
	if err != nil {
		return nil, err
	}
	db, err := databases.InsteadOfLog(mustReadDB(ctx, f.origin.db, s))
	if err != nil {
		return nil, err
	}
	defer closeDB(db, &err)
	rules, err := f.origin.load(ctx, db, s)
	if err != nil {
		return nil, err
	}
	collector.KeepWithin(400 << 20) // and what is no heap: a million tags in 500 MB
	if err := db.Sessions().Each(ctx, "", b.Kept); err != nil {
		return nil, err
	}
	one := make([]event.Tag, 1)
	err = db.Tags().EachCounted(ctx, filter, func(t *event.Tag) error { one[0] = *t; b.Tag(one); return nil })
	if err != nil {
		return nil, err
	}
	p.Database = db.Path()
	return f.snapshot(ctx, rules, db, s.now())
}

// scoreFired scores the rules that fired on the labelled rows that precision goes
// by.
func scoreFired(ctx context.Context, fired []string, rules *engine.Ruleset, s *streams) ([]corpus.RuleScore, error) {
	var known []string
	for _, id := range fired {
		if rules.Rule(id) != nil {
			known = append(known, id)
		}
	}
	if len(known) == 0 {
		return nil, nil
	}
	f := precisionFlags{minRecall: -1, gate: string(corpus.Auto)}
	corpora, _, err := f.findCorpora(ctx, s)
	if err != nil {
		return nil, err
	}
	measured, err := corpus.Score(ctx, engine.NewSnapshot(rules, nil, s.now()), corpora, corpus.Options{Rules: known})
	if err != nil {
		return nil, corpusFailure(ctx, err)
	}
	return measured.Rules, nil
}
