package attack

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
