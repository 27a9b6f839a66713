package attack

import (
	"slices"
	"strings"
)

// FullName returns `Brute Force: Password Guessing`, "" for an id that c does
// not have.
func (c *Catalogue) FullName(id string) string {
	t, _ := c.Find(id)
	if !t.Sub {
		return t.Name
	}
	parent, _ := c.Technique(t.Domain, t.Parent)
	return parent.Name + ": " + t.Name
}

// TacticName returns the name of a tactic, "" for an id that c does not have.
func (c *Catalogue) TacticName(id string) string {
	t, _ := c.Tactic(id)
	return t.Name
}

// FindTactic returns the id of the tactic with that id or short name, in any
// case, or "".
func (c *Catalogue) FindTactic(name string) string {
	for _, d := range Domains() {
		for t := range c.Tactics(d) {
			if strings.EqualFold(t.ID, name) || strings.EqualFold(t.Shortname, name) {
				return t.ID
			}
		}
	}
	return ""
}

// Shortnames returns the short names of the tactics of all domains, each once.
func (c *Catalogue) Shortnames() (names []string) {
	for _, d := range Domains() {
		for t := range c.Tactics(d) {
			if !slices.Contains(names, t.Shortname) {
				names = append(names, t.Shortname)
			}
		}
	}
	return names
}
