package main

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"ttpctl/internal/collector"
	"ttpctl/internal/corpus"
	"ttpctl/internal/engine"
	"ttpctl/internal/ingest"
	"ttpctl/internal/lines"
	"ttpctl/internal/report/scores"
	"ttpctl/internal/store/rulesdir"
	seed "ttpctl/testdata/corpus"
)

// precisionFlags are the flags of `ttpctl precision`.
type precisionFlags struct {
	output     outputs
	layers     rulesdir.Layers // --rules
	corpora    []string
	cohorts    []string
	rules      []string
	gate       string
	format     string
	minRecall  float64
	allow      string
	baseline   string
	failNoData bool
	benign     []string
	prod       []string
	labels     string
	scrubIDs   bool
	exclude    []string
	keep       int
	input      inputFlags
	list       []output // what to write
}

// formats are those of the part of precision that the flags choose.
func (f *precisionFlags) formats() []string {
	if len(f.benign) > 0 || len(f.prod) > 0 || f.format == "atomic" || f.labels != "" {
		return censusFormats
	}
	return nil
}

// files returns the files that are read besides labelled rows and telemetry.
func (f *precisionFlags) files() []string {
	files := append(f.input.files(), append(corpus.ExcludeFiles(f.exclude), f.allow, f.baseline, f.labels)...)
	if len(f.corpora) == 0 {
		return append(files, corpus.Paths()...)
	}
	return files
}

// newPrecisionCmd returns `ttpctl precision`.
func newPrecisionCmd(a *app) *cobra.Command {
	f := precisionFlags{input: inputFlags{format: ingest.Auto, maxLine: lines.DefaultMaxLine}}
	cmd := &cobra.Command{
		Use:   "precision",
		Short: "Score rules on labelled rows, as a gate",
		Long: `Score every rule on labelled rows and compare its precision with the floor of
its band. Without --corpus the rows are those of corpus/<cohort>.jsonl where at
least 30 are labelled, else the seed that the binary holds; a smaller corpus is
reported beside the seed and judges no rule.

A rule PASSes, FAILs, or has NO-DATA when it never fired, or too seldom for any
score to clear its floor. With --gate point the share of right hits must clear
the floor, with --gate lower the lower end of its 95 % interval. On the seed,
whose labels are exact, a rule also fails when it misses a row that expects it,
and two rules of a cohort may fire together only where the row or the allow list
says so. With --baseline a rule fails only when it got worse.

Without labels there is no precision: --benign and --prod count hits by rule and
shape. --format atomic counts how many tests are tagged with their technique.

With --labels a file says which techniques the commands of a shape show. What
--prod reads, and --corpus as lines of commands, is held against it: recall over
the techniques that are expected, precision by band. With --format atomic the
labels say which tests a command line can show at all.

Exit code 1 says that a rule failed, or got worse, 2 that a row or a file is
bad.`,
		Example: `  ttpctl precision
  ttpctl precision --rules rules/ttp --rule R0018 -o table -o junit=precision.xml
  ttpctl precision --corpus corpus/ --gate lower --baseline old.json
  ttpctl precision --benign shell_history.txt
  ttpctl precision --prod cowrie.json --exclude-ip 192.0.2.7
  ttpctl precision --labels labels.jsonl --prod cowrie.json --exclude-ip 192.0.2.7`,
	}
	fs := cmd.Flags()
	outputFlag(cmd, &f.output, "table", "json", "junit", "markdown", "csv")
	fs.StringArrayVar(&f.corpora, "corpus", nil, "`FILE` or directory of labelled rows, - for stdin, repeatable")
	fs.StringSliceVar(&f.cohorts, "cohort", nil, "only this `cohort`, repeatable")
	fs.StringSliceVar(&f.rules, "rule", nil, "only this `rule_id`, repeatable")
	enumVar(cmd, fs, &f.gate, "gate", string(corpus.Auto), []string{string(corpus.Auto), string(corpus.Point), string(corpus.Lower)}, "what must clear the floor; auto is point for the seed, else lower")
	enumVar(cmd, fs, &f.format, "format", "rows", []string{"rows", "atomic"}, "format of --corpus")
	fs.Float64Var(&f.minRecall, "min-recall", -1, "fail rules of a lower `recall` (default 1 on the seed, else none)")
	fs.StringVar(&f.allow, "allow", "", "`file` of pairs of rules that may fire together: FIRED EXPECTED reason")
	fs.StringVar(&f.baseline, "baseline", "", "fail only on what is worse than in this JSON `file` of an earlier run")
	fs.BoolVar(&f.failNoData, "fail-on-no-data", false, "also fail rules that have a floor and NO-DATA")
	fs.StringArrayVar(&f.benign, "benign", nil, "`FILE` of what harmless users do, repeatable; every hit is a candidate false positive")
	fs.StringArrayVar(&f.prod, "prod", nil, "`SOURCE` of real telemetry, a log or a database, repeatable; needs --exclude-ip")
	fs.StringVar(&f.labels, "labels", "", "`file` of labels of the shapes of commands (of tests, with --format atomic) to hold --prod and --corpus against")
	fs.BoolVar(&f.scrubIDs, "scrub-ids", false, "with --format atomic, replace technique ids and the project's paths in the tests by random names")
	excludeFlag(fs, &f.exclude)
	fs.IntVar(&f.keep, "show", 20, "false positives and negatives listed of each rule; all are counted")
	cmd.MarkFlagsMutuallyExclusive("corpus", "benign")
	cmd.MarkFlagsMutuallyExclusive("benign", "prod")
	cmd.MarkFlagsMutuallyExclusive("labels", "benign")
	cmd.MarkFlagsMutuallyExclusive("labels", "rule")
	cmd.Args = noArgs
	cmd.RunE = a.run(func(ctx context.Context, _ []string) error {
		f.layers = a.globals.rules
		return runPrecision(ctx, f, a.streams)
	})
	cmd.AddCommand(newImpactCmd(a))
	return cmd
}

