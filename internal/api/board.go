package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/live"
	"ttpctl/internal/report/html"
)

// firstPage is how long a request waits for the first report.
const firstPage = 20 * time.Second

// getReport answers with the live page.
func (s *Server) getReport(c *call) error {
	p, err := s.page(c)
	if err != nil {
		return err
	}
	return writeHTML(c, http.StatusOK, func(w http.ResponseWriter) error { return html.WriteLive(w, c.visitor(), p.Body) })
}

// getBody answers with what the page's script puts into the page. It holds nothing
// of the session: compressing it gives nothing away.
func (s *Server) getBody(c *call) error {
	p, err := s.page(c)
	if err != nil {
		return err
	}
	body := p.Body
	if strings.Contains(c.Header.Get("Accept-Encoding"), "gzip") {
		c.w.Header().Set("Content-Encoding", "gzip")
		body = p.Gzip
	}
	return writeHTML(c, http.StatusOK, func(w http.ResponseWriter) error { _, err := w.Write(body); return err })
}

func (s *Server) page(c *call) (*live.Page, error) {
	ctx, cancel := context.WithTimeout(c.Context(), firstPage)
	defer cancel()
	p, err := s.cfg.Board.Page(ctx, c.token.Role.may(Admin))
	if errors.Is(err, live.ErrNotReady) {
		c.w.Header().Set("Refresh", "5")
		return nil, failure(http.StatusServiceUnavailable, "the report is being put together").help("it shows here by itself").retry("5")
	}
	return p, err
}

// liveEvents tells a browser of new hits and new pages, until it goes away, the
// session ends or the server stops.
func (s *Server) liveEvents(c *call) error {
	select {
	case s.viewers <- struct{}{}:
		defer func() { <-s.viewers }()
	default:
		return busy("as many browsers are looking as may be")
	}
	v := s.cfg.Board.Watch()
	defer v.Close()
	ctx, stop := s.openStream(c, c.session.ended)
	defer stop()
	err := s.send(c.w, "retry: %d\n\n", 3000)
	for err == nil {
		next, cancel := context.WithTimeout(ctx, keepAlive)
		var n live.News
		n, err = v.Next(next)
		cancel()
		if ctx.Err() != nil {
			return nil
		}
		if _, token, ok := s.sessions.find(c.Request, s.cfg.Tokens, s.cfg.Now()); !ok || !token.Role.may(Reader) {
			return nil
		}
		if err != nil {
			err = s.send(c.w, ": %s\n\n", "still here")
			continue
		}
		if len(n.Hits) > 0 {
			err = s.send(c.w, "event: hits\ndata: %s\n\n", html.HitsJSON(n.Tags, n.Hits))
		}
		if err == nil && n.Rev != "" {
			err = s.send(c.w, "event: page\ndata: %s\n\n", n.Rev)
		}
	}
	return nil
}

// getRule answers with the page of a rule.
func (s *Server) getRule(c *call) error {
	return s.rulePage(c, http.StatusOK, "", html.Asked{})
}

// maxHistory is how many changes the page of a rule shows.
const maxHistory = 10

// rulePage shows a rule; problem says why a change was not made.
func (s *Server) rulePage(c *call, status int, problem string, asked html.Asked) error {
	rule := s.cfg.InForce().Ruleset().Rule(c.id)
	if rule == nil {
		return failure(http.StatusNotFound, "no rule in force has this id")
	}
	last, err := s.cfg.States.Last(c.Context(), c.id)
	if err != nil {
		return storeProblem(err)
	}
	history, err := s.cfg.States.History(c.Context(), c.id)
	if err != nil {
		return storeProblem(err)
	}
	p := html.RulePage{
		Visitor: c.visitor(), Rule: live.RuleOf(rule, last.State.At(s.cfg.Now())), Revision: strconv.FormatInt(last.Revision, 10), Problem: problem, Asked: asked,
	}
	for _, change := range history[:min(len(history), maxHistory)] {
		p.History = append(p.History, change.State)
	}
	return writeHTML(c, status, func(w http.ResponseWriter) error { return p.Write(w) })
}

// postRule sets a state as PUT does, for the revision that the form shows.
func (s *Server) postRule(c *call) error {
	if err := s.known(c.id); err != nil {
		return err
	}
	asked := html.Asked{State: c.PostForm.Get("state"), Max: c.PostForm.Get("confidence_max"), TTL: c.PostForm.Get("ttl"), Reason: strings.TrimSpace(c.PostForm.Get("reason"))}
	st, revision, err := formState(asked, c.PostForm.Get("revision"), s.cfg.Now())
	if err == nil {
		_, err = s.change(c.Context(), wantedChange{id: c.id, state: st, by: c.token.Name, revision: revision})
	}
	if err == nil {
		return seeOther(c, "/rules/"+c.id)
	}
	switch p := problemOf(err); p.Status {
	case http.StatusBadRequest:
		return s.rulePage(c, p.Status, "Not done: "+p.Detail+".", asked)
	case http.StatusPreconditionFailed:
		return s.rulePage(c, http.StatusConflict, "Not done: somebody changed the state meanwhile. Below is what it is now; apply again if you still want to.", asked)
	}
	return err
}

// formState returns the state that a form asks for, and the revision that it was
// shown.
func formState(asked html.Asked, revision string, now time.Time) (st event.State, rev int64, err error) {
	if rev, err = strconv.ParseInt(revision, 10, 64); err != nil || rev < 0 {
		return st, 0, failure(http.StatusBadRequest, "the form does not say which state it was for")
	}
	want := wantedState{State: asked.State, Reason: asked.Reason}
	if asked.Reason == "" {
		return st, 0, failure(http.StatusBadRequest, "no reason: those who read the history later must know why")
	}
	if asked.State != event.Enabled.String() {
		want.TTL = asked.TTL
	}
	if asked.State == event.Clipped.String() {
		highest, err := strconv.ParseFloat(asked.Max, 64)
		if err != nil {
			return st, 0, failure(http.StatusBadRequest, "the highest confidence is no number between 0 and 1")
		}
		want.Max = &highest
	}
	st, err = want.state(now)
	return st, rev, err
}

// icon is the mark of the page, for the tab of a browser.
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#84b2da" d="M1 5h10v10H1z"/><path fill="#0e4677" d="M5 1h10v10H5z"/></svg>`

func (s *Server) icon(c *call) error {
	c.w.Header().Set("Content-Type", "image/svg+xml")
	_, _ = c.w.Write([]byte(icon)) // who asked may be gone
	return nil
}
