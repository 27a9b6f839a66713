package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"ttpctl/internal/collector"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/report"
	"ttpctl/internal/report/accounts"
	"ttpctl/internal/store"
	"ttpctl/internal/worker"
)

// tagFlags are the flags of `ttpctl tag`.
type tagFlags struct {
	output      outputs
	export      report.Export
	origin      ruleOrigin
	input       inputFlags
	filter      filterFlags
	workers     int
	strict      bool
	stdinName   string
	ignoreState bool
	save        bool
	follow      bool
	live        bool
	profile     bool
}

// maxWorkers bounds --workers: each costs memory, and more than processors
// win nothing.
const maxWorkers = 1024

// newTagCmd returns `ttpctl tag`.
func newTagCmd(a *app) *cobra.Command {
	var f tagFlags
	cmd := &cobra.Command{
		Use:   "tag [FILE...]",
		Short: "Tag the events of a log with ATT&CK techniques",
		Long: `Tag the events of logs: files, directories of logs, globs (** too) or - for
stdin. All logs in a directory and below it are read; other files there, and
copies, are left out and named. gzip, zstd, bzip2, xz and tar are recognised, JSON
arrays and UTF-16 too. On a terminal the output is a table of techniques, in a
pipe one tag a line as JSON. Where the terminal is one of a UTF-8 locale, the table
also shows when: a line for all tags, and one a technique if the terminal is wide.

With --follow, a terminal is redrawn in place up to four times a second: techniques,
attackers, the last hits; when it ends, the terminal is as before, and the table
follows. With -o or --live=false, and where stdout is no terminal, tags are printed as
they come.

When the database exists, the states of rules (ttpctl rule) are applied as they
are at the start; --ignore-state leaves them out. --save also
stores the tags in the database: every tag of the events in the time range,
whatever the other filters print. A replay stores nothing twice.

The summary on stderr accounts for every line of input. Exit code 1 says that
every line was rejected (with --strict: that one line was), 2 that a file is missing or a
rule is broken, 4 that a file could not be read to its end.`,
		Example: `  ttpctl tag cowrie.json
  zcat cowrie.json.*.gz | ttpctl tag -o jsonl - | jq .technique_id
  ttpctl tag -o table -o csv=tags.csv --technique T1105 --since 24h /var/log/cowrie`,
	}
	fs := cmd.Flags()
	outputFlag(cmd, &f.output, report.Formats()...)
	exportFlags(cmd, &f.export)
	f.input.register(cmd)
	f.input.registerSort(cmd)
	f.input.registerSources(cmd)
	fs.IntVar(&f.workers, "workers", 0, "goroutines that decode, and as many that evaluate (default one a processor)")
	fs.BoolVar(&f.strict, "strict", false, "stop at the first line that is rejected")
	fs.StringVar(&f.stdinName, "stdin-filename", "stdin", "`name` to report stdin by")
	fs.BoolVar(&f.ignoreState, "ignore-state", false, "do not apply the states in the database")
	fs.BoolVar(&f.save, "save", false, "store the tags in the database, which is made when it is missing")
	fs.BoolVar(&f.follow, "follow", false, "follow the logs as they are written, through their rotations, until the first signal")
	fs.BoolVar(&f.live, "live", true, "with --follow and without -o, redraw the terminal in place as tags come; the table comes at the end")
	fs.BoolVar(&f.profile, "profile-rules", false, "say on stderr what each rule cost, and why; of one event in 32 time is taken, and the tags are the same")
	cmd.MarkFlagsMutuallyExclusive("follow", "save")
	f.filter.register(fs)
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		f.origin = a.ruleOrigin()
		return runTag(ctx, f, args, a.streams)
	})
	return cmd
}

// runTag tags the events of the inputs that paths name.
func runTag(ctx context.Context, f tagFlags, paths []string, s *streams) (err error) {
	usual := defaultTagFormat(s)
	t := &tagging{now: s.now(), export: f.export}
	if s.noPager = s.noPager || f.follow; f.follow {
		t.live = f.live && s.out.tty && len(f.output.list) == 0
		if usual = "jsonl"; t.live { // a table comes at the end
			usual = "table"
		}
	}
	list, err := f.output.choose(s, usual)
	if err != nil {
		return err
	}
	if err := s.guardInputs(list, paths, f.input.files()...); err != nil {
		return err
	}
	defer func() { closeDB(t.db, &err) }()
	inputs, cfg, err := f.setUp(ctx, t, paths, s)
	if err != nil {
		return joinErrors(err, writeUnrun(list, err, s))
	}
	return t.run(ctx, inputs, cfg, list, s)
}

