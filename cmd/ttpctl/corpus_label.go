package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"ttpctl/internal/corpus"
	"ttpctl/internal/engine"
	"ttpctl/internal/hint"
	"ttpctl/internal/lines"
	"ttpctl/internal/report"
	"ttpctl/internal/report/labeller"
	"ttpctl/internal/store/rulesdir"
)

// labelFlags are the flags of `ttpctl corpus label`.
type labelFlags struct {
	layers  rulesdir.Layers // --rules
	size    int
	seed    uint64
	rules   []string
	answers string
	export  string
	load    string // --import
}

// newCorpusLabelCmd returns `ttpctl corpus label`.
func newCorpusLabelCmd(a *app) *cobra.Command {
	var f labelFlags
	cmd := &cobra.Command{
		Use:   "label CORPUS",
		Short: "Judge sampled hits, one at a time, on the terminal",
		Long: `Sample hits of each rule on a corpus, of as many shapes as possible, and judge
them one at a time. Keys: y right, n wrong, u unsure, t note, b back, q quit.

Each answer is saved before the next hit is shown, to CORPUS.labels, and a later
run goes on where this one ended. At the end the answers are put into the corpus:
a rule that was judged right is expected of its row, one judged wrong is not.

--export writes the sample with its answers as CSV for a spreadsheet, --import
reads the answers back; neither needs a terminal.`,
		Example: `  ttpctl corpus label corpus/seed_commands.jsonl
  ttpctl corpus label --rule R0018 --export csv=sample.csv corpus/seed_commands.jsonl
  ttpctl corpus label --import csv=sample.csv corpus/seed_commands.jsonl`,
	}
	fs := cmd.Flags()
	fs.IntVar(&f.size, "sample", 100, "hits sampled of each rule at most")
	fs.Uint64Var(&f.seed, "seed", 1, "another number draws another sample")
	fs.StringSliceVar(&f.rules, "rule", nil, "only hits of this `rule_id`, repeatable")
	fs.StringVar(&f.answers, "answers", "", "`file` of answers (default CORPUS.labels)")
	fs.StringVar(&f.export, "export", "", "write the sample as `csv[=FILE]`, by default to stdout")
	fs.StringVar(&f.load, "import", "", "read answers from `csv[=FILE]`, by default from stdin")
	cmd.MarkFlagsMutuallyExclusive("export", "import")
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		f.layers = a.globals.rules
		return runCorpusLabel(ctx, f, args, a.streams)
	})
	return cmd
}

// A labelling is a corpus on its way to labels.
type labelling struct {
	c       corpus.Corpus
	rules   *engine.Ruleset
	samples []corpus.Sample
	journal *corpus.Journal
}

func runCorpusLabel(ctx context.Context, f labelFlags, args []string, s *streams) (err error) {
	if len(args) != 1 {
		return cannotRun("ttpctl corpus label corpus/seed_commands.jsonl", "one corpus is wanted, %d named", len(args))
	}
	if f.size < 1 {
		return cannotRun("", "--sample: %d is below 1", f.size)
	}
	tty, onTerminal := terminalOf(s)
	if f.export == "" && f.load == "" && !onTerminal {
		return cannotRun("--export csv=FILE writes the sample for a spreadsheet, --import csv=FILE reads it back", "corpus label needs a terminal")
	}
	if f.export != "" {
		err = s.guard([]output{{"csv", csvPlace(f.export)}}, args[0], f.journalOf(args[0]))
	}
	if err != nil {
		return err
	}
	l, err := f.open(ctx, args[0], s)
	if err != nil {
		return err
	}
	defer func() { err = joinErrors(err, l.journal.Close()) }()
	if len(l.samples) == 0 {
		s.log.Warn("no rule fires on this corpus", "file", args[0])
	}
	var interrupted error // what was answered until then counts
	switch {
	case f.export != "":
		return l.export(f.export, s)
	case f.load != "":
		err = l.load(ctx, f.load, s)
	default:
		interrupted, err = l.ask(ctx, tty, s)
	}
	if err != nil {
		return err
	}
	return joinErrors(interrupted, l.apply(ctx, args[0], s))
}

