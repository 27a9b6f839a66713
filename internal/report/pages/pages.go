// Package pages writes the pages of a rule pack: one a rule, an index by tactic,
// and the account of the ATT&CK matrix. All that they say comes from elsewhere:
// from the rules' own files, from their scores on the seed, from the catalogue,
// from package matrix; gen puts that together and writes docs.
//
// Pages are Markdown. Text of a rule is escaped ([prose]), except for what stands
// between backquotes; YAML is shown as it is in the file, in a block that it
// cannot end.
package pages

//go:generate go run ./gen

import (
	"bytes"
	"fmt"
	"strings"

	"ttpctl/internal/attack"
	"ttpctl/internal/corpus"
	"ttpctl/internal/engine"
)

// A Pack is what the pages are of. It is read-only.
type Pack struct {
	Catalogue *attack.Catalogue
	Rules     []*engine.Rule
	Scores    []corpus.RuleScore // on the seed
}

// Page returns the page of a rule.
func (p *Pack) Page(r *engine.Rule) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s %s\n\n", r.ID, r.Name)
	b.WriteString(prose(r.Description) + "\n\n")
	fmt.Fprintf(&b, "Version %d of [%s.yaml](../../rules/ttp/%s.yaml), for %s events.\n\n", r.Version, r.ID, r.ID, kinds(r))
	p.techniques(&b, r)
	b.WriteString("## What it asks\n\n")
	fence(&b, section(r.Source.Text(), "match"))
	b.WriteString("[rules.md](../rules.md) explains the language")
	if r.Lifter != "" {
		b.WriteString(", [lifters.md](../lifters.md) the lifter")
	}
	b.WriteString(".\n\n")
	if examples := section(r.Source.Text(), "examples"); examples != "" {
		b.WriteString("## Examples\n\nTried by `ttpctl validate`. What stands under `no_match` looks alike and is not tagged.\n\n")
		fence(&b, examples)
	}
	list(&b, "## Known false positives", r.FalsePositives, "None is known.")
	p.measured(&b, r)
	changes(&b, r)
	return b.Bytes()
}

func kinds(r *engine.Rule) string {
	var names []string
	for _, k := range r.AppliesTo {
		names = append(names, k.String())
	}
	return strings.Join(names, ", ")
}

func (p *Pack) techniques(b *bytes.Buffer, r *engine.Rule) {
	b.WriteString("| tactic | technique | confidence | other rules |\n|---|---|---|---|\n")
	for _, e := range r.Emits {
		id := mostSpecific(e)
		fmt.Fprintf(b, "| %s | [%s](%s) %s | %v | %s |\n", p.Catalogue.TacticName(e.Tactic), id, e.URL,
			p.Catalogue.FullName(id), e.Confidence, links(p.others(r, id)))
	}
	b.WriteString("\n")
}

func mostSpecific(e engine.Emit) string {
	if e.SubTechnique != "" {
		return e.SubTechnique
	}
	return e.Technique
}

// others returns the rules besides r that tag the technique.
func (p *Pack) others(r *engine.Rule, technique string) []string {
	var ids []string
	for _, o := range p.Rules {
		for _, e := range o.Emits {
			if o.ID != r.ID && mostSpecific(e) == technique {
				ids = append(ids, o.ID)
				break
			}
		}
	}
	return ids
}

func links(ids []string) string {
	var all []string
	for _, id := range ids {
		all = append(all, fmt.Sprintf("[%s](%s.md)", id, id))
	}
	return strings.Join(all, ", ")
}

// measured writes how the rule did on the seed.
func (p *Pack) measured(b *bytes.Buffer, r *engine.Rule) {
	b.WriteString("## Measured\n\n")
	for _, s := range p.Scores {
		if s.RuleID != r.ID {
			continue
		}
		fmt.Fprintf(b, "On the %d rows of the seed that speak of it (`%s`): tagged %d, of which %d rightly; %d should be.\n\n", s.Rows, s.Cohort, s.Fired, s.TP, s.Expected)
		b.WriteString("| | share | of | 95 % interval |\n|---|---|---|---|\n")
		share(b, "precision", s.TP, s.Fired)
		share(b, "recall", s.TP, s.TP+s.FN)
		b.WriteString("\nThe seed was written by the authors of the rules, near misses above all: it shows that a rule does what it says, not how often it errs on input that nobody has seen. [precision.md](../precision.md) says more.\n\n")
		return
	}
	b.WriteString("No row of the seed speaks of it.\n\n")
}

func share(b *bytes.Buffer, what string, part, whole int) {
	if whole == 0 {
		fmt.Fprintf(b, "| %s | - | 0 | |\n", what)
		return
	}
	lower, upper := corpus.Wilson(part, whole)
	fmt.Fprintf(b, "| %s | %.3f | %d | %.3f to %.3f |\n", what, float64(part)/float64(whole), whole, lower, upper)
}

func changes(b *bytes.Buffer, r *engine.Rule) {
	b.WriteString("## Versions\n\n")
	if len(r.Changes) == 0 {
		b.WriteString("This is the first.\n")
		return
	}
	b.WriteString("| version | what changed | why |\n|---|---|---|\n")
	for _, c := range r.Changes {
		fmt.Fprintf(b, "| %d | %s | %s |\n", c.Version, prose(c.What), prose(c.Why))
	}
}

func list(b *bytes.Buffer, title string, items []string, none string) {
	b.WriteString(title + "\n\n")
	for _, item := range items {
		b.WriteString("- " + prose(item) + "\n")
	}
	if len(items) == 0 {
		b.WriteString(none + "\n")
	}
	b.WriteString("\n")
}
