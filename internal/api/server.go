package api

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/bus"
	"ttpctl/internal/engine"
	"ttpctl/internal/lines"
	"ttpctl/internal/live"
	"ttpctl/internal/spool"
	"ttpctl/internal/store"
	"ttpctl/internal/trace"
)

// A Config is what a Server asks. What is nil is not there: its routes answer
// 404.
type Config struct {
	Tokens    *Tokens
	Spool     Spool                   // of events
	Keys      *Keys                   // nil = Idempotency-Key is refused
	InForce   func() *engine.Snapshot // the rules
	States    store.StateStore
	Tags      Tags
	Catalogue *attack.Catalogue
	Bus       *bus.Bus                      // what is streamed
	Board     *live.Board                   // the report for browsers; the server runs it
	Checks    func(context.Context) []Check // of readiness
	Metrics   http.Handler
	Now       func() time.Time
	Limits    Limits        // zero ones are the defaults
	Tracer    *trace.Tracer // of changes of states; nil = off
	// Hosts are the names that requests may ask for, besides those of this
	// machine's loopback. On an address that is not loopback, nil = any.
	Hosts []string
	// Observe is told of each request that was answered, from the goroutine that
	// served it; Warn of what broke in here. nil = nobody is.
	Observe func(Access)
	Warn    func(error)
}

// A Spool takes lines in and syncs them: a [spool.Log].
type Spool interface {
	Append(ctx context.Context, e spool.Entry) (lines.Cursor, error)
}

// Tags are what is stored: a part of [store.Tags].
type Tags interface {
	Techniques(ctx context.Context, f store.Filter) ([]store.TechniqueCount, error)
	Each(ctx context.Context, f store.Filter, limit int, yield func(*store.StoredTag) error) error
}

// Limits bound what a client can ask for.
type Limits struct {
	Streams  int           // at a time
	Viewers  int           // browsers that follow the live page
	Guess    time.Duration // that a wrong token at the sign-in waits for its answer
	Intakes  int           // requests with events whose bodies are in memory
	Turn     time.Duration // that another one waits to be among them
	Body     int64         // bytes, as sent
	Inflated int64         // bytes, after decompression
	Events   int           // in one request
	Wait     time.Duration // for the tags of a request's events
	Header   time.Duration // to send the header
	Read     time.Duration // to send all of a request
	Write    time.Duration // to take the answer
	Push     time.Duration // to take one server-sent event
}

// withDefaults fills in what is not set.
func (l Limits) withDefaults() Limits {
	if l.Streams == 0 {
		l.Streams = 16
	}
	if l.Viewers == 0 {
		l.Viewers = 64
	}
	if l.Guess == 0 {
		l.Guess = time.Second
	}
	if l.Intakes == 0 {
		l.Intakes = 8
	}
	if l.Turn == 0 {
		l.Turn = time.Second
	}
	if l.Body == 0 {
		l.Body = 8 << 20
	}
	if l.Inflated == 0 {
		l.Inflated = 32 << 20
	}
	if l.Events == 0 {
		l.Events = 20_000
	}
	if l.Wait == 0 {
		l.Wait = 2 * time.Second
	}
	if l.Header == 0 {
		l.Header = 5 * time.Second
	}
	if l.Read == 0 {
		l.Read = 30 * time.Second
	}
	if l.Push == 0 {
		l.Push = 10 * time.Second
	}
	if l.Write == 0 {
		l.Write = time.Minute
	}
	return l
}

// maxHeader bounds the header of a request, in bytes.
const maxHeader = 16 << 10

// A Server answers requests. It is safe for concurrent use.
type Server struct {
	cfg      Config
	http     http.Server
	intakes  chan struct{} // holds one for each intake that runs
	streams  chan struct{} // likewise
	viewers  chan struct{} // likewise
	sessions sessions
	tries    tries
	wait     waiters
	checkup  checkup
	base     context.Context // ends with the server
	stopped  context.CancelFunc
	running  sync.WaitGroup // the board
}

// New returns a Server that is not served yet.
func New(cfg Config) *Server {
	cfg.Limits = cfg.Limits.withDefaults()
	if cfg.Observe == nil {
		cfg.Observe = func(Access) {}
	}
	if cfg.Warn == nil {
		cfg.Warn = func(error) {}
	}
	base, stop := context.WithCancel(context.Background())
	s := &Server{cfg: cfg, intakes: make(chan struct{}, cfg.Limits.Intakes), streams: make(chan struct{}, cfg.Limits.Streams), viewers: make(chan struct{}, cfg.Limits.Viewers), base: base, stopped: stop}
	s.wait.stopped = base.Done()
	s.http = http.Server{
		Handler:           http.HandlerFunc(s.serve),
		ReadHeaderTimeout: cfg.Limits.Header,
		ReadTimeout:       cfg.Limits.Read,
		WriteTimeout:      cfg.Limits.Read + cfg.Limits.Wait + cfg.Limits.Write,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(io.Discard, "", 0), // of handshakes and the like, which strangers cause at will
	}
	return s
}

// Serve answers what comes to ln until Shutdown, and closes it.
func (s *Server) Serve(ln net.Listener) error {
	if s.cfg.Board != nil {
		s.running.Go(func() { s.cfg.Board.Run(s.base) })
		defer s.running.Wait()
	}
	err := s.http.Serve(ln)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Shutdown takes no more requests and finishes those that there are: who waits
// for tags is answered without them. When ctx ends first, connections are
// cut.
func (s *Server) Shutdown(ctx context.Context) error {
	s.stopped()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	return err
}

// An Access is one request that was answered. Nothing in it is the client's own
// text but the address that it came from.
type Access struct {
	Method, Route string // "" = none of ours
	Status        int
	Remote        string // address
	Token         string // its name, "" = none was given that is known
	In, Out       int64  // bytes of the bodies
	Took          time.Duration
	Err           error // why the status is 500
}

// serve answers one request.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	begin := s.cfg.Now()
	body := &countedBody{ReadCloser: r.Body}
	r.Body = body
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	a := Access{Remote: remoteOf(r)}
	s.guarded(rec, r, &a)
	a.Status, a.Out, a.In, a.Took = rec.status, rec.bytes, body.bytes, s.cfg.Now().Sub(begin)
	s.cfg.Observe(a)
}

// guarded answers a request, also when its handler panics.
func (s *Server) guarded(w http.ResponseWriter, r *http.Request, a *Access) {
	defer func() {
		if v := recover(); v != nil {
			a.Err = errors.New("a handler panicked")
			s.cfg.Warn(panicError{v, debug.Stack()})
			failure(http.StatusInternalServerError, "this request broke something: the log of the server has more").write(w)
		}
	}()
	secure(w.Header(), r.TLS != nil)
	if err := s.route(w, r, a); err != nil {
		p := problemOf(err)
		a.Err = p.cause
		p.write(w)
	}
}

// A panicError is what a handler panicked with.
type panicError struct {
	value any
	stack []byte
}

// Error leaves the value out if it is a string: it may quote a request.
func (e panicError) Error() string {
	if err, ok := e.value.(error); ok {
		return "a handler panicked: " + err.Error() + "\n" + string(e.stack)
	}
	return "a handler panicked\n" + string(e.stack)
}

// secure sets the headers that every answer has.
func secure(h http.Header, tls bool) {
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	if tls {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

func remoteOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// A recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController find the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

type countedBody struct {
	io.ReadCloser
	bytes int64
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.bytes += int64(n)
	return n, err
}
