package ingest

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"ttpctl/internal/lines"
	"ttpctl/internal/ordered"
)

// inFlight bounds the text in the pipeline, in bytes; batches of ordinary
// lines never come near it. A batch that takes more than a quarter travels
// alone.
const inFlight = lines.DefaultMaxLine

// Run reads inputs in order and hands the batches, in order, to sink, which
// runs on one goroutine and may be slow: reading waits for it. An input that
// cannot be read to its end is noted in the account, and the others are
// finished.
//
// When ctx ends, Run stops reading, finishes what was read and returns. The
// error is sink's first, after which it is given nothing more, or that of an
// unknown format or of a state that cannot be read.
func Run(ctx context.Context, inputs []Input, cfg Config, newEvaluator func() Evaluator, sink func(*Batch) error) (Account, error) {
	cfg = cfg.withDefaults()
	if err := CheckFormat(cfg.Format); err != nil {
		return Account{}, err
	}
	p, err := newPipeline(cfg)
	if err != nil {
		return Account{}, err
	}
	defer p.mail.close()
	read, stop := context.WithCancel(ctx)
	defer stop()
	p.stop = stop

	var all, decoders, evaluators sync.WaitGroup
	all.Go(func() { p.read(read, inputs) })
	for range p.cfg.Workers {
		decoders.Go(p.decode)
		evaluators.Go(func() { p.evaluate(newEvaluator()) })
	}
	all.Go(p.assemble)
	all.Go(func() { p.deliver(sink) })
	all.Wait()
	decoders.Wait()
	evaluators.Wait()

	a := p.account
	a.Files, a.Bytes, a.Formats = p.inputs.Files, p.inputs.Bytes, p.inputs.Formats
	a.Empty, a.Errors, a.Evicted, a.Late = p.inputs.Empty, p.inputs.Errors, p.evicted, p.late
	a.Detected, a.Unknown = p.inputs.Detected, p.inputs.Unknown
	a.NULs, a.Unfinished = p.inputs.NULs, p.inputs.Unfinished
	a.Interrupted = ctx.Err() != nil && !p.finished
	return a, p.err
}

// A pipeline is one Run. Each stage takes batches from the stage before until
// that closes the channel, and none ever gives up early: after an error they
// pass batches on unused until the reader, told by stop, has ended. A batch
// goes to the workers and, at the same moment, to the next ordered stage,
// which waits until they are done with it.
type pipeline struct {
	cfg    Config
	table  []format
	parts  *assembly
	mail   *mailbox           // nil = none is read
	stop   context.CancelFunc // ends reading
	budget *semaphore.Weighted
	free   chan *Batch

	decoding, evaluating *ordered.Pool[*Batch]
	failed               atomic.Bool // sink failed: evaluating is in vain
	waiting              atomic.Bool // read: it waits for input, and has handed on all before

	silent time.Time // assemble: since when nothing has come; zero = something has

	// Each of these has one stage that writes it; Run reads them at the end.
	inputs   Account // read: what concerns files
	finished bool    // read: every input was read to its end or its error
	evicted  int     // assemble
	late     int     // assemble
	account  Account // deliver: what concerns lines and events
	err      error   // deliver: sink's
}

func newPipeline(cfg Config) (*pipeline, error) {
	table := formats()
	parts, err := newAssembly(table, cfg)
	if err != nil {
		return nil, err
	}
	mail, err := openMailbox(cfg.Artifacts, cfg.Fields)
	if err != nil {
		return nil, err
	}
	p := &pipeline{
		cfg: cfg, table: table, parts: parts, mail: mail, budget: semaphore.NewWeighted(inFlight),
		decoding: ordered.New[*Batch](cfg.Workers), evaluating: ordered.New[*Batch](cfg.Workers),
	}
	p.free = make(chan *Batch, cap(p.decoding.Queue())+cap(p.evaluating.Queue())+4)
	for range cap(p.free) {
		p.free <- &Batch{Token: ordered.NewToken()}
	}
	return p, nil
}

func (p *pipeline) read(ctx context.Context, inputs []Input) {
	defer p.decoding.Close()
	for _, in := range inputs {
		if ctx.Err() != nil {
			return
		}
		if err := p.readFile(ctx, in); err != nil && !errors.Is(err, lines.ErrStopped) {
			p.inputs.Errors = append(p.inputs.Errors, FileError{in.Name, err})
		}
	}
	p.finished = ctx.Err() == nil
}

// readFile returns the error that kept it from reading in to its end.
func (p *pipeline) readFile(ctx context.Context, in Input) error {
	p.inputs.Files++
	src, err := in.Source(ctx, lines.SourceOptions{MaxLine: p.cfg.MaxLine, OnRead: func(n int) {
		p.inputs.Bytes += int64(n)
		p.cfg.OnRead(n)
	}})
	if err != nil {
		return err
	}
	defer src.Close()
	var r recognised
	var u *unwrapper
	name, live := lines.LogName(in.Name), lines.Live(src)
	for empty := true; ; empty = false {
		b := <-p.free
		p.waiting.Store(live)
		err := b.next(ctx, src)
		p.waiting.Store(false)
		p.inputs.NULs += b.block.NULs
		p.inputs.Unfinished += b.block.Unfinished
		if err != nil {
			b.reset()
			p.free <- b
			if empty && errors.Is(err, io.EOF) {
				p.inputs.Empty = append(p.inputs.Empty, in.Name)
			}
			p.inputs.Unfinished += u.unfinished()
			return notEnd(err)
		}
		b.File, b.End, b.log = in.Name, b.block.Cursor, name
		if r.format == nil {
			if r = p.detect(b); r.wrap != nil {
				u = newUnwrapper(r.wrap, p.cfg.MaxLine)
			}
		}
		if u != nil {
			u.batch(b)
		}
		p.submit(b, r.format)
	}
}

