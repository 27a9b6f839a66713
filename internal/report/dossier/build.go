package dossier

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/matrix"
	"ttpctl/internal/report"
	"ttpctl/internal/secrets"
	"ttpctl/internal/sorting"
)

// Bounds of what is listed.
const (
	maxListed     = 1500 // attackers
	maxListedMore = 500  // indicators
	maxCampaigns  = 100
	maxShapes     = 200
	maxColumns    = 120 // of the timeline
)

// Dossier puts together what was counted. b is of no use afterwards.
func (b *Builder) Dossier() *Dossier {
	all := b.all()
	b.sequenced(all)
	d := &Dossier{First: b.first, Last: b.last, Tags: b.tags, Commands: b.commands, FromLogs: b.stored == nil}
	for _, s := range all {
		d.Counts.Downloads += s.Downloads
		if s.LoggedIn {
			d.Counts.LoggedIn++
		}
	}
	if b.stored == nil {
		d.Counts.SessionsSeen = b.keeper.Total()
	}
	d.Campaigns = b.campaigns()
	d.Counts.Campaigns = len(d.Campaigns)
	d.Campaigns = d.Campaigns[:min(len(d.Campaigns), maxCampaigns)]
	d.Indicators = b.indicators.top()
	d.Counts.Indicators = len(d.Indicators)
	d.Indicators = d.Indicators[:min(len(d.Indicators), maxListedMore)]
	d.Sessions, d.Counts.SessionsLike = b.choose(all)
	d.Counts.SessionsShown = len(d.Sessions)
	b.fillTactics(d)
	d.Attackers = b.ranked()
	d.Counts.Attackers = report.Count{N: len(d.Attackers), More: len(b.people) == maxAttackers}
	d.Attackers = d.Attackers[:min(len(d.Attackers), maxListed)]
	d.Counts.Rules = len(b.ruleIDs)
	d.Counts.Sessions = report.Count{N: len(b.sessions), More: len(b.sessions) == maxSessions}
	d.Timeline = b.timeline(d.Tactics)
	d.Untagged = b.untagged.Shapes()
	d.Missed, d.Shapes = b.untagged.Lines, len(d.Untagged)
	d.Untagged = slices.Clone(d.Untagged[:min(len(d.Untagged), maxShapes)])
	for i := range d.Untagged {
		d.Untagged[i].Shape, d.Untagged[i].Example = secrets.Mask(d.Untagged[i].Shape), secrets.Mask(d.Untagged[i].Example)
	}
	d.Limits = slices.Sorted(maps.Keys(b.limits))
	return d
}

// ranked returns the attackers with tags, the most telling first.
func (b *Builder) ranked() (list []Attacker) {
	for i := range b.people {
		if p := &b.people[i]; p.tags > 0 {
			list = append(list, Attacker{p.name, b.config.Countries.Of(p.name), p.sessions, p.tags, p.techniques, p.first, p.last})
		}
	}
	sorting.By(list, func(x, y Attacker) int {
		return cmp.Or(cmp.Compare(len(y.Techniques), len(x.Techniques)), cmp.Compare(y.Sessions, x.Sessions), cmp.Compare(y.Tags, x.Tags), byAddress(x.Name, y.Name))
	})
	return list
}

// byAddress orders addresses as numbers, and all else behind them.
func byAddress(x, y string) int {
	a, errA := netip.ParseAddr(x)
	b, errB := netip.ParseAddr(y)
	switch {
	case errA == nil && errB == nil:
		return a.Compare(b)
	case errA == nil:
		return -1
	case errB == nil:
		return 1
	}
	return cmp.Compare(x, y)
}

