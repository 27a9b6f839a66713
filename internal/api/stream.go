package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"ttpctl/internal/bus"
)

// keepAlive is how often a stream on which nothing happens says that it is there:
// proxies cut silent connections.
const keepAlive = 15 * time.Second

// stream sends what is published under the subjects that the query names, as
// server-sent events, until the client goes away or the server stops. What comes
// faster than the client takes it is dropped, the oldest first, and counted.
func (s *Server) stream(c *call) error {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		return busy("there are as many streams as may be")
	}
	pattern := c.URL.Query().Get("subject")
	if pattern == "" {
		pattern = "ttp.>"
	}
	sub := s.cfg.Bus.Subscribe(pattern)
	defer sub.Close()
	ctx, stop := s.openStream(c, nil)
	defer stop()
	if err := s.send(c.w, ": %s\n\n", "connected"); err != nil {
		return nil
	}
	return s.pass(ctx, c.w, sub)
}

// openStream begins an answer of server-sent events. Its context ends with the
// request, the server or ended; stop is called when all is sent.
func (s *Server) openStream(c *call, ended <-chan struct{}) (context.Context, context.CancelFunc) {
	c.w.Header().Set("Content-Type", "text/event-stream")
	ctx, cancel := context.WithCancel(c.Context())
	go func() {
		defer cancel()
		select {
		case <-s.wait.stopped:
		case <-ended:
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel()
		_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(s.cfg.Limits.Push)) // of what ends the answer
	}
}

// pass sends what comes to sub. A client that is gone is no error.
func (s *Server) pass(ctx context.Context, w http.ResponseWriter, sub *bus.Subscription) error {
	lost := int64(0)
	for {
		next, cancel := context.WithTimeout(ctx, keepAlive)
		e, err := sub.Next(next)
		cancel()
		switch {
		case ctx.Err() != nil, errors.Is(err, bus.ErrClosed):
			return nil
		case err != nil:
			err = s.send(w, ": %s\n\n", "still here")
		default:
			if n := sub.Lost(); n > lost {
				lost = n
				err = s.send(w, "event: lost\ndata: %d\n\n", n)
			}
			if err == nil {
				err = s.send(w, "event: %s\ndata: %s\n\n", e.Subject, e.Data)
			}
		}
		if err != nil {
			return nil
		}
	}
}

// send writes one event out, with a time limit of its own. Between events there is
// none: over HTTP/2 it would end the stream, though nothing is written.
func (s *Server) send(w http.ResponseWriter, format string, args ...any) error {
	c := http.NewResponseController(w)
	if err := c.SetWriteDeadline(time.Now().Add(s.cfg.Limits.Push)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, format, args...); err != nil {
		return err
	}
	if err := c.Flush(); err != nil {
		return err
	}
	return c.SetWriteDeadline(time.Time{})
}