// ask labels on the terminal, until all is answered or the user ends it.
func (l *labelling) ask(ctx context.Context, tty *os.File, s *streams) (interrupted, err error) {
	err = labeller.New(l.rules, l.samples, l.journal, tty, s.out, s.palette(true)).Run(ctx)
	if errors.Is(err, labeller.ErrInterrupted) {
		return &signalError{syscall.SIGINT}, nil
	}
	return nil, err
}

// terminalOf returns the terminal that keys come from.
func terminalOf(s *streams) (*os.File, bool) {
	f, ok := s.in.(*os.File)
	return f, ok && s.out.tty && term.IsTerminal(int(f.Fd()))
}

// open samples the corpus and reads the answers that there are.
func (f *labelFlags) open(ctx context.Context, path string, s *streams) (*labelling, error) {
	rules, err := loadRules(ctx, s, f.layers)
	if err != nil {
		return nil, err
	}
	if err := knowsAll(rules, f.rules); err != nil {
		return nil, err
	}
	l := &labelling{c: s.corpora().File(path), rules: rules}
	if err := takesLabels(ctx, l.c.Input); err != nil {
		return nil, cannotRun("", "%s: %w", path, err)
	}
	sampler := corpus.NewSampler(engine.NewSnapshot(rules, nil, s.now()), s.now(), f.seed, f.size, f.rules)
	if err := sampler.Read(ctx, []corpus.Corpus{l.c}); err != nil {
		return nil, corpusFailure(ctx, err)
	}
	l.samples = sampler.Samples()
	l.journal, err = corpus.OpenJournal(f.journalOf(path))
	return l, err
}

// takesLabels returns an error unless in is a file of lines, which is written
// anew with labels in it.
func takesLabels(ctx context.Context, in lines.Input) error {
	if in.Reader != nil {
		return errors.New("labels can only be put into a file")
	}
	if info, err := os.Stat(in.Path()); err != nil {
		return hint.PathReason(err)
	} else if !info.Mode().IsRegular() {
		return errors.New("labels can only be put into a regular file")
	}
	stream, err := in.Open(ctx, nil)
	if err != nil {
		return err
	}
	defer stream.Close()
	if stream.Form != "" {
		return fmt.Errorf("labels can only be put into plain JSON Lines, and this is %s: write it out as such first", stream.Form)
	}
	return nil
}

// journalOf returns the file of answers on the corpus at path.
func (f *labelFlags) journalOf(path string) string {
	if f.answers != "" {
		return f.answers
	}
	return path + ".labels"
}

// apply puts the answers into the corpus.
func (l *labelling) apply(ctx context.Context, path string, s *streams) error {
	changed := 0
	err := writePrivate(path, func(f *os.File) (err error) {
		changed, err = corpus.WriteLabelled(ctx, f, l.c, l.journal.Answers)
		if err != nil {
			return corpusFailure(ctx, err)
		}
		return nil
	})
	if err == nil {
		s.notef("%s answered in all, %s of %s changed", report.Plural(l.journal.Answers.Len(), "hit"), report.Plural(changed, "row"), path)
	}
	return err
}

// csvPlace returns the file of `csv`, `csv=FILE` or FILE, "" for a standard
// stream.
func csvPlace(word string) string {
	if word == "csv" || word == "-" {
		return ""
	}
	return strings.TrimPrefix(word, "csv=")
}

func (l *labelling) export(word string, s *streams) error {
	return s.render([]output{{"csv", csvPlace(word)}}, func(k *sink) error {
		return labeller.WriteCSV(k, corpus.Records(l.samples, l.journal.Answers))
	})
}

func (l *labelling) load(ctx context.Context, word string, s *streams) error {
	name := cmp.Or(csvPlace(word), "-")
	in, err := readSmall(ctx, "--import", name, s)
	if err != nil {
		return err
	}
	records, err := labeller.ReadCSV(in)
	if err != nil {
		return cannotRun("", "--import %s: %w", name, err)
	}
	answers, err := corpus.ImportRecords(name, records, corpus.Known(l.samples, l.journal.Answers))
	if err != nil {
		return classify(err)
	}
	for _, a := range answers {
		if err := l.journal.Add(a); err != nil {
			return err
		}
	}
	return nil
}
