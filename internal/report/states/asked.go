package states

import (
	"math"
	"os/user"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/hint"
	"ttpctl/internal/moment"
	"ttpctl/internal/report"
)

// Asked is a state as an operator asks for it, in the words of the command line.
type Asked struct {
	Mode       event.Mode
	Max        float64 // of a clipped rule
	MaxSet     bool    // Max was given
	TTL, Until string  // when it ends, at most one of them
	Reason, By string
}

// State returns the state that is asked for at now.
func (a *Asked) State(now time.Time) (event.State, error) {
	st := event.State{Mode: a.Mode, Reason: strings.TrimSpace(a.Reason), SetBy: a.By, SetAt: now}
	if a.Mode == event.Clipped {
		if !a.MaxSet {
			return st, hint.Errorf("for example --max 0.5; ttpctl rule disable switches a rule off", "clip without --max: how high may the confidence be?")
		}
		if math.IsNaN(a.Max) || a.Max < 0 || a.Max > 1 {
			return st, hint.Errorf("for example --max 0.5", "--max: %v is outside [0, 1]", a.Max)
		}
		st.Max = a.Max
	}
	if a.Mode != event.Enabled && st.Reason == "" {
		return st, hint.Errorf(`for example --reason "vendor scan"`, "no --reason: those who read the history later must know why")
	}
	var err error
	st.ExpiresAt, err = a.end(now)
	return st, err
}

// end returns when the state ends, zero for never.
func (a *Asked) end(now time.Time) (time.Time, error) {
	switch {
	case a.TTL != "" && a.Until != "":
		return time.Time{}, hint.Errorf("", "--ttl and --until: one of them says when it ends")
	case a.TTL != "":
		d, ok := moment.Age(a.TTL)
		if !ok {
			return time.Time{}, hint.Errorf("for example 30m, 4h or 7d", "--ttl: %q is not a duration ahead", a.TTL)
		}
		return now.Add(d), nil
	case a.Until != "":
		t, ok := moment.Parse(a.Until)
		if !ok {
			return t, hint.Errorf("for example 2026-11-22T03:00:00Z or 2026-11-22", "--until: %q is no time", a.Until)
		}
		if !now.Before(t) {
			return t, hint.Errorf("it is "+report.Moment(now, now)+" now", "--until: %s is past", a.Until)
		}
		return t, nil
	}
	return time.Time{}, nil
}

// NewFilter reads the words that rules are chosen by: names of modes, who set the
// state, and within which time it ends.
func NewFilter(modes []string, by, expiring string, now time.Time) (Filter, error) {
	f := Filter{By: by}
	for _, name := range modes {
		m, err := event.ParseMode(name)
		if err != nil {
			return f, hint.Errorf("", "--state: %w", err)
		}
		f.Modes = append(f.Modes, m)
	}
	if expiring != "" {
		d, ok := moment.Age(expiring)
		if !ok {
			return f, hint.Errorf("for example 24h or 7d", "--expiring: %q is not a duration ahead", expiring)
		}
		f.Before = now.Add(d)
	}
	return f, nil
}

// LoginName returns who is at the keyboard, also behind sudo.
func LoginName(getenv func(string) string) string {
	for _, name := range []string{"SUDO_USER", "LOGNAME", "USER"} {
		if v := getenv(name); v != "" {
			return v
		}
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}