// runPrecision scores, or counts what has no labels.
func runPrecision(ctx context.Context, f precisionFlags, s *streams) error {
	list, err := f.output.choose(s, "table", f.formats()...)
	if err == nil {
		err = s.guardInputs(list, slices.Concat(f.corpora, f.benign, f.prod), f.files()...)
	}
	if err != nil {
		return err
	}
	f.list = list
	if err := f.checkInputs(); err != nil {
		return err
	}
	if math.IsNaN(f.minRecall) || f.minRecall > 1 {
		return cannotRun("", "--min-recall: %v is above 1", f.minRecall)
	}
	rules, err := loadMeasured(ctx, s, f.layers)
	if err != nil {
		return err
	}
	if err := knowsAll(rules, f.rules); err != nil {
		return err
	}
	snap := engine.NewSnapshot(rules, nil, s.now())
	switch {
	case f.format == "atomic":
		return runAtomic(ctx, f, snap, s)
	case f.labels != "":
		return runLabels(ctx, f, snap, s)
	case len(f.benign) > 0:
		return runBenign(ctx, f, snap, s)
	case len(f.prod) > 0:
		return runProduction(ctx, f, snap, s)
	}
	return runScore(ctx, f, snap, s)
}

// checkInputs says which inputs do not go together.
func (f *precisionFlags) checkInputs() error {
	switch {
	case f.labels == "" && len(f.corpora) > 0 && len(f.prod) > 0:
		return cannotRun("--labels FILE holds both against labels", "--corpus and --prod: only one of them can be given")
	case f.labels != "" && f.format != "atomic" && len(f.corpora)+len(f.prod) == 0:
		return cannotRun("--prod SOURCE or --corpus FILE names them", "--labels %s: no commands to hold against it", f.labels)
	}
	return nil
}

