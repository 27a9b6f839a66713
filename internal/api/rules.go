package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"ttpctl/internal/edit"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/moment"
	"ttpctl/internal/store"
	"ttpctl/internal/trace"
)

// A ruleState is a state as clients see it.
type ruleState struct {
	State     string     `json:"state"`
	Max       *float64   `json:"confidence_max"`
	ExpiresAt *time.Time `json:"expires_at"`
	Reason    string     `json:"reason"`
	SetBy     string     `json:"set_by"`
	SetAt     *time.Time `json:"set_at"`
}

func shownState(st event.State) ruleState {
	s := ruleState{State: st.Mode.String(), Reason: st.Reason, SetBy: st.SetBy}
	if st.Mode == event.Clipped {
		s.Max = &st.Max
	}
	if !st.ExpiresAt.IsZero() {
		s.ExpiresAt = &st.ExpiresAt
	}
	if !st.SetAt.IsZero() {
		s.SetAt = &st.SetAt
	}
	return s
}

// A shownRule is a rule as clients see it.
type shownRule struct {
	RuleID      string    `json:"rule_id"`
	Version     int       `json:"rule_version"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	AppliesTo   []string  `json:"applies_to"`
	Techniques  []string  `json:"techniques"` // the most specific ids
	State       ruleState `json:"state"`
}

// getRules lists the rules in force.
func (s *Server) getRules(c *call) error {
	modes, err := modesOf(c.URL.Query()["state"])
	if err != nil {
		return err
	}
	snapshot, now := s.cfg.InForce(), s.cfg.Now()
	list := struct {
		Ruleset string      `json:"ruleset_hash"`
		State   string      `json:"state_hash"`
		Rules   []shownRule `json:"rules"`
	}{snapshot.Ruleset().Hash(), snapshot.StateHash(), []shownRule{}}
	states := snapshot.States()
	for _, r := range snapshot.Ruleset().Rules() {
		if st := states[r.ID].At(now); modes == nil || slices.Contains(modes, st.Mode) {
			list.Rules = append(list.Rules, show(r, st))
		}
	}
	return answer(c.w, list)
}

func modesOf(names []string) (modes []event.Mode, err error) {
	for _, name := range words(names) {
		m, err := event.ParseMode(name)
		if err != nil {
			return nil, failure(http.StatusBadRequest, "state is none of enabled, disabled, clipped")
		}
		modes = append(modes, m)
	}
	return modes, nil
}

func show(r *engine.Rule, st event.State) shownRule {
	s := shownRule{RuleID: r.ID, Version: r.Version, Name: r.Name, Description: r.Description, State: shownState(st), Techniques: []string{}}
	for _, k := range r.AppliesTo {
		s.AppliesTo = append(s.AppliesTo, k.String())
	}
	for i := range r.Emits {
		id := r.Emits[i].Technique
		if sub := r.Emits[i].SubTechnique; sub != "" {
			id = sub
		}
		if !slices.Contains(s.Techniques, id) {
			s.Techniques = append(s.Techniques, id)
		}
	}
	return s
}

// words returns what parameters that may be repeated, or hold several values
// with commas between them, name.
func words(values []string) (all []string) {
	for _, v := range values {
		all = append(all, strings.Split(v, ",")...)
	}
	return all
}

// getState answers with the state in effect, and the revision as ETag.
func (s *Server) getState(c *call) error {
	last, err := s.cfg.States.Last(c.Context(), c.id)
	if err != nil {
		return storeProblem(err)
	}
	if last.Revision == 0 {
		if err := s.known(c.id); err != nil {
			return err
		}
	}
	return s.answerState(c, last)
}

func (s *Server) answerState(c *call, last store.StateChange) error {
	c.w.Header().Set("ETag", strconv.Quote(strconv.FormatInt(last.Revision, 10)))
	return answer(c.w, struct {
		RuleID   string `json:"rule_id"`
		Revision int64  `json:"revision"`
		ruleState
	}{last.RuleID, last.Revision, shownState(last.State.At(s.cfg.Now()))})
}

// known says that there is no such rule in force.
func (s *Server) known(id string) error {
	rules := s.cfg.InForce().Ruleset()
	if rules.Rule(id) != nil {
		return nil
	}
	var ids []string
	for _, r := range rules.Rules() {
		ids = append(ids, r.ID)
	}
	help := "GET /v1/rules lists those that there are; force=true sets its state all the same"
	if near := edit.Closest(id, ids); near != "" {
		help = "did you mean " + near + "?"
	}
	return failure(http.StatusNotFound, "no rule in force has this id").help(help)
}

// A wantedState is what a client asks for.
type wantedState struct {
	State  string   `json:"state"`
	Max    *float64 `json:"confidence_max"`
	TTL    string   `json:"ttl"`   // such as 4h or 7d
	Until  string   `json:"until"` // a time
	Reason string   `json:"reason"`
}

// putState sets a state, as rule disable, clip and enable do.
func (s *Server) putState(c *call) error {
	if force := c.URL.Query().Get("force"); force != "true" {
		if err := s.known(c.id); err != nil {
			return err
		}
	} else if !store.IsRuleID(c.id) {
		return failure(http.StatusNotFound, "this is no rule id").help("one to four capitals and four to six digits, such as R0012")
	}
	var want wantedState
	if err := decode(c, &want); err != nil {
		return err
	}
	st, err := want.state(s.cfg.Now())
	if err != nil {
		return err
	}
	return s.set(c, st)
}

// state checks what is asked for.
func (w *wantedState) state(now time.Time) (st event.State, err error) {
	if st.Mode, err = event.ParseMode(w.State); err != nil {
		return st, failure(http.StatusBadRequest, "state is none of enabled, disabled, clipped")
	}
	st.Reason = strings.TrimSpace(w.Reason)
	switch {
	case st.Mode != event.Enabled && st.Reason == "":
		return st, failure(http.StatusBadRequest, "no reason: those who read the history later must know why")
	case (st.Mode == event.Clipped) != (w.Max != nil):
		return st, failure(http.StatusBadRequest, "confidence_max goes with the state clipped, and clipped with it")
	case w.TTL != "" && w.Until != "":
		return st, failure(http.StatusBadRequest, "ttl and until: one of them says when it ends")
	case st.Mode == event.Enabled && (w.TTL != "" || w.Until != ""):
		return st, failure(http.StatusBadRequest, "enabled has no end")
	}
	if w.Max != nil {
		st.Max = *w.Max
	}
	if st.ExpiresAt, err = w.end(now); err != nil {
		return st, err
	}
	if st.Validate() != nil {
		return st, failure(http.StatusBadRequest, "confidence_max is outside [0, 1]")
	}
	return st, nil
}

// end returns when the state ends, zero for never.
func (w *wantedState) end(now time.Time) (at time.Time, err error) {
	if w.TTL != "" {
		d, ok := moment.Age(w.TTL)
		if !ok {
			return at, failure(http.StatusBadRequest, "ttl is not a duration ahead").help("for example 30m, 4h or 7d")
		}
		return now.Add(d), nil
	}
	if w.Until == "" {
		return at, nil
	}
	at, ok := moment.Parse(w.Until)
	if !ok {
		return at, failure(http.StatusBadRequest, "until is no time").help("for example 2026-11-22T03:00:00Z")
	}
	if !now.Before(at) {
		return at, failure(http.StatusBadRequest, "until is past")
	}
	return at, nil
}

// deleteState enables a rule. One that is enabled stays as it is.
func (s *Server) deleteState(c *call) error {
	last, err := s.cfg.States.Last(c.Context(), c.id)
	if err != nil {
		return storeProblem(err)
	}
	if last.Revision == 0 {
		if err := s.known(c.id); err != nil {
			return err
		}
	}
	if last.State.At(s.cfg.Now()).Mode == event.Enabled {
		return s.answerState(c, last)
	}
	return s.set(c, event.State{Mode: event.Enabled, Reason: strings.TrimSpace(c.URL.Query().Get("reason"))})
}

// set stores st if the rule still has the revision that If-Match names.
func (s *Server) set(c *call, st event.State) error {
	match := c.Header.Get("If-Match")
	revision, ok := revisionOf(match)
	if match == "" {
		return failure(http.StatusPreconditionRequired, "this needs If-Match").help("send the ETag of GET, or * to set it whatever it is")
	}
	if match != "*" && !ok {
		return failure(http.StatusBadRequest, "If-Match is neither * nor an ETag of this server")
	}
	last, err := s.change(c.Context(), wantedChange{id: c.id, state: st, by: c.token.Name, revision: revision, whatever: match == "*"})
	if err != nil {
		return err
	}
	return s.answerState(c, last)
}

// A wantedChange is a state that somebody wants.
type wantedChange struct {
	id       string
	state    event.State
	by       string
	revision int64 // that the rule must still have
	whatever bool  // no matter which one it has
}

// change stores a state if the rule still has the revision, and returns what is
// stored.
func (s *Server) change(ctx context.Context, w wantedChange) (store.StateChange, error) {
	w.state.SetBy = w.by
	change := s.cfg.Tracer.Start(trace.StateChange)
	defer change.End()
	change.Set(trace.RuleID, w.id)
	write := change.Child(trace.WriteState)
	var err error
	if w.whatever {
		err = s.cfg.States.SetState(ctx, w.id, w.state)
	} else {
		err = s.cfg.States.SetStateAfter(ctx, w.id, w.revision, w.state)
	}
	write.End()
	if err != nil {
		return store.StateChange{}, storeProblem(err)
	}
	last, err := s.cfg.States.Last(ctx, w.id)
	if err != nil {
		return last, storeProblem(err)
	}
	return last, nil
}

// revisionOf returns the revision that an ETag of a state is.
func revisionOf(tag string) (int64, bool) {
	text, err := strconv.Unquote(tag)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 0
}

// storeProblem says what the database has.
func storeProblem(err error) error {
	if errors.Is(err, store.ErrRevision) {
		return failure(http.StatusPreconditionFailed, "the state was changed meanwhile").help("GET it again, and send its ETag")
	}
	if !store.ClassOf(err).Passes() {
		return err
	}
	p := failure(http.StatusServiceUnavailable, "the database cannot be used at the moment").retry("1")
	p.cause = err
	return p
}
