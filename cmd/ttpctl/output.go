package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ttpctl/internal/attack"
	"ttpctl/internal/hint"
	"ttpctl/internal/jetstream"
	"ttpctl/internal/outfile"
	"ttpctl/internal/report"
	"ttpctl/internal/terminal"
)

// natsFormat is that of an output to NATS, whose path is the address.
const natsFormat = "nats"

// An output is one -o FORMAT[=FILE]; a path of "" is stdout.
type output struct{ format, path string }

// outputs is the value of -o: what is written where. At most one goes to
// stdout, and no file is written twice.
type outputs struct {
	formats []string // the verb's
	list    []output
}

// outputFlag declares -o on cmd.
func outputFlag(cmd *cobra.Command, o *outputs, formats ...string) {
	o.formats = formats
	cmd.Flags().VarP(o, "output", "o", "`FORMAT[=FILE]`, repeatable: "+strings.Join(formats, ", "))
	complete(cmd, "output", formats)
}

// choose returns what to write: def to stdout when nothing was asked for. None
// of it is a file that every command reads. A part of a verb that has fewer
// formats than the verb names them.
func (o *outputs) choose(s *streams, def string, formats ...string) ([]output, error) {
	list := o.list
	if len(list) == 0 {
		list = []output{{format: def}}
	}
	for _, out := range o.list {
		if len(formats) > 0 && !slices.Contains(formats, out.format) {
			return nil, cannotRun("-o "+strings.Join(formats, " or -o "), "no format %q here", out.format)
		}
	}
	return list, s.guard(list)
}

// Type implements pflag.Value.
func (o *outputs) Type() string { return "FORMAT[=FILE]" }

// String implements pflag.Value.
func (o *outputs) String() string {
	var words []string
	for _, out := range o.list {
		words = append(words, out.format)
	}
	return strings.Join(words, ",")
}

// Append, Replace and GetSlice implement pflag.SliceValue.
func (o *outputs) Append(word string) error { return o.Set(word) }

func (o *outputs) Replace(words []string) error {
	o.list = nil
	for _, w := range words {
		if err := o.Set(w); err != nil {
			return err
		}
	}
	return nil
}

func (o *outputs) GetSlice() []string {
	var words []string
	for _, out := range o.list {
		word := out.format
		if out.format == natsFormat {
			word = out.path
		} else if out.path != "" {
			word += "=" + out.path
		}
		words = append(words, word)
	}
	return words
}

// Set implements pflag.Value; every use of the flag adds an output. That two of
// them go to one place is found by choose: shells complete a second -o.
func (o *outputs) Set(word string) error {
	format, path, named := strings.Cut(word, "=")
	if jetstream.IsAddress(word) {
		format, path, named = natsFormat, word, true
	}
	switch {
	case format == natsFormat && slices.Contains(o.formats, format) && !jetstream.IsAddress(path):
		return cannotRun("-o nats://host:4222", "%q: no server named", word)
	case !slices.Contains(o.formats, format):
		return hint.UnknownWord("format", format, o.formats)
	case named && path == "":
		return cannotRun("write "+format+"=FILE, or "+format+" for stdout", "%q: no file named", word)
	}
	if path == "-" || path == "/dev/stdout" {
		path = ""
	}
	o.list = append(o.list, output{format, path})
	return nil
}

// where names the destination in messages.
func (o output) where() string {
	if o.path == "" {
		return "stdout"
	}
	return o.path
}

// A sink is an opened output: a buffered writer that remembers where it
// writes, so that every error names the place. It is for one goroutine.
type sink struct {
	*bufio.Writer
	output
	palette report.Palette
	file    *outfile.File // nil for stdout
	pager   *terminal.Pager

	live      bool // what is written is handed on with every batch
	continued bool // the file held something before
}

// openOutputs opens every output, or none of them.
func (s *streams) openOutputs(list []output) ([]*sink, error) { return openAll(list, s.openOutput) }

// openAll opens every output by open, or none of them.
func openAll(list []output, open func(output) (*sink, error)) ([]*sink, error) {
	var sinks []*sink
	for _, o := range list {
		k, err := open(o)
		if err != nil {
			for _, k := range sinks {
				k.abandon()
			}
			return nil, err
		}
		sinks = append(sinks, k)
	}
	return sinks, nil
}

