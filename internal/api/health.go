package api

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// A Check is one thing that must be well for events to be judged.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Reason string `json:"reason,omitempty"` // why it is not
}

func (s *Server) healthz(c *call) error { return answer(c.w, map[string]string{"status": "ok"}) }

// readyz answers 503 while anything is not well.
func (s *Server) readyz(c *call) error {
	answer := struct {
		Ready  bool    `json:"ready"`
		Checks []Check `json:"checks"`
	}{true, []Check{}}
	answer.Checks = append(answer.Checks, s.checks(c.Context())...)
	status := http.StatusOK
	for _, check := range answer.Checks {
		if !check.OK {
			answer.Ready, status = false, http.StatusServiceUnavailable
		}
	}
	writeJSON(c.w, "application/json", status, answer)
	return nil
}

// checkEvery is how long checks hold: anybody may ask, and each asks the
// database.
const checkEvery = time.Second

// A checkup is what the checks said.
type checkup struct {
	mu     sync.Mutex
	at     time.Time
	checks []Check
}

// checks returns how things are, or were within checkEvery.
func (s *Server) checks(ctx context.Context) []Check {
	if s.cfg.Checks == nil {
		return nil
	}
	c := &s.checkup
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := s.cfg.Now(); c.checks == nil || now.Sub(c.at) >= checkEvery || now.Before(c.at) {
		c.checks, c.at = s.cfg.Checks(ctx), now
	}
	return c.checks
}

func (s *Server) metrics(c *call) error {
	s.cfg.Metrics.ServeHTTP(c.w, c.Request)
	return nil
}
