package ingest

import (
	"cmp"
	"errors"
	"slices"

	"ttpctl/internal/state"
)

// A recogniser finds out what the lines of one input are, and takes them out of
// what is wrapped around them. It belongs to one goroutine.
//
// A file is looked at once: its first lines decide. An input that is being
// written may begin with a single line, or with one that tells nothing, and is
// looked at until a line tells, or sniffLines have not. So is each file of a
// log that is followed; until it tells, it counts for what the one before was.
type recogniser struct {
	p       *pipeline
	patient bool // the input is being written
	recognised
	unwrap  *unwrapper
	sure    bool      // nothing more is looked at in the file that is read
	looked  int       // lines of it that told nothing
	unknown FileError // what the first of them looks like
}

// recogniser returns one for in, or, when the run goes on from a state, for
// what was read before.
func (p *pipeline) recogniser(in Input, live bool) *recogniser {
	r := &recogniser{p: p, patient: live || in.Follow != nil}
	if p.resumed != nil {
		r.restore(p.resumed)
		if p.resumed = nil; r.known {
			r.note(in.Name)
		}
	}
	return r
}

// batch looks at b as long as it must, and unwraps it.
func (r *recogniser) batch(b *Batch) {
	if b.block.First == 1 && r.patient {
		r.sure, r.looked = false, 0
	}
	if !r.sure {
		r.look(b)
	}
	if r.unwrap != nil {
		r.unwrap.batch(b)
	}
	if r.p.cfg.WantState != nil {
		b.reading = r.keep()
		b.reading.source = b.block.State
	}
}

// look looks at the first lines of a file, or at those that follow.
func (r *recogniser) look(b *Batch) {
	found := recognise(r.p.table, r.p.cfg.Format, b)
	if found.format == nil {
		return
	}
	if !found.known && r.patient {
		if r.looked += len(firstLines(b)); r.format == nil && r.unknown.File == "" {
			r.unknown = FileError{b.File, errors.New(diagnose(b))}
		}
		if r.looked < sniffLines {
			return
		}
	}
	r.sure = true
	switch {
	case found.known && r.known && r.format == found.format && sameWrapper(r.wrap, found.wrap):
	case found.known:
		r.take(found)
		r.note(b.File)
	case r.format == nil:
		if r.unknown.File == "" {
			r.unknown = FileError{b.File, errors.New(diagnose(b))}
		}
		r.giveUp()
	}
}

// giveUp notes that the lines look like nothing that is known.
func (r *recogniser) giveUp() {
	r.recognised = recognised{format: r.fallback()}
	r.note(r.unknown.File)
	if r.p.cfg.Format == Auto {
		r.p.inputs.Unknown = append(r.p.inputs.Unknown, r.unknown)
	}
}

// current returns the format by which lines are read now.
func (r *recogniser) current() *format { return cmp.Or(r.format, r.fallback()) }

// fallback returns the format for lines that look like nothing: the one that
// was asked for, or the first, which says line by line what is wrong.
func (r *recogniser) fallback() *format {
	i := slices.IndexFunc(r.p.table, func(f format) bool { return f.name == r.p.cfg.Format })
	return &r.p.table[max(0, i)]
}

// take goes on with what was found.
func (r *recogniser) take(found recognised) {
	r.recognised, r.unwrap = found, nil
	if found.wrap != nil {
		r.unwrap = newUnwrapper(found.wrap, r.p.cfg.MaxLine)
	}
}

// note puts what was found into the account.
func (r *recogniser) note(file string) {
	r.p.inputs.Formats.add(r.name(), 1)
	if len(r.p.inputs.Detected) < maxDetected {
		r.p.inputs.Detected = append(r.p.inputs.Detected, Detected{file, r.name()})
	}
}

// end notes what was never found out, and what was never finished.
func (r *recogniser) end() {
	if r.format == nil && r.looked > 0 {
		r.giveUp()
	}
	r.p.inputs.Unfinished += r.unwrap.unfinished()
}

func sameWrapper(a, b *wrapper) bool {
	return a == b || a != nil && b != nil && a.name == b.name && a.text == b.text
}

// A readingState is what a recogniser has found, and what it holds of a line
// that came in parts.
type readingState struct {
	format, wrapper, text string // names, and the wrapper's member; "" = none
	known, sure           bool
	looked                int
	part                  string
	source                func() []byte // what the source remembers, nil = nothing; kept as a part of its own
}

func (s *readingState) code(c *state.Codec) {
	for _, text := range []*string{&s.format, &s.wrapper, &s.text, &s.part} {
		c.Text(text)
	}
	c.Flag(&s.known)
	c.Flag(&s.sure)
	c.Int(&s.looked)
}

// keep returns what a later run needs to go on behind the lines so far.
func (r *recogniser) keep() readingState {
	s := readingState{known: r.known, sure: r.sure, looked: r.looked}
	if r.format != nil {
		s.format = r.format.name
	}
	if r.unwrap != nil {
		s.wrapper, s.text, s.part = r.wrap.name, r.wrap.text, string(r.unwrap.part)
	}
	return s
}

// restore goes on from s. What names a format or a wrapper that this version
// has not is looked for again.
func (r *recogniser) restore(s *readingState) {
	i := slices.IndexFunc(r.p.table, func(f format) bool { return f.name == s.format })
	if i < 0 {
		return
	}
	found := recognised{format: &r.p.table[i], known: s.known}
	if s.wrapper != "" {
		all := wrappers()
		k := slices.IndexFunc(all, func(w wrapper) bool { return w.name == s.wrapper && w.text == s.text })
		if k < 0 {
			return
		}
		found.wrap = &all[k]
	}
	r.take(found)
	r.sure, r.looked = s.sure, s.looked
	if r.unwrap != nil {
		r.unwrap.part = []byte(s.part)
	}
}