func (s *streams) openOutput(o output) (*sink, error) {
	if o.path == "" {
		p := s.pager(o.format)
		if p == nil {
			return newSink(s.out, o, s.palette(s.out.tty), nil), nil
		}
		k := newSink(p, o, s.palette(s.out.tty), nil)
		k.pager = p
		return k, nil
	}
	s.makePrivate(o.path)
	f, err := outfile.Create(o.path)
	if err != nil {
		return nil, cannotRun("", "output %s: %w", o.path, hint.PathReason(err))
	}
	return newSink(f, o, s.palette(false), f), nil
}

func newSink(w io.Writer, o output, p report.Palette, f *outfile.File) *sink {
	const size = 64 << 10
	return &sink{Writer: bufio.NewWriterSize(w, size), output: o, palette: p, file: f, live: f == nil}
}

// commit writes out what is buffered and puts a file in its place.
func (k *sink) commit() error {
	err := k.Flush()
	if k.file == nil {
		k.abandon()
		return k.fault(err)
	}
	if err != nil {
		k.file.Discard()
		return k.fault(err)
	}
	return k.fault(k.file.Commit())
}

// abandon drops a file that is not finished. What reached stdout stays, and its
// reader is waited for.
func (k *sink) abandon() {
	if k.file != nil {
		k.file.Discard()
	}
	if k.pager != nil {
		k.pager.Close()
	}
}

// pager returns what shows a format on the terminal page by page; nil = nothing.
func (s *streams) pager(format string) *terminal.Pager {
	tty, ok := s.out.Writer.(terminal.File)
	if !ok || !s.out.tty || s.noPager || report.IsStreamed(format) {
		return nil
	}
	p := terminal.NewPager(tty, terminal.PagerCommand(s.lookup))
	p.Hold = s.hold
	return p
}

// fault gives an error of writing its class: none at all when the reader of
// stdout went away.
func (k *sink) fault(err error) error {
	switch {
	case err == nil:
		return nil
	case k.file == nil && isClosedPipe(err):
		return errClosedPipe
	}
	return broke("output %s: %w", k.where(), hint.PathReason(err))
}

// render opens the outputs, lets f write each and commits them. The errors of
// all are joined: one full disk does not cost the other outputs.
func (s *streams) render(list []output, f func(k *sink) error) error {
	sinks, err := s.openOutputs(list)
	if err != nil {
		return err
	}
	return commitAll(sinks, func(_ int, k *sink) error { return f(k) })
}

// commitAll lets f finish each of the outputs and commits them.
func commitAll(sinks []*sink, f func(i int, k *sink) error) error {
	var errs []error
	for i, k := range sinks {
		if err := f(i, k); err != nil {
			k.abandon()
			errs = append(errs, k.fault(err))
			continue
		}
		errs = append(errs, k.commit())
	}
	return joinErrors(errs...)
}

// printf writes formatted text; the writer keeps the first error.
func (k *sink) printf(format string, args ...any) { fmt.Fprintf(k, format, args...) }

// rowFormats are the formats of what is rows.
var rowFormats = []string{"table", "json", "csv"}

// renderRows writes r in each format asked for.
func (s *streams) renderRows(list []output, r *report.Rows) error {
	return s.renderResult(list, r.Result(s.buildMeta()))
}

// renderResult writes r in each format asked for.
func (s *streams) renderResult(list []output, r *report.Result) error {
	return s.render(list, func(k *sink) error { return r.Write(k.format, k, k.textOptions(s)) })
}

// textOptions are what a text table must know of k.
func (k *sink) textOptions(s *streams) report.TextOptions {
	o := report.TextOptions{Color: k.palette.On}
	if k.file == nil {
		o.Width, o.Spark = s.out.width(s), s.out.tty && terminal.UTF8(s.lookup)
	}
	return o
}

// exportFlags declares what formats for other people's tools need to know.
func exportFlags(cmd *cobra.Command, e *report.Export) {
	fs := cmd.Flags()
	fs.StringVar(&e.Producer, "producer", "honeypot", "`name` of who runs the honeypot, for stix, misp and ecs")
	enumVar(cmd, fs, &e.TLP, "tlp", "", []string{"clear", "green", "amber", "amber+strict", "red"}, "how far a stix or misp document may go, by TLP 2.0")
	var domains []string
	for _, d := range attack.Domains() {
		domains = append(domains, string(d))
	}
	enumVar(cmd, fs, &e.Domain, "domain", domains[0], domains, "domain of a navigator layer")
}
