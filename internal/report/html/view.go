package html

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/escape"
	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/report/dossier"
)

// Usual bounds of what stands in the page itself.
const (
	firstAttackers  = 40
	firstSessions   = 12
	mostIndicators  = 250
	mostCampaigns   = 24
	mostShapes      = 60
	mostInputs      = 60
	mostRules       = 8 // of a technique
	firstRules      = 12
	mostChips       = 8
	mostExample     = 320 // bytes
	mostCell        = 300
	featuredLines   = 40
	featuredText    = 600
	featuredEffects = 6
)

// A view is what the template is given.
type view struct {
	Policy             string
	Style              string
	Script             string
	Title, Headline    string
	Live               bool // a server keeps it up to date
	Lead, Footer, Mask string
	Countries          bool
	Meta               report.Meta
	Figures            []figure
	Tactics            []tacticView
	Timeline           chart
	AttackerCount      string
	Attackers          []attackerView
	AttackersLeft      string
	SessionCount       string
	SessionsAbout      string
	Featured           *featured
	Sessions           []sessionView
	IndicatorCount     string
	Indicators         []indicatorView
	IndicatorsLeft     string
	CampaignCount      string
	Campaigns          []campaignView
	CampaignsLeft      string
	Missed             string
	Untagged           []shapeView
	UntaggedAbout      string
	Trust, TrustRest   []trustView
	TrustAbout         string
	Made               []fact
	Inputs             []inputView
	InputsLeft         string
	Limits             []string
	Data               *pageData
}

type figure struct{ ID, Label, Value, Note string }

type fact struct {
	Label, Value string
	Code         bool
}

type tacticView struct {
	Name   string
	Cells  []cellView
	Unseen []string
}

type cellView struct {
	Anchor, ID, Name, Short string
	Heat                    int
	Sessions, Sum, URL      string
	Rules                   []ruleView
	MoreRules               string
}

type ruleView struct{ ID, Name, Tags, Confidence, Trust, Example string }

type attackerView struct {
	Name, Country, Sessions, Tags string
	Count                         int
	Techniques                    []string
	More                          int
	First, Last                   string
}

type indicatorView struct{ Kind, Value, Note, Attackers, Sessions, First, Last string }

type campaignView struct {
	Title, When   string
	Attackers     []string
	MoreAttackers string
	Shared        []indicatorView
	More          int
}

type shapeView struct{ Lines, Shape, Example string }

type inputView struct{ Name, Bytes, SHA256 string }

// shown is a text as the page has it: what could not be seen is spelled out.
func shown(text string, most int) string {
	cut := event.CutText(text, most)
	s := escape.Terminal(cut)
	if len(cut) < len(text) {
		s += "…"
	}
	return s
}

// heat returns 1 to 5 for n of at most most.
func heat(n, most int) int {
	if n <= 0 || most <= 0 {
		return 1
	}
	return min(5, max(1, int(math.Ceil(5*math.Log1p(float64(n))/math.Log1p(float64(most))))))
}

const minuteLayout = "2006-01-02 15:04"

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(minuteLayout)
}

// view returns what the template shows, its lists bounded to a share of what is
// usual.
func (p *Page) view(scale int) *view {
	d := p.Dossier
	v := &view{
		Policy: policy(), Style: styleText, Script: scriptText, Mask: "***",
		Title: "Honeypot report", Meta: p.meta(), Countries: p.Countries != "",
		Headline: headline(d), Lead: p.lead(), Figures: figures(d), Limits: d.Limits,
		Footer: "The tags are what the rules above say of the input, no more: they attribute nothing to anybody.",
	}
	if !d.Last.IsZero() {
		v.Title += ", " + span(d.First, d.Last)
	}
	scores := p.scores()
	v.Tactics = p.tactics(scores, scale)
	v.Timeline = chartOf(&d.Timeline)
	p.people(v, scale)
	p.found(v, scale)
	p.missed(v, scale)
	v.Trust, v.TrustAbout = p.trust(scores)
	if len(v.Trust) > firstRules+3 {
		v.Trust, v.TrustRest = v.Trust[:firstRules], v.Trust[firstRules:]
	}
	p.made(v)
	v.Data = p.data(scale)
	p.sessions(v)
	return v
}

// meta returns what is said of the run, as text that can be seen.
func (p *Page) meta() report.Meta {
	m := p.Meta
	for _, s := range []*string{&m.ToolVersion, &m.RulesetHash, &m.StateHash, &m.AttackRelease} {
		*s = shown(*s, 100)
	}
	return m
}