// loadMeasured is loadRules without a look at the rules' own examples: a rule
// that came to disagree with them is what is to be measured, and validate says
// so.
func loadMeasured(ctx context.Context, s *streams, layers rulesdir.Layers) (*engine.Ruleset, error) {
	collector.PreferHuge()
	return loadRulesAs(ctx, s, layers, func() engine.Config {
		cfg := runConfig(s, false)
		cfg.Quick = true
		return cfg
	})
}

func runScore(ctx context.Context, f precisionFlags, snap *engine.Snapshot, s *streams) error {
	corpora, beside, err := f.findCorpora(ctx, s)
	if err != nil {
		return err
	}
	opt, err := f.options(ctx, corpora, s)
	if err != nil {
		return err
	}
	old, err := f.readBaseline(ctx, s)
	if err != nil {
		return err
	}
	measured, err := corpus.ScoreBeside(ctx, snap, corpora, beside, opt)
	if err != nil {
		return corpusFailure(ctx, err)
	}
	r := &scores.Score{Report: measured, Meta: rulesMeta(snap), Against: old != nil, NoDataFails: f.failNoData}
	if old != nil {
		r.Worse = measured.Regressions(old)
	}
	err = s.renderResult(f.list, r.Result())
	for _, w := range measured.Warnings {
		s.log.Warn(w)
	}
	if measured.Unlabelled > 0 {
		s.log.Warn("rows without labels were passed over; ttpctl corpus label gives them some", "rows", measured.Unlabelled)
	}
	s.notef("%s", r.Summary())
	if !r.Passed() {
		err = joinErrors(err, errNo)
	}
	return err
}

// options turns flags into what scoring asks.
func (f *precisionFlags) options(ctx context.Context, corpora []corpus.Corpus, s *streams) (corpus.Options, error) {
	opt := corpus.Options{Gate: corpus.Gate(f.gate), Rules: f.rules, Keep: f.keep, MinRecall: max(f.minRecall, 0)}
	if f.minRecall < 0 {
		opt.SeedRecall = 1
	}
	var r io.Reader
	var err error
	name := "crossfire.txt"
	switch {
	case f.allow != "":
		name = f.allow
		r, err = readSmall(ctx, "--allow", name, s)
	case slices.ContainsFunc(corpora, func(c corpus.Corpus) bool { return !c.Seed }):
		return opt, nil
	default:
		r, err = seed.Files().Open(name)
	}
	if err != nil {
		return opt, err
	}
	if opt.Allow, err = corpus.ParseAllowList(name, r); err != nil {
		return opt, cannotRun("a line is FIRED EXPECTED and the reason", "%w", err)
	}
	return opt, nil
}

func (f *precisionFlags) readBaseline(ctx context.Context, s *streams) (*corpus.Report, error) {
	if f.baseline == "" {
		return nil, nil
	}
	r, err := readSmall(ctx, "--baseline", f.baseline, s)
	if err != nil {
		return nil, err
	}
	old, err := corpus.ReadBaseline(r)
	if err != nil {
		return nil, cannotRun("make one with ttpctl precision -o json="+f.baseline, "--baseline %s: %w", f.baseline, err)
	}
	return old, nil
}

// corpusFailure gives an error of the corpora its class: bad rows and files
// that cannot be opened keep the command from its work, a read error is one at
// run time.
func corpusFailure(ctx context.Context, err error) error {
	var row *corpus.RowError
	var read *corpus.ReadError
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, corpus.ErrNoRows):
		return cannotRun("rows want expected_rule_ids; ttpctl corpus label gives them some", "the corpus is empty: %w", err)
	case errors.As(err, &row):
		return classify(err)
	case errors.As(err, &read):
		if errors.Is(err, os.ErrNotExist) {
			return cannotRun("", "%w", err)
		}
		return broke("%w", err)
	}
	return err
}

// classify makes each of the errors that err joins a failure of what was given.
func classify(err error) error {
	var all []error
	for _, e := range flatten(err) {
		all = append(all, cannotRun("", "%w", e))
	}
	return joinErrors(all...)
}
