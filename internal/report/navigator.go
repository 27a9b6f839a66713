package report

import (
	"cmp"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ttpctl/internal/attack"
	"ttpctl/internal/sorting"
)

// Versions of the Navigator and of its layer format that layers are made for.
const (
	navigatorVersion = "5.1.0"
	layerVersion     = "4.5"
)

// A layer is a layer of ATT&CK Navigator, format 4.5
// (github.com/mitre-attack/attack-navigator, layers/spec/v4.5).
type layer struct {
	Name     string `json:"name"`
	Versions struct {
		Attack    string `json:"attack"`
		Navigator string `json:"navigator"`
		Layer     string `json:"layer"`
	} `json:"versions"`
	Domain     attack.Domain    `json:"domain"`
	Techniques []layerTechnique `json:"techniques"`
	Gradient   layerGradient    `json:"gradient"`
}

// A layerTechnique has no color: it would override the score's.
type layerTechnique struct {
	TechniqueID       string          `json:"techniqueID"`
	Tactic            string          `json:"tactic,omitzero"` // shortname; absent = under every tactic
	Score             *int            `json:"score,omitzero"`
	Comment           string          `json:"comment,omitzero"`
	Metadata          []layerMetadata `json:"metadata,omitempty"`
	Links             []layerLink     `json:"links,omitempty"`
	ShowSubtechniques bool            `json:"showSubtechniques,omitzero"`
}

type layerMetadata struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type layerLink struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}

// A layerGradient colours scores; MinValue must be below MaxValue.
type layerGradient struct {
	Colors   []string `json:"colors"`
	MinValue int      `json:"minValue"`
	MaxValue int      `json:"maxValue"`
}

// A LayerCell is one technique of a layer, under one tactic or under all.
type LayerCell struct {
	Technique attack.Technique
	Tactic    string // TAxxxx, "" = every tactic of the technique
	Score     int    // 0 = it has none, and no colour
	Comment   string
	Metadata  [][2]string // name, value; those without value are left out
}

// NavigatorLayer returns a layer of cells, which are techniques of domain.
// They are coloured from yellow at the first of scores to red at the second, or
// where one is higher. Parents of sub-techniques in the layer are opened.
func NavigatorLayer(name string, domain attack.Domain, c *attack.Catalogue, cells []LayerCell, scores [2]int) []byte {
	l := layer{Name: name, Domain: domain, Techniques: []layerTechnique{}}
	l.Versions.Attack, _, _ = strings.Cut(c.Release(), ".")
	l.Versions.Navigator = navigatorVersion
	l.Versions.Layer = layerVersion
	// Yellow to red, legible with the Navigator's dark text.
	l.Gradient = layerGradient{Colors: []string{"#ffe766", "#ff6666"}, MinValue: scores[0], MaxValue: scores[1]}
	parents := make(map[[2]string]bool) // parent and tactic of the sub-techniques
	for i := range cells {
		cell := &cells[i]
		lt := cell.layerTechnique()
		if tactic, ok := c.Tactic(cell.Tactic); ok && tactic.Domain == domain {
			lt.Tactic = tactic.Shortname
		}
		if cell.Technique.Sub {
			parents[[2]string{cell.Technique.Parent, lt.Tactic}] = true
		}
		l.Techniques = append(l.Techniques, lt)
		l.Gradient.MaxValue = max(l.Gradient.MaxValue, cell.Score)
	}
	l.open(parents)
	b, err := json.Marshal(l, jsontext.AllowInvalidUTF8(true), jsontext.Multiline(true), jsontext.WithIndent("  "))
	if err != nil {
		panic(err) // strings and ints always marshal
	}
	return append(b, '\n')
}

func (c *LayerCell) layerTechnique() layerTechnique {
	lt := layerTechnique{TechniqueID: c.Technique.ID, Comment: c.Comment, Links: []layerLink{{"ATT&CK", c.Technique.URL}}}
	if c.Score > 0 {
		lt.Score = &c.Score
	}
	for _, m := range c.Metadata {
		if m[1] != "" {
			lt.Metadata = append(lt.Metadata, layerMetadata{m[0], m[1]})
		}
	}
	return lt
}

// Navigator returns a layer of the counts of one domain, whose scores are
// numbers of hits, by technique id and tactic. Counts of other domains, and of
// techniques that c does not have, are not in it: the Navigator would refuse
// the layer or drop them silently.
func Navigator(name string, domain attack.Domain, c *attack.Catalogue, counts []TechniqueCount) []byte {
	var cells []LayerCell
	for i := range counts {
		if t, ok := c.Technique(domain, counts[i].Technique); ok && counts[i].Domain == domain {
			cells = append(cells, counts[i].cell(t))
		}
	}
	return NavigatorLayer(name, domain, c, cells, [2]int{0, 1})
}

func (n *TechniqueCount) cell(t attack.Technique) LayerCell {
	c := LayerCell{Technique: t, Tactic: n.Tactic, Score: n.Hits.N, Comment: n.Example, Metadata: [][2]string{{"tags", plain(n.Tags)}, {"attackers", n.Attackers.plain()}}}
	if n.Identities.N > 0 {
		c.Metadata = append(c.Metadata, [2]string{"identities", n.Identities.plain()})
	}
	c.Metadata = append(c.Metadata, [][2]string{
		{"sessions", n.Sessions.plain()}, {"first seen", plain(n.First)}, {"last seen", plain(n.Last)}, {"rules", strings.Join(n.Rules, ", ")},
	}...)
	return c
}

// open shows the sub-techniques of parents, which are added where they have
// no count of their own, and sorts the layer.
func (l *layer) open(parents map[[2]string]bool) {
	for i := range l.Techniques {
		t := &l.Techniques[i]
		key := [2]string{t.TechniqueID, t.Tactic}
		t.ShowSubtechniques = parents[key]
		delete(parents, key)
	}
	for key := range parents {
		l.Techniques = append(l.Techniques, layerTechnique{TechniqueID: key[0], Tactic: key[1], ShowSubtechniques: true})
	}
	sorting.By(l.Techniques, func(a, b layerTechnique) int {
		return cmp.Or(cmp.Compare(a.TechniqueID, b.TechniqueID), cmp.Compare(a.Tactic, b.Tactic))
	})
}