// tactics returns the matrix.
func (p *Page) tactics(scores scoreTable, scale int) (list []tacticView) {
	most := 0
	for i := range p.Dossier.Tactics {
		most = max(most, p.Dossier.Tactics[i].Sessions)
	}
	for i := range p.Dossier.Tactics {
		t := &p.Dossier.Tactics[i]
		out := tacticView{Name: shown(t.Name, 80), Unseen: t.Unseen}
		for k := range t.Techniques {
			if k == mostCell/scale {
				break
			}
			cell := &t.Techniques[k]
			c := p.cell(cell, scores, scale)
			c.Heat = heat(cell.Sessions.N, most)
			c.Anchor = fmt.Sprintf("t-%d-%d", i, k)
			out.Cells = append(out.Cells, c)
		}
		list = append(list, out)
	}
	return list
}

func (p *Page) cell(t *dossier.Technique, scores scoreTable, scale int) cellView {
	c := cellView{ID: shown(t.ID, 40), Name: shown(t.Name, 160), URL: t.URL}
	if t.Sessions.N > 0 {
		c.Sessions = t.Sessions.String()
	}
	c.Short = c.Name
	if _, sub, ok := strings.Cut(c.Name, ": "); ok {
		c.Short = sub
	}
	c.Sum = "In " + counted(t.Sessions, "session") + " of " + counted(t.Attackers, "attacker") + ", " + report.Plural(t.Tags, "tag")
	if when := span(t.First, t.Last); when != "" {
		c.Sum += ", " + when
	}
	c.Sum += "."
	for i, r := range t.Rules {
		if i == max(1, mostRules/scale) {
			c.MoreRules = report.Plural(len(t.Rules)-i, "more rule") + " tagged it: the list of rules has them."
			break
		}
		c.Rules = append(c.Rules, ruleView{
			ID: shown(r.ID, 64), Name: shown(p.ruleName(r.ID), 120), Tags: report.Plural(r.Tags, "tag"), Confidence: confidence(r.Lowest, r.Highest),
			Trust: scores.words(r.ID), Example: shown(r.Example, mostExample/scale),
		})
	}
	return c
}

func (p *Page) ruleName(id string) string {
	if p.RuleName == nil {
		return ""
	}
	return strings.ReplaceAll(p.RuleName(id), "_", " ")
}

// counted returns a number of things: 1 session, 250,000+ sessions.
func counted(c report.Count, noun string) string {
	if c.N == 1 && !c.More {
		return "1 " + noun
	}
	return c.String() + " " + noun + "s"
}

func confidence(low, high float64) string {
	if low == high {
		return fmt.Sprintf("%.2f", low)
	}
	return fmt.Sprintf("%.2f to %.2f", low, high)
}

// people fills in the attackers.
func (p *Page) people(v *view, scale int) {
	d := p.Dossier
	v.AttackerCount = d.Counts.Attackers.String()
	for i := range d.Attackers {
		if i == firstAttackers {
			break
		}
		a := &d.Attackers[i]
		v.Attackers = append(v.Attackers, attackerView{
			Name: shown(a.Name, 160), Country: shown(a.Country, 64), Sessions: report.Grouped(a.Sessions), Tags: report.Grouped(a.Tags), Count: len(a.Techniques),
			Techniques: ids(a.Techniques), More: max(0, len(a.Techniques)-mostChips), First: moment(a.First), Last: moment(a.Last),
		})
	}
	listed := len(d.Attackers) / scale
	if n := d.Counts.Attackers.N - listed; n > 0 {
		v.AttackersLeft = "Listed are the " + report.Grouped(listed) + " attackers who showed most; " + report.Plural(n, "more") + " are counted above."
		v.AttackersLeft = strings.ReplaceAll(v.AttackersLeft, "mores are", "more are")
	}
}

// ids returns the first of some techniques.
func ids(all []string) (list []string) {
	for _, id := range all[:min(len(all), mostChips)] {
		list = append(list, shown(id, 40))
	}
	return list
}

