package main

import (
	"errors"
	"fmt"
	"os"

	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/worker"
)

// openAppended opens outputs whose files are appended to, tag by tag: they
// outlive the run, and whoever follows one sees each tag as it comes.
func (s *streams) openAppended(list []output) ([]*sink, error) { return openAll(list, s.openAppend) }

func (s *streams) openAppend(o output) (*sink, error) {
	if info, err := os.Stat(o.path); o.path == "" || err == nil && !info.Mode().IsRegular() {
		k, err := s.openOutput(o)
		if k != nil {
			k.live = true
		}
		return k, err
	}
	s.makePrivate(o.path)
	f, err := os.OpenFile(o.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, cannotRun("", "output %s: %w", o.path, reason(err))
	}
	k := newSink(f, o, s.palette(false), &outFile{File: f, appended: true})
	k.live = true
	k.continued, err = endLine(f)
	if err != nil {
		f.Close()
		return nil, k.fault(err)
	}
	return k, nil
}

// endLine ends the line that a crash tore off, so that the next does not become
// part of it, and reports whether f holds anything.
func endLine(f *os.File) (some bool, err error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return false, err
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, info.Size()-1); err != nil || last[0] == '\n' {
		return true, err
	}
	_, err = f.Write([]byte("\n"))
	return true, err
}

// A printer gives the tags of a serve to its outputs and counts those that all
// of them took.
type printer struct {
	out     *tagOutputs
	printed int64
}

func (p *printer) print(tags []event.Tag) error {
	err := p.out.write(tags)
	if err == nil {
		p.printed += int64(len(tags))
	}
	return err
}

// lost turns the end of stdout's reader, which is no failure elsewhere, into
// one: what was stored and not printed comes with no replay either.
func (p *printer) lost(err error, st worker.Stats, stored bool) error {
	if !errors.Is(err, errClosedPipe) {
		return err
	}
	n, what, help := st.New-p.printed, "stored and not printed", "ttpctl report tags prints what is stored"
	if !stored {
		n, what, help = st.Published-p.printed, "found and not printed", ""
	}
	return &failure{class: classRuntime, help: help,
		err: fmt.Errorf("output stdout: its reader went away, %s were %s", report.Plural(n, "tag"), what)}
}