// fillTactics puts the matrix together.
func (b *Builder) fillTactics(d *Dossier) {
	c := b.config.Catalogue
	byTactic := map[string]*Tactic{}
	seen, under := map[string]bool{}, map[string]bool{}
	for _, n := range b.summary.Techniques() {
		t := byTactic[n.Tactic]
		if t == nil {
			t = &Tactic{ID: n.Tactic, Name: cmp.Or(c.TacticName(n.Tactic), n.Tactic)}
			byTactic[n.Tactic] = t
		}
		known, _ := c.Technique(n.Domain, n.Technique)
		cell := Technique{
			ID: n.Technique, Name: cmp.Or(c.FullName(n.Technique), n.Technique), Tactic: n.Tactic, URL: known.URL,
			Tags: n.Tags, Sessions: n.Sessions, Attackers: n.Attackers, First: n.First, Last: n.Last,
		}
		for _, id := range n.Rules {
			if r := b.rules[ruleKey{n.Tactic, n.Technique, id}]; r != nil {
				cell.Rules = append(cell.Rules, *r)
			}
		}
		sorting.By(cell.Rules, func(x, y Rule) int { return cmp.Compare(y.Tags, x.Tags) })
		t.Techniques = append(t.Techniques, cell)
		t.Sessions = max(t.Sessions, n.Sessions.N)
		if !seen[n.Technique] {
			seen[n.Technique] = true
			d.Counts.Techniques++
		}
		under[known.Parent] = true
	}
	for _, domain := range attack.Domains() {
		for tactic := range c.Tactics(domain) {
			if t := byTactic[tactic.ID]; t != nil {
				sorting.By(t.Techniques, func(x, y Technique) int {
					return cmp.Or(cmp.Compare(y.Sessions.N, x.Sessions.N), cmp.Compare(x.ID, y.ID))
				})
				d.Tactics = append(d.Tactics, *t)
				delete(byTactic, tactic.ID)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(byTactic)) { // that the catalogue does not know
		d.Tactics = append(d.Tactics, *byTactic[id])
	}
	maps.Copy(seen, under)
	unseen(d, c, seen)
}

// unseen adds the techniques of honeypots' platforms that were not seen.
func unseen(d *Dossier, c *attack.Catalogue, seen map[string]bool) {
	for t := range c.Techniques() {
		if t.Sub || t.Domain != attack.Enterprise || t.Status != attack.Active || t.Platforms&matrix.Platforms == 0 || seen[t.ID] {
			continue
		}
		for i := range d.Tactics {
			if slices.Contains(t.Tactics, d.Tactics[i].ID) {
				d.Tactics[i].Unseen = append(d.Tactics[i].Unseen, t.Name)
			}
		}
	}
}

// steps are what a bucket of the timeline may last.
var steps = []time.Duration{time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour, 7 * 24 * time.Hour, 28 * 24 * time.Hour, 91 * 24 * time.Hour}

// timeline returns the tags by time, in as many buckets as fit.
func (b *Builder) timeline(tactics []Tactic) Timeline {
	hours := slices.Sorted(maps.Keys(b.hours))
	if len(hours) == 0 {
		return Timeline{}
	}
	first, last := hours[0], hours[len(hours)-1]
	var step, start int64
	for k := 0; ; k++ {
		step = int64(steps[min(k, len(steps)-1)]/time.Hour) << max(0, k-len(steps)+1)
		start = floorDiv(first, step) * step
		if (last-start)/step < maxColumns {
			break
		}
	}
	t := Timeline{Start: time.Unix(start*3600, 0).UTC(), Step: time.Duration(step) * time.Hour, Buckets: int((last-start)/step) + 1}
	t.Totals = make([]int, t.Buckets)
	for i := range tactics {
		row := TimelineRow{Tactic: tactics[i].ID, Name: tactics[i].Name, Tags: make([]int, t.Buckets)}
		for _, h := range hours {
			n, at := b.hours[h][row.Tactic], (h-start)/step
			row.Tags[at] += n
			t.Totals[at] += n
		}
		t.Peak = max(t.Peak, slices.Max(row.Tags))
		t.Rows = append(t.Rows, row)
	}
	t.Most = slices.Max(t.Totals)
	return t
}
