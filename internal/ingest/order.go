package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/lines"
	"ttpctl/internal/sorting"
)

// Prepare returns what of inputs is to be read, in the order in which to read
// it, and what is left out: copies, unless cfg.KeepCopies, and files found in
// a directory that are of no known format.
//
// Files of one sensor are ordered by the time of their first line, so that
// `cowrie.json` comes behind the older `cowrie.json.2018-05-06`. They share out
// among themselves the places that they hold in inputs; everything else keeps
// its place, and with cfg.NoSort all do. The files of an archive are inputs of
// their own. A named file that cannot be opened is an error, and so is a
// directory without a log; all of them are reported.
func Prepare(ctx context.Context, inputs []Input, cfg Config) (ordered []Input, leftOut []lines.LeftOut, err error) {
	cfg = cfg.withDefaults()
	if err := CheckFormat(cfg.Format); err != nil {
		return nil, nil, err
	}
	p := &preparation{cfg: cfg, table: formats(), sensors: make(map[string][]placed)}
	if !cfg.KeepCopies {
		inputs, p.leftOut = lines.WithoutCopies(ctx, inputs)
	}
	for _, in := range inputs {
		p.add(ctx, in)
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, context.Cause(ctx)
	}
	p.order()
	return p.inputs, p.leftOut, errors.Join(append(p.errs, p.barren()...)...)
}

// A preparation looks at the beginnings of files.
type preparation struct {
	cfg     Config
	table   []format
	inputs  []Input
	leftOut []lines.LeftOut
	errs    []error
	sensors map[string][]placed
	dirs    []searched
}

// A searched directory is one that a user named.
type searched struct {
	path       string
	logs, rest int
}

type placed struct {
	place int
	at    time.Time
	Input
}

// add takes in the files that in stands for.
func (p *preparation) add(ctx context.Context, in Input) {
	looks := make(map[string]look)
	members, err := in.Members(ctx, func(in Input, s *lines.Stream) { looks[in.Name] = p.look(in, s) })
	switch {
	case err == nil:
	case in.Dir != "":
		p.leave(in, err.Error())
		return
	case lines.Readable(in) != nil:
		p.errs = append(p.errs, fmt.Errorf("%s: %w", in.Name, err))
		return
	default:
		members = []Input{in} // what is wrong with its content Run will say
	}
	for _, m := range members {
		l, looked := looks[m.Name]
		if looked && in.Dir != "" && !l.known {
			p.leave(m, l.why)
			continue
		}
		p.searched(in.Dir).logs++
		m.Log = l.log
		if l.sensor != "" && !p.cfg.NoSort {
			p.sensors[l.sensor] = append(p.sensors[l.sensor], placed{len(p.inputs), l.at, m})
		}
		p.inputs = append(p.inputs, m)
	}
}

func (p *preparation) leave(in Input, why string) {
	p.searched(in.Dir).rest++
	p.leftOut = append(p.leftOut, lines.LeftOut{Path: in.Name, Why: why})
}

// Recognise returns nil when the first lines of a file are of a known format,
// else what they are instead, or why they cannot be read.
func Recognise(ctx context.Context, in Input, cfg Config) error {
	s, err := in.Open(ctx, nil)
	if err != nil {
		return err
	}
	defer s.Close()
	p := &preparation{cfg: cfg.withDefaults(), table: formats()}
	l := p.look(in, s)
	switch {
	case l.known:
		return nil
	case l.why == ErrEmpty.Error():
		return ErrEmpty
	}
	return errors.New(l.why)
}

// ErrEmpty is what is wrong with a file that has no lines.
var ErrEmpty = errors.New("empty")

// searched returns the entry of a directory.
func (p *preparation) searched(path string) *searched {
	i := slices.IndexFunc(p.dirs, func(d searched) bool { return d.path == path })
	if i < 0 {
		i = len(p.dirs)
		p.dirs = append(p.dirs, searched{path: path})
	}
	return &p.dirs[i]
}

// barren returns an error for each directory without a log.
func (p *preparation) barren() (errs []error) {
	for _, d := range p.dirs {
		if d.path != "" && d.logs == 0 {
			names, _ := Formats()
			errs = append(errs, fmt.Errorf("%s: none of the %d files in this directory is a log of a known format (%s)", d.path, d.rest, strings.Join(names, ", ")))
		}
	}
	return errs
}

// order sorts the files of each sensor among the places that they hold.
func (p *preparation) order() {
	for _, files := range p.sensors {
		places := make([]int, len(files))
		for k, f := range files {
			places[k] = f.place
		}
		sorting.By(files, func(a, b placed) int {
			return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.place, b.place))
		})
		for k, f := range files {
			p.inputs[places[k]] = f.Input
		}
	}
}

// A look is what the first lines of a file show.
type look struct {
	known  bool   // they are of a known format
	why    string // of a file that is not: what it is instead
	sensor string // what the file's sensor is known by, "" = they have no time
	log    string // Input.Log: sensor, where the lines name it
	at     time.Time
}

// Bounds of a look, in bytes: a file of something else may be one line of any
// length.
const (
	peekLine = 1 << 20
	peekText = 4 << 20
)

// look reads the first lines of a file. What its sensor is known by is its
// log's name at least. What cannot be read or decompressed shows nothing: Run
// will say so.
func (p *preparation) look(in Input, s *lines.Stream) look {
	b := &Batch{}
	b.fill(lines.NewCutter(s.Head(peekText), peekLine))
	r := recognise(p.table, p.cfg.Format, b)
	if r.format == nil || len(b.lines) == 0 {
		return look{why: ErrEmpty.Error()}
	}
	l := look{known: r.known}
	if !r.known {
		l.why = diagnose(b)
	}
	f := r.format
	if f.start == nil {
		return l
	}
	if r.wrap != nil {
		newUnwrapper(r.wrap, peekLine).batch(b)
	}
	for i := range min(len(b.lines), sniffLines) {
		if sensor, at, ok := f.start(b.raw(i)); ok {
			l.sensor, l.at = f.name+" "+cmp.Or(sensor, lines.LogName(in.Name)), at
			if sensor != "" {
				l.log = l.sensor
			}
			break
		}
	}
	return l
}