// setUp settles all that t needs and finds its inputs. t.db is to be closed
// also after an error.
func (f *tagFlags) setUp(ctx context.Context, t *tagging, paths []string, s *streams) (inputs []ingest.Input, cfg ingest.Config, err error) {
	if len(paths) == 0 {
		return nil, cfg, cannotRun("ttpctl tag cowrie.json, or - for stdin", "no input: no file named")
	}
	if f.workers < 0 || f.workers > maxWorkers {
		return nil, cfg, cannotRun("", "--workers: %d is outside [0, %d]", f.workers, maxWorkers)
	}
	if t.db, err = f.openDB(ctx, s); err != nil {
		return nil, cfg, err
	}
	collector.PreferHuge()
	rules, err := f.origin.load(ctx, t.db, s)
	if err != nil {
		return nil, cfg, err
	}
	if t.filter, err = f.filter.compile(rules, s.attack(), t.now); err != nil {
		return nil, cfg, err
	}
	if t.snapshot, err = f.snapshot(ctx, rules, t.db, t.now); err != nil {
		return nil, cfg, err
	}
	if f.profile {
		t.profiler = engine.NewProfiler(rules, profiledEvents)
	}
	if f.follow {
		t.paths, t.stdinName = paths, f.stdinName
	}
	if inputs, cfg, err = f.prepare(ctx, paths, rules, s); err != nil || !f.save {
		return inputs, cfg, err
	}
	if t.db, err = f.makeDB(ctx, t.db, s); err == nil {
		t.save = true
	}
	return inputs, cfg, err
}

// writeUnrun writes to the outputs that can say so why nothing ran.
func writeUnrun(list []output, why error, s *streams) error {
	list = slices.DeleteFunc(slices.Clone(list), func(o output) bool { return !report.IsDocument(o.format) })
	return s.render(list, func(k *sink) error {
		w, err := report.NewWriter(k.format, k, report.Options{Meta: s.buildMeta()})
		if err != nil {
			return err
		}
		return w.Finish(&report.Account{Errors: messages(why)})
	})
}

// messages returns what is to be said of err.
func messages(err error) []string {
	var all []string
	for _, t := range problems(err) {
		all = append(all, t.Message)
	}
	return all
}

// openDB opens the database when there is one and something of it is wanted.
func (f *tagFlags) openDB(ctx context.Context, s *streams) (store.Database, error) {
	file, err := dbFile(f.origin.db, s)
	switch {
	case f.save && err == nil && file == "":
		return nil, cannotRun("leave one of them out", "--save with --db none: there is no place for tags")
	case f.save && err == nil:
		return openDB(ctx, file, s)
	case f.save:
		return nil, err
	case err != nil || f.ignoreState && f.origin.store != "database":
		return nil, nil // no place is known where a database could be
	}
	db, err := readDB(ctx, file, s)
	if err != nil && f.origin.store != "database" {
		err = &failure{class: classRuntime, err: err, help: "--ignore-state tags without the states in it"}
	}
	return db, err
}

// snapshot puts rules under the states of db.
func (f *tagFlags) snapshot(ctx context.Context, rules *engine.Ruleset, db store.Database, now time.Time) (*engine.Snapshot, error) {
	if f.ignoreState {
		return engine.NewSnapshot(rules, nil, now), nil
	}
	states, err := statesOf(ctx, db)
	if err != nil {
		return nil, err
	}
	return engine.NewSnapshot(rules, states, now), nil
}

func defaultTagFormat(s *streams) string {
	if s.out.tty {
		return "table"
	}
	return "jsonl"
}

// prepare finds the inputs and says how to read them.
func (f *tagFlags) prepare(ctx context.Context, paths []string, rules *engine.Ruleset, s *streams) ([]ingest.Input, ingest.Config, error) {
	cfg, err := f.input.config(ctx, s)
	if err != nil {
		return nil, cfg, err
	}
	cfg.Workers, cfg.Fields, cfg.Strict = f.workers, rules.Needs(), f.strict
	if f.follow {
		return nil, cfg, nil
	}
	inputs, err := f.input.findInputs(ctx, paths, f.stdinName, cfg, s)
	if err != nil {
		return nil, cfg, err
	}
	return inputs, cfg, nil
}

