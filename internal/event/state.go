package event

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"
)

// A Mode is what an operator lets a rule do.
type Mode uint8

// The modes. No state stored means Enabled.
const (
	Enabled  Mode = iota
	Disabled      // the rule never fires
	Clipped       // it fires with at most State.Max confidence: down, never up
)

var modeNames = [...]string{Enabled: "enabled", Disabled: "disabled", Clipped: "clipped"}

// String returns the mode's name as stores and outputs spell it.
func (m Mode) String() string { return modeNames[m] }

// ParseMode returns the mode named name.
func ParseMode(name string) (Mode, error) {
	if i := slices.Index(modeNames[:], name); i >= 0 {
		return Mode(i), nil
	}
	return 0, fmt.Errorf("unknown rule state %q: want enabled, disabled or clipped", name)
}

// A State is the operator's say over one rule, on a plane of its own: it is
// never in the rule's file. The zero State is that of a rule nobody touched.
type State struct {
	Mode      Mode
	Max       float64   // the ceiling, Clipped only, in [0, 1]
	ExpiresAt time.Time // zero = until someone changes it
	Reason    string
	SetBy     string
	SetAt     time.Time
}

// Validate reports a state that must not be stored.
func (s State) Validate() error {
	if s.Mode > Clipped {
		return fmt.Errorf("unknown rule state %d", s.Mode)
	}
	if s.Mode == Clipped && (math.IsNaN(s.Max) || s.Max < 0 || s.Max > 1) {
		return fmt.Errorf("confidence ceiling %v is outside [0, 1]", s.Max)
	}
	if s.Mode != Clipped && s.Max != 0 {
		return fmt.Errorf("a ceiling goes with state clipped, not %s", s.Mode)
	}
	return nil
}

// Expired reports whether s has run out at now.
func (s State) Expired(now time.Time) bool {
	return !s.ExpiresAt.IsZero() && !now.Before(s.ExpiresAt)
}

// At returns the state in effect at now: s, or enabled once s has expired.
func (s State) At(now time.Time) State {
	if s.Expired(now) {
		return State{}
	}
	return s
}

// States maps rule ids to their states. A missing id is an enabled rule.
type States map[string]State

// Hash returns the state hash: SHA-256, in hex, over the sorted (rule_id,
// state, confidence_max) of the rules that are not enabled.
func (ss States) Hash() string {
	h := sha256.New()
	for _, id := range slices.Sorted(maps.Keys(ss)) {
		s := ss[id]
		if s.Mode == Enabled {
			continue
		}
		ceiling := ""
		if s.Mode == Clipped {
			ceiling = strconv.FormatFloat(s.Max, 'g', -1, 64)
		}
		fmt.Fprintf(h, "%s\x00%s\x00%s\n", id, s.Mode, ceiling)
	}
	return hex.EncodeToString(h.Sum(nil))
}