// notEnd returns err unless it is that of an input that ended.
func notEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// detect looks at the lines that begin a file, and notes what it is.
func (p *pipeline) detect(b *Batch) recognised {
	r := recognise(p.table, p.cfg.Format, b)
	if r.format == nil {
		return r
	}
	p.inputs.Formats.add(r.name(), 1)
	if len(p.inputs.Detected) < maxDetected {
		p.inputs.Detected = append(p.inputs.Detected, Detected{b.File, r.name()})
	}
	if !r.known && p.cfg.Format == Auto {
		p.inputs.Unknown = append(p.inputs.Unknown, FileError{b.File, errors.New(diagnose(b))})
	}
	return r
}

// submit sends b on its way. It waits while the pipeline holds enough text.
func (p *pipeline) submit(b *Batch, f *format) {
	b.format = f
	if f == nil {
		b.format = &p.table[0]
	}
	b.weight = min(int64(len(b.block.Text)), inFlight)
	alone := b.weight > inFlight/4
	p.acquire(b.weight)
	p.decoding.Put(b)
	if alone {
		p.acquire(inFlight)
		p.budget.Release(inFlight)
		// The collector, left alone, lets several times as much pile up as a
		// giant line needs: on lines of 20 MB the peak is 172 MB with this call and
		// 259 MB without, and the time is the same.
		runtime.GC()
	}
}

// acquire waits for n bytes of the budget.
func (p *pipeline) acquire(n int64) {
	// The context never ends, so there is no error.
	_ = p.budget.Acquire(context.Background(), n)
}

func (p *pipeline) decode() {
	decoders := make(map[*format]decoder)
	p.decoding.Work(func(b *Batch) {
		d, ok := decoders[b.format]
		if !ok {
			d = b.format.newDecoder(p.cfg.Fields)
			decoders[b.format] = d
		}
		b.decode(d, p.cfg.Strict)
		if len(b.block.Text) > lines.KeepBytes {
			delete(decoders, b.format) // it would hold on to the giant line until its next batch
		}
	})
}

func (p *pipeline) assemble() {
	defer p.evaluating.Close()
	over := false
	for open := true; open; {
		select {
		case b, ok := <-p.decoding.Queue():
			switch {
			case !ok:
				open = false
			case over:
				<-b.Done()
				p.recycle(b)
			default:
				over = p.assembleBatch(b)
			}
		case now := <-p.cfg.Idle:
			if while := p.silence(now); while > 0 {
				p.parts.closeSilent(while)
				p.drain()
			}
		}
	}
	if !over && !p.cfg.KeepOpen {
		p.parts.flush()
		p.drain()
	}
	p.evicted, p.late = p.parts.evicted(), p.parts.set.Late()
}

// silence returns how long, at the given time, no line has come although all
// that was there has been read. It begins at the first tick that finds it so.
func (p *pipeline) silence(now time.Time) time.Duration {
	switch {
	case !p.waiting.Load() || len(p.decoding.Queue()) > 0:
		p.silent = time.Time{}
	case p.silent.IsZero():
		p.silent = now
	default:
		return now.Sub(p.silent)
	}
	return 0
}

// assembleBatch sends b on, and reports whether it is the last.
func (p *pipeline) assembleBatch(b *Batch) (last bool) {
	<-b.Done()
	p.silent = time.Time{}
	b.assemble(p.parts.of(b.format.name), p.cfg.Strict)
	if p.cfg.WantState != nil && p.cfg.WantState(b) {
		b.State = p.parts.marshal()
	}
	if last = b.final; last {
		p.stop()
	}
	p.evaluating.Put(b)
	return last
}

// drain sends on the events of what was closed, in batches without lines.
func (p *pipeline) drain() {
	for more := true; more; {
		b := <-p.free
		if more = p.parts.drain(b); len(b.events) == 0 {
			p.free <- b
			continue
		}
		p.evaluating.Put(b)
	}
}

func (p *pipeline) evaluate(ev Evaluator) {
	j := judge{Evaluator: ev}
	if p.mail != nil {
		j.mail = &postman{box: p.mail}
	}
	p.evaluating.Work(func(b *Batch) {
		if !p.failed.Load() {
			j.batch(b)
		}
	})
}

func (p *pipeline) deliver(sink func(*Batch) error) {
	for {
		b, more := wait(p, p.evaluating.Queue())
		if !more {
			return
		}
		wait(p, b.Done())
		if p.err == nil {
			p.account.merge(b, p.cfg.KeepRejections)
			p.sunk(sink(b))
		}
		p.recycle(b)
	}
}

// wait receives from c for the goroutine that delivers, which is quiet
// meanwhile.
func wait[T any](p *pipeline, c <-chan T) (v T, more bool) {
	if p.cfg.Quiet == nil || p.err != nil {
		v, more = <-c
		return v, more
	}
	select {
	case v, more = <-c:
		return v, more
	default:
	}
	quiet := time.NewTimer(p.cfg.QuietAfter)
	defer quiet.Stop()
	select {
	case v, more = <-c:
	case <-quiet.C:
		p.sunk(p.cfg.Quiet())
		v, more = <-c
	}
	return v, more
}

// sunk notes what became of a call of the sink: its first error ends the run.
func (p *pipeline) sunk(err error) {
	if err != nil {
		p.err = err
		p.failed.Store(true)
		p.stop()
	}
}

// recycle makes b free for the reader.
func (p *pipeline) recycle(b *Batch) {
	p.budget.Release(b.weight)
	b.reset()
	p.free <- b
}
