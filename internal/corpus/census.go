package corpus

import (
	"cmp"
	"hash/maphash"
	"maps"
	"slices"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/sorting"
)

// Bounds of a Census.
const (
	maxShapes   = 2000      // kept of one rule: 4 MiB at most
	maxSessions = 1_000_000 // told apart in all
	topShapes   = 10        // reported of one rule
	maxExamples = 3         // of one shape
)

// What is suspicious in a Census: a rule that hits more than loudShare of the
// rows of its kinds, or none of many.
const (
	loudShare = 0.2
	loudRows  = 100
	quietRows = 1000
)

// A ShapeHits is a shape and the hits on it.
type ShapeHits struct {
	Shape    string   `json:"shape"`
	Hits     int      `json:"hits"`
	Examples []string `json:"examples"`
}

// A RuleCensus is what one rule hit of unlabelled rows. It says nothing of
// right and wrong.
type RuleCensus struct {
	RuleID       string      `json:"rule_id"`
	Name         string      `json:"name"`
	Rows         int         `json:"rows"` // of the kinds it is for
	Hits         int         `json:"hits"`
	HitRate      float64     `json:"hit_rate"`
	Shapes       int         `json:"shapes"`
	More         bool        `json:"more_shapes"` // there are more than Shapes
	Sessions     int         `json:"sessions"`
	SessionShare float64     `json:"session_share"`
	Remark       string      `json:"remark,omitempty"` // loud, silent
	Top          []ShapeHits `json:"top"`
}

// A CensusReport is what a Census counted.
type CensusReport struct {
	Rows     int          `json:"rows"`
	Hit      int          `json:"rows_hit"`
	Sessions int          `json:"sessions"`
	Rules    []RuleCensus `json:"rules"` // rule_id order
}

// A Census counts hits on rows without labels. It belongs to one goroutine.
type Census struct {
	judge *engine.Judge

	rows, hit int
	kinds     [event.NumKinds]int
	rules     map[string]*ruleCount
	seed      maphash.Seed
	sessions  map[uint64]struct{}
}

type ruleCount struct {
	hits     int
	shapes   map[string]*ShapeHits
	more     bool
	sessions map[uint64]struct{}
}

// NewCensus returns an empty Census of the rules of snap.
func NewCensus(snap *engine.Snapshot, now time.Time) *Census {
	c := &Census{
		judge: engine.NewJudge(snap, now), rules: map[string]*ruleCount{},
		seed: maphash.MakeSeed(), sessions: map[uint64]struct{}{},
	}
	c.judge.KeepSessions()
	return c
}

// Add counts the hits on one row.
func (c *Census) Add(row *Row) {
	ev := &row.Event
	c.rows++
	c.kinds[ev.Kind]++
	session, told := c.session(ev)
	tags := c.judge.Tags(ev)
	if len(tags) == 0 {
		return
	}
	c.hit++
	shape := shownShape(ev)
	last := ""
	for i := range tags {
		id := tags[i].RuleID
		if id == last {
			continue
		}
		last = id
		r := c.rule(id)
		r.add(ev, shape)
		if told {
			r.sessions[session] = struct{}{}
		}
	}
}

func (c *Census) session(ev *event.Event) (id uint64, ok bool) {
	if !ev.SessionID.Valid {
		return 0, false
	}
	id = maphash.String(c.seed, ev.SessionID.Value)
	if _, seen := c.sessions[id]; !seen && len(c.sessions) >= maxSessions {
		return 0, false
	}
	c.sessions[id] = struct{}{}
	return id, true
}

func (c *Census) rule(id string) *ruleCount {
	r := c.rules[id]
	if r == nil {
		r = &ruleCount{shapes: map[string]*ShapeHits{}, sessions: map[uint64]struct{}{}}
		c.rules[id] = r
	}
	return r
}

func (r *ruleCount) add(ev *event.Event, shape string) {
	r.hits++
	s := r.shapes[shape]
	if s == nil {
		if len(r.shapes) >= maxShapes {
			r.more = true
			return
		}
		s = &ShapeHits{Shape: shape}
		r.shapes[shape] = s
	}
	s.Hits++
	if len(s.Examples) < maxExamples {
		if text := shownText(ev); !slices.Contains(s.Examples, text) {
			s.Examples = append(s.Examples, text)
		}
	}
}

// Report returns what was counted so far. clean, if not nil, is applied to
// every text that came from a row.
func (c *Census) Report(clean func(string) string) *CensusReport {
	report := &CensusReport{Rows: c.rows, Hit: c.hit, Sessions: len(c.sessions), Rules: []RuleCensus{}}
	for _, r := range c.judge.Snapshot().Ruleset().Rules() {
		out := RuleCensus{RuleID: r.ID, Name: r.Name, Top: []ShapeHits{}}
		for _, k := range r.AppliesTo {
			out.Rows += c.kinds[k]
		}
		if n := c.rules[r.ID]; n != nil {
			out.Hits, out.Shapes, out.More, out.Sessions = n.hits, len(n.shapes), n.more, len(n.sessions)
			out.Top = top(n.shapes, clean)
		}
		out.HitRate, out.SessionShare = share(out.Hits, out.Rows), share(out.Sessions, len(c.sessions))
		out.Remark = remark(&out, r)
		report.Rules = append(report.Rules, out)
	}
	return report
}

func remark(c *RuleCensus, r *engine.Rule) string {
	switch {
	case c.Rows >= loudRows && c.HitRate > loudShare:
		return "loud"
	case c.Rows >= quietRows && c.Hits == 0 && BandOf(r).Floor > 0:
		return "silent"
	}
	return ""
}

func top(shapes map[string]*ShapeHits, clean func(string) string) []ShapeHits {
	list := sorting.Values(maps.Values(shapes), func(a, b *ShapeHits) int {
		return cmp.Or(cmp.Compare(b.Hits, a.Hits), cmp.Compare(a.Shape, b.Shape))
	})
	out := []ShapeHits{}
	for _, s := range list[:min(len(list), topShapes)] {
		h := *s
		if clean != nil {
			h.Shape = clean(h.Shape)
			h.Examples = slices.Clone(h.Examples)
			for i := range h.Examples {
				h.Examples[i] = clean(h.Examples[i])
			}
		}
		out = append(out, h)
	}
	return out
}

// Only leaves the rules with these ids in the report.
func (r *CensusReport) Only(ids []string) {
	r.Rules = slices.DeleteFunc(r.Rules, func(c RuleCensus) bool { return !slices.Contains(ids, c.RuleID) })
}