// run reads the inputs, writes their tags to every output and says on stderr
// what became of each line.
func (t *tagging) run(ctx context.Context, inputs []ingest.Input, cfg ingest.Config, list []output, s *streams) error {
	sinks, err := s.openOutputs(list)
	if err != nil {
		return err
	}
	out, err := newTagOutputs(sinks, t.meta(), t.export, s)
	if err != nil {
		return err
	}
	out.goOn = len(sinks) > 1 || t.save
	account, stats, err := t.read(ctx, inputs, cfg, out, s)
	t.warnUnread(&account, s)
	acc := accounts.New(&account, stats, t.snapshot)
	acc.Errors = append(acc.Errors, messages(err)...)
	err = joinErrors(err, out.finish(acc))
	defer t.writeProfile(s)
	if !s.quiet {
		// A stderr that nobody reads is no failure.
		_ = acc.WriteText(s.err, t.meta())
		if t.save {
			s.noteSaved(stats, t.db)
		}
	} else {
		s.logRejected(&account)
	}
	return joinErrors(err, verdict(ctx, &account, cfg.Strict))
}

// read tags the inputs, or what is followed.
func (t *tagging) read(ctx context.Context, inputs []ingest.Input, cfg ingest.Config, out *tagOutputs, s *streams) (ingest.Account, worker.Stats, error) {
	if t.paths != nil {
		return t.follow(ctx, cfg, out, s)
	}
	bar := startProgress(s, ingest.TotalSize(inputs))
	defer bar.Stop()
	cfg.OnRead = bar.Add
	tagger := t.tagger(out.write, s)
	account, err := tagger.Run(ctx, inputs, cfg)
	return account, tagger.Stats(), err
}

// verdict turns what became of the input into an exit code.
func verdict(ctx context.Context, a *ingest.Account, strict bool) error {
	var errs []error
	for _, e := range a.Errors {
		errs = append(errs, broke("input %s: %w", e.File, e.Err))
	}
	if a.Interrupted {
		errs = append(errs, context.Cause(ctx))
	}
	if a.Rejected > 0 && (strict || a.Rejected == a.Lines-a.Blank) {
		first := a.Rejections[0]
		errs = append(errs, &failure{class: classNo, err: errors.New(rejectedMessage(a, strict)),
			help: fmt.Sprintf("the first was %s:%d: %s", first.File, first.Line, first.Reason)})
	}
	return joinErrors(errs...)
}

// logRejected says in one line what the summary would say of rejected lines.
func (s *streams) logRejected(a *ingest.Account) {
	if a.Rejected > 0 {
		first := a.Rejections[0]
		s.log.Error("lines were rejected", "lines", a.Rejected, "first", fmt.Sprintf("%s:%d", first.File, first.Line), "reason", first.Reason)
	}
}

func rejectedMessage(a *ingest.Account, strict bool) string {
	if strict {
		return "stopped at a rejected line, as --strict asks"
	}
	return report.Plural(a.Rejected, "line") + " read, every one rejected"
}

// tagOutputs writes each batch of tags to every output.
type tagOutputs struct {
	sinks   []*sink
	writers []report.Writer
	goOn    bool // the run is wanted also when nobody reads stdout any more
}

func newTagOutputs(sinks []*sink, meta report.Meta, e report.Export, s *streams) (*tagOutputs, error) {
	o := &tagOutputs{sinks: sinks}
	for _, k := range sinks {
		opts := report.Options{Meta: meta, Catalogue: s.attack(), Continued: k.continued, Export: e, Text: k.textOptions(s)}
		w, err := report.NewWriter(k.format, k, opts)
		if err != nil {
			return nil, err
		}
		o.writers = append(o.writers, w)
	}
	return o, nil
}

// write writes one batch. What goes to stdout is flushed with each, so that the
// reader of a live stream does not wait.
func (o *tagOutputs) write(tags []event.Tag) error {
	for i, w := range o.writers {
		k := o.sinks[i]
		err := w.Write(tags)
		if err == nil && k.live {
			err = k.Flush()
		}
		if err = k.fault(err); err != nil && !(o.goOn && errors.Is(err, errClosedPipe)) {
			return err
		}
	}
	return nil
}

// finish completes every output, also when one of them, or the run, failed: a
// half-written file is dropped, a whole one is put in its place. Documents come
// last, since they say what went wrong with the others. A nil account is an empty
// one.
func (o *tagOutputs) finish(acc *report.Account) error {
	if acc == nil {
		acc = &report.Account{}
	}
	var errs []error
	for _, documents := range []bool{false, true} {
		for i, k := range o.sinks {
			if report.IsDocument(k.format) != documents {
				continue
			}
			if err := k.finish(o.writers[i], acc); err != nil {
				errs = append(errs, err)
				acc.Errors = append(acc.Errors, messages(err)...)
			}
		}
	}
	return joinErrors(errs...)
}

// finish completes what w wrote to k.
func (k *sink) finish(w report.Writer, acc *report.Account) error {
	if err := w.Finish(acc); err != nil {
		k.abandon()
		return k.fault(err)
	}
	return k.commit()
}