// found fills in indicators and campaigns.
func (p *Page) found(v *view, scale int) {
	d := p.Dossier
	v.IndicatorCount, v.CampaignCount = report.Grouped(d.Counts.Indicators), report.Grouped(d.Counts.Campaigns)
	for i := range d.Indicators {
		if i == mostIndicators/scale {
			break
		}
		v.Indicators = append(v.Indicators, indicatorOf(&d.Indicators[i]))
	}
	if n := d.Counts.Indicators - len(v.Indicators); n > 0 {
		v.IndicatorsLeft = "Listed are those that most attackers left; " + report.Grouped(n) + " more were found."
	}
	for i := range d.Campaigns {
		if i == mostCampaigns/scale {
			break
		}
		c := &d.Campaigns[i]
		out := campaignView{Title: "Campaign " + report.Grouped(c.Number) + ": " + report.Plural(c.Count, "attacker"), When: sentence(span(c.First, c.Last)), More: c.More}
		const named = 12
		for _, a := range c.Attackers[:min(len(c.Attackers), named)] {
			out.Attackers = append(out.Attackers, shown(a, 160))
		}
		if c.Count > named {
			out.MoreAttackers = report.Grouped(c.Count - named)
		}
		for k := range c.Shared {
			out.Shared = append(out.Shared, indicatorOf(&c.Shared[k]))
		}
		v.Campaigns = append(v.Campaigns, out)
	}
	if n := d.Counts.Campaigns - len(v.Campaigns); n > 0 {
		v.CampaignsLeft = report.Grouped(n) + " smaller ones are not shown."
	}
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func indicatorOf(i *dossier.Indicator) indicatorView {
	return indicatorView{
		Kind: kinds[i.Kind], Value: Defang(i.Kind, shown(i.Value, 400)), Note: shown(i.Note, 80),
		Attackers: report.Grouped(i.Attackers), Sessions: report.Grouped(i.Sessions), First: moment(i.First), Last: moment(i.Last),
	}
}

// kinds are the kinds of indicators in words.
var kinds = map[string]string{
	dossier.KindURL: "URL", dossier.KindHost: "Host", dossier.KindFile: "File", dossier.KindKey: "Key", dossier.KindSequence: "Sequence",
}

// Defang makes an indicator into something that no program takes for a link.
func Defang(kind, value string) string {
	switch kind {
	case dossier.KindHost:
		return dots.Replace(value)
	case dossier.KindURL:
		scheme, rest, ok := strings.Cut(value, "://")
		if !ok {
			return dots.Replace(value)
		}
		host, path, slash := strings.Cut(rest, "/")
		if slash {
			path = "/" + path
		}
		return strings.NewReplacer("http", "hxxp", "HTTP", "hxxp", "ftp", "fxp").Replace(scheme) + "[://]" + dots.Replace(host) + path
	case dossier.KindSequence:
		return strings.ReplaceAll(value, "://", "[://]")
	}
	return value
}

var dots = strings.NewReplacer(".", "[.]", "::", "[::]")

// missed fills in what got no tag.
func (p *Page) missed(v *view, scale int) {
	d := p.Dossier
	switch {
	case !d.FromLogs:
		v.UntaggedAbout = "A database holds tags and nothing of what got none: a report on the logs themselves says it."
		return
	case p.Chosen != "":
		v.UntaggedAbout = "Filters are in force (" + shown(p.Chosen, 300) + "): what got no tag is not told."
		return
	case d.Commands == 0:
		v.UntaggedAbout = "There were no command lines."
		return
	}
	v.Missed = report.Grouped(d.Missed) + " of " + report.Plural(d.Commands, "line")
	v.UntaggedAbout = "Command lines that no rule tagged, by shape, the most frequent first. Not every such line deserves a tag."
	for i, s := range d.Untagged {
		if i == max(10, mostShapes/scale) {
			break
		}
		out := shapeView{report.Grouped(s.Lines), shown(s.Shape, 300), shown(s.Example, 300)}
		if out.Example == out.Shape {
			out.Example = ""
		}
		v.Untagged = append(v.Untagged, out)
	}
	if n := d.Shapes - len(v.Untagged); n > 0 {
		v.UntaggedAbout += " " + report.Plural(n, "more shape") + " not shown."
	}
}

// made says how the report came about.
func (p *Page) made(v *view) {
	v.Made = []fact{
		{"Tool", "ttpctl " + v.Meta.ToolVersion, false},
		{"Rules", v.Meta.RulesetHash, true},
		{"States of rules", v.Meta.StateHash, true},
		{"ATT&CK", v.Meta.AttackRelease + ", the catalogue of MITRE ATT&CK", false},
	}
	if p.Database != "" {
		v.Made = append(v.Made, fact{"Source", "Tags stored in " + shown(p.Database, 300), false})
	} else {
		v.Made = append(v.Made, fact{"Source", report.Plural(len(p.Inputs), "input") + ", each line judged by every rule in force", false})
	}
	if p.Chosen != "" {
		v.Made = append(v.Made, fact{"Filters", shown(p.Chosen, 600), false})
	}
	if p.Countries != "" {
		v.Made = append(v.Made, fact{"Countries", "as " + shown(p.Countries, 300) + " has them", false})
	}
	v.Made = slices.DeleteFunc(v.Made, func(f fact) bool { return f.Value == "" })
	for i, in := range p.Inputs {
		if i == mostInputs {
			v.InputsLeft = report.Grouped(len(p.Inputs)-i) + " more inputs were read."
			break
		}
		v.Inputs = append(v.Inputs, inputView{shown(in.Name, 300), report.Grouped(in.Bytes), cmp.Or(in.SHA256, "not known")})
	}
}
