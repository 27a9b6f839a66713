package ingest

import (
	"cmp"
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
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
	cfg   Config
	table []format
	logs  *openLogs
	// resumed is what was known of the input that is read on, nil = nothing, or
	// its reader has it.
	resumed *readingState
	mail    *mailbox           // nil = none is read
	stop    context.CancelFunc // ends reading
	budget  *semaphore.Weighted
	free    chan *Batch

	decoding, evaluating *ordered.Pool[*Batch]
	failed               atomic.Bool // sink failed: evaluating is in vain
	waiting              atomic.Bool // read: it waits for input, and has handed on all before

	silent time.Time    // assemble: since when nothing has come; zero = something has
	end    lines.Cursor // assemble: behind the last line

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
	logs, err := newOpenLogs(table, cfg)
	if err != nil {
		return nil, err
	}
	mail, err := openMailbox(cfg.Artifacts, cfg.Fields)
	if err != nil {
		return nil, err
	}
	p := &pipeline{
		cfg: cfg, table: table, logs: logs, mail: mail, budget: semaphore.NewWeighted(inFlight),
		decoding: ordered.New[*Batch](cfg.Workers), evaluating: ordered.New[*Batch](cfg.Workers),
	}
	if cfg.State != nil {
		resumed := logs.of("").reading
		p.resumed = &resumed
	}
	p.free = make(chan *Batch, cap(p.decoding.Queue())+cap(p.evaluating.Queue())+4)
	for range cap(p.free) {
		p.free <- &Batch{Token: ordered.NewToken()}
	}
	return p, nil
}

func (p *pipeline) read(ctx context.Context, inputs []Input) {
	defer p.decoding.Close()
	for i, in := range inputs {
		if ctx.Err() != nil {
			return
		}
		if err := p.readFile(ctx, in); err != nil && !errors.Is(err, lines.ErrStopped) {
			p.inputs.Errors = append(p.inputs.Errors, FileError{in.Name, err})
		}
		isSame := func(o Input) bool { return o.Log == in.Log }
		if ctx.Err() == nil && !p.cfg.KeepOpen && !slices.ContainsFunc(inputs[i+1:], isSame) {
			p.endLog(in.Log)
		}
	}
	p.finished = ctx.Err() == nil
}

// endLog says that nothing of a log follows.
func (p *pipeline) endLog(log string) {
	b := <-p.free
	b.Log, b.Ends = log, true
	p.submit(b, &p.table[0])
}

// readFile returns the error that kept it from reading in to its end. A source
// that takes no notice of OnWait may wait whenever it reads.
func (p *pipeline) readFile(ctx context.Context, in Input) error {
	p.inputs.Files++
	if p.resumed != nil && p.resumed.source != nil {
		in.State = p.resumed.source()
	}
	src, err := in.Source(ctx, lines.SourceOptions{MaxLine: p.cfg.MaxLine, OnWait: p.waiting.Store, OnRead: func(n int) {
		p.inputs.Bytes += int64(n)
		p.cfg.OnRead(n)
	}})
	if err != nil {
		return err
	}
	defer src.Close()
	name, live := lines.LogName(in.Name), lines.Live(src)
	p.begin(in, lines.Begin(src))
	r := p.recogniser(in, live)
	for empty := true; ; empty = false {
		b := <-p.free
		p.waiting.Store(live && in.Follow == nil)
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
			r.end()
			return notEnd(err)
		}
		b.File, b.End, b.log, b.Log = cmp.Or(b.block.File, in.Name), b.block.Cursor, name, in.Log
		r.batch(b)
		p.submit(b, r.current())
	}
}

// begin says where an input begins, in a batch without lines: who keeps that
// finds what is rotated away before there is a line.
func (p *pipeline) begin(in Input, at lines.Cursor) {
	if at == "" {
		return
	}
	b := <-p.free
	b.File, b.Log, b.End = in.Name, in.Log, at
	p.submit(b, &p.table[0])
}

// notEnd returns err unless it is that of an input that ended.
func notEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// submit sends b on its way. It waits while the pipeline holds enough text.
func (p *pipeline) submit(b *Batch, f *format) {
	b.format = f
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
				for log, parts := range p.logs.all {
					parts.closeSilent(while)
					p.drain(log, parts)
				}
			}
		}
	}
	for log, parts := range p.logs.all {
		if !over && !p.cfg.KeepOpen {
			parts.flush()
			p.drain(log, parts)
		}
		p.lastState(parts)
		p.logs.close(log)
	}
	p.evicted, p.late = p.logs.evicted, p.logs.late
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
	parts := p.logs.of(b.Log)
	if b.Ends {
		parts.flush()
		p.drain(b.Log, parts)
		p.lastState(parts)
		p.logs.close(b.Log)
		p.evaluating.Put(b)
		return false
	}
	b.assemble(parts.of(b.format.name), p.cfg.Strict)
	p.end, parts.reading = b.End, b.reading
	if p.cfg.WantState != nil && p.cfg.WantState(b) {
		b.State = parts.marshal()
	}
	if last = b.final; last {
		p.stop()
	}
	p.evaluating.Put(b)
	return last
}

// drain sends on the events of what was closed, in batches without lines. What
// no line brings up again must not be lost with the state: the last of them
// carries it, and the others are parts of it.
func (p *pipeline) drain(log string, parts *assembly) {
	var last *Batch
	for more := true; more; {
		b := <-p.free
		b.Log = log
		if more = parts.drain(b); len(b.events) == 0 {
			b.Log = ""
			p.free <- b
			continue
		}
		if last != nil {
			last.Part = true
			p.evaluating.Put(last)
		}
		last = b
	}
	if last == nil {
		return
	}
	if p.cfg.WantState != nil {
		last.End, last.State = p.end, parts.marshal()
	}
	p.evaluating.Put(last)
}

// lastState sends the state that a log is left in, in a batch with nothing else.
func (p *pipeline) lastState(parts *assembly) {
	if p.cfg.WantState == nil || p.end == "" {
		return
	}
	b := <-p.free
	b.End, b.State = p.end, parts.marshal()
	p.evaluating.Put(b)
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
