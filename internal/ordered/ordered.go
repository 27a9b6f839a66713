// Package ordered has things worked on side by side and handed on in the order in
// which they came.
//
// A [Pool] gives a thing to its workers and, at the same moment, to the one
// goroutine that takes things in order, which waits for the thing's [Token]. So
// nothing is sorted, and nobody holds more than the two channels do. One pool may
// follow another: a thing carries its token from one to the next.
//
//	p := ordered.New[*block](workers)
//	go func() { defer p.Close(); p.Put(b) }()  // in order
//	go p.Work(func(b *block) { b.parse() })    // any number of them
//	for b := range p.Queue() { <-b.Done() }    // in order again, and parsed
package ordered

// A Token says when a worker is done with the thing that it is embedded in.
type Token struct{ done chan struct{} }

// NewToken returns the token of one thing.
func NewToken() Token { return Token{make(chan struct{}, 1)} }

// Done gives one value each time a worker is done with the thing. It must be
// received before the thing is put into a pool again.
func (t Token) Done() <-chan struct{} { return t.done }

func (t Token) finish() { t.done <- struct{}{} }

// A Thing has a [Token] embedded.
type Thing interface {
	Done() <-chan struct{}
	finish()
}

// A Pool is bounded: Put waits while as many things are on their way as fit. It
// has one goroutine that puts and one that takes, and neither may give up early:
// the workers, and who takes, go on until the queue is closed.
type Pool[T Thing] struct{ work, queue chan T }

// New returns a pool for that many workers.
func New[T Thing](workers int) *Pool[T] {
	return &Pool[T]{work: make(chan T, workers), queue: make(chan T, 2*workers)}
}

// Put sends a thing on its way.
func (p *Pool[T]) Put(thing T) {
	p.work <- thing
	p.queue <- thing
}

// Close says that nothing more is put.
func (p *Pool[T]) Close() {
	close(p.work)
	close(p.queue)
}

// Work calls f with things until there are no more. Each worker is a goroutine
// that calls it.
func (p *Pool[T]) Work(f func(T)) {
	for thing := range p.work {
		f(thing)
		thing.finish()
	}
}

// Queue gives the things in the order of Put, done or not.
func (p *Pool[T]) Queue() <-chan T { return p.queue }
