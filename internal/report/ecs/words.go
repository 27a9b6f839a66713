package ecs

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
	"ttpctl/internal/report/traces"
)

// An emit is what a tag has of its rule: it is written once.
type emit struct {
	tactic, technique, sub, rule, release, url string
	version                                    int
	confidence                                 float64
}

// words are how a document has an emit, in three parts between which the event's
// own stands.
type words struct{ technique, confidence, release []byte }

// maxEmits is more than rules have emits: tags from elsewhere may name any.
const maxEmits = 4096

// wordsOf returns the words of what t has of its rule.
func (w *Writer) wordsOf(t *event.Tag) *words {
	k := emit{t.Tactic, t.Technique, t.SubTechnique, t.RuleID, t.AttackRelease, t.MitreURL, t.RuleVersion, t.Confidence}
	known, ok := w.emits[k]
	if ok {
		return known
	}
	known = w.learn(t)
	if len(w.emits) < maxEmits {
		for _, s := range []*string{&k.tactic, &k.technique, &k.sub, &k.rule, &k.release, &k.url} {
			*s = strings.Clone(*s) // they lie in a batch that is used again
		}
		w.emits[k] = known
	}
	return known
}

func (w *Writer) learn(t *event.Tag) *words {
	k := &words{technique: optional(nil, `,"reference":`, t.MitreURL)}
	k.technique = append(append(k.technique, `,"risk_score":`...), encode(t.Confidence*100)...)
	k.technique = append(append(k.technique, `},"threat":`...), encode(w.threat(t))...)
	k.technique = event.AppendQuoted(append(k.technique, `,"rule":{"id":`...), traces.Text(t.RuleID))
	k.technique = append(append(k.technique, `,"version":"`...), strconv.Itoa(t.RuleVersion)...)
	k.technique = append(k.technique, `","ruleset":"ttpctl"}`...)
	k.confidence = append(append(append(k.confidence, `,"ttpctl":{"confidence":`...), encode(t.Confidence)...), `,"source_id":`...)
	k.release = event.AppendQuoted([]byte(`,"attack_release":`), traces.Text(t.AttackRelease))
	return k
}

func encode(v any) []byte {
	b, err := json.Marshal(v, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		panic(err) // strings, numbers and lists of them always marshal
	}
	return b
}

// A threat is the technique of a tag.
type threat struct {
	Framework string     `json:"framework"`
	Tactic    technique  `json:"tactic"`
	Technique techniques `json:"technique"`
}

type technique struct {
	ID        []string `json:"id"`
	Name      []string `json:"name,omitempty"`
	Reference []string `json:"reference,omitempty"`
}

type techniques struct {
	technique `json:",inline"`
	Sub       *technique `json:"subtechnique,omitzero"`
}

// threat returns the technique of t, as the catalogue has it.
func (w *Writer) threat(t *event.Tag) threat {
	c := w.o.Catalogue
	x := threat{Framework: "MITRE ATT&CK"}
	x.Tactic = technique{ID: []string{traces.Text(t.Tactic)}, Name: list(c.TacticName(t.Tactic)), Reference: page(c, t.Tactic)}
	main, _ := c.Find(t.Technique)
	x.Technique = techniques{technique: technique{ID: []string{traces.Text(t.Technique)}, Name: list(main.Name), Reference: list(main.URL)}}
	if sub, _ := c.Find(t.SubTechnique); t.SubTechnique != "" {
		x.Technique.Sub = &technique{ID: []string{traces.Text(t.SubTechnique)}, Name: list(sub.Name), Reference: list(sub.URL)}
	}
	return x
}

// page returns the page of a tactic that the catalogue has.
func page(c *attack.Catalogue, tactic string) []string {
	if _, ok := c.Tactic(tactic); !ok {
		return nil
	}
	return []string{"https://attack.mitre.org/tactics/" + tactic}
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
