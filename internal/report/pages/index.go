package pages

import (
	"bytes"
	"fmt"
	"strings"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/matrix"
)

// Index returns the index of the rules by tactic, in the order of the matrix. A
// rule stands under each of its tactics.
func (p *Pack) Index() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Rules\n\nThe %d rules of the pack by tactic. [matrix.md](../matrix.md) is the account of the whole ATT&CK matrix; [rules.md](../rules.md) tells how a rule is written.\n", len(p.Rules))
	for tactic := range p.Catalogue.Tactics(attack.Enterprise) {
		rows := ""
		for _, r := range p.Rules {
			if cells := p.under(r, tactic.ID); cells != "" {
				rows += fmt.Sprintf("| [%s](%s.md) | %s | %s | %s |\n", r.ID, r.ID, r.Name, cells, kinds(r))
			}
		}
		if rows != "" {
			fmt.Fprintf(&b, "\n## %s (%s)\n\n| rule | name | techniques, confidence | events |\n|---|---|---|---|\n%s", tactic.Name, tactic.ID, rows)
		}
	}
	return b.Bytes()
}

// under lists what r tags under the tactic.
func (p *Pack) under(r *engine.Rule, tactic string) string {
	var cells []string
	for _, e := range r.Emits {
		if e.Tactic == tactic {
			cells = append(cells, fmt.Sprintf("%s %s %v", mostSpecific(e), p.Catalogue.FullName(mostSpecific(e)), e.Confidence))
		}
	}
	return strings.Join(cells, "; ")
}

// Matrix returns the account of the matrix, a row a technique.
func Matrix(c *attack.Catalogue, m *matrix.Matrix) []byte {
	var b bytes.Buffer
	n := m.Total()
	fmt.Fprintf(&b, "# The matrix\n\nEvery technique of ATT&CK %s that is in use on Linux, in containers, in clouds (IaaS) or on network devices, %d of them: %d are tagged by a rule, themselves or by a sub-technique; no command line, log, request or payload of a honeypot can show %d; %d are open: a rule could show them, and none does yet; what it could look for stands there. `ttpctl coverage` gives the same for the rules in force.\n\n",
		c.Release(), n.Techniques, n.Tagged, n.Beyond, n.Open)
	b.WriteString("| technique | name | rules, or why there is none |\n|---|---|---|\n")
	for i := range m.Techniques {
		row := &m.Techniques[i]
		fmt.Fprintf(&b, "| [%s](%s) | %s | %s |\n", row.ID, row.URL, c.FullName(row.ID), account(row))
	}
	if len(m.Others) > 0 {
		b.WriteString("\nRules also tag techniques of other platforms, those of the time before an attack among them:\n\n| technique | name | rules |\n|---|---|---|\n")
	}
	for i := range m.Others {
		row := &m.Others[i]
		fmt.Fprintf(&b, "| [%s](%s) | %s | %s |\n", row.ID, row.URL, c.FullName(row.ID), account(row))
	}
	return b.Bytes()
}

func account(row *matrix.Technique) string {
	switch row.Status() {
	case matrix.Tagged:
		return strings.ReplaceAll(links(row.Rules), "](", "](rules/")
	case matrix.Open:
		return strings.TrimSpace(prose("open: " + row.Reason.Words))
	}
	return prose(row.Reason.About + ": " + row.Reason.Words)
}
