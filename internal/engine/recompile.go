package engine

import "slices"

// Recompile returns what Compile makes of the files that rs was made of, with edited
// in the place of those of the same names, without a look at the others; and the rules
// of edited. It can where cfg is otherwise that of before, where edited are files
// whose rules are in force, and where what files must agree on stays: then no other
// file's result can change. It returns nil where it cannot, and where a file has
// errors; whoever wants to know more calls Compile.
func (rs *Ruleset) Recompile(edited []Source, cfg Config) (next *Ruleset, rules []*Rule) {
	cfg.Previous = rs
	c, sc := newCompiler(&cfg), NewScratch()
	if cfg.Catalogue != rs.catalogue || cfg.Outlines != rs.outlines || cfg.Programs != rs.table {
		return nil, nil
	}
	all := slices.Clone(rs.rules)
	for _, src := range edited {
		stem, _ := stemOf(src.Name)
		i, ok := rs.find(stem)
		if !ok || !c.mayEdit(rs.rules[i], src) {
			return nil, nil
		}
		f := c.file(src, sc)
		if f.rule == nil || !f.agreesLike(rs.rules[i].checked) {
			return nil, nil
		}
		all[i] = f.rule
		rules = append(rules, f.rule)
	}
	if slices.Equal(all, rs.rules) {
		return rs, rules
	}
	next = newRuleset(all, cfg.Programs, rs)
	next.catalogue, next.outlines, next.replaced = rs.catalogue, rs.outlines, rs.replaced
	return next, rules
}

// mayEdit reports whether r is what the file src said before, checked as it would be
// today. All rules of a ruleset were checked alike.
func (c *compiler) mayEdit(r *Rule, src Source) bool {
	return r.Source.Name == src.Name && r.Source.Layer == src.Layer && r.checked != nil && r.checked.origin == c.origin
}

// agreesLike reports whether f says what files must agree on, and where it says so,
// as old does.
func (f *checked) agreesLike(old *checked) bool {
	return f.id == old.id && f.title == old.title && f.release == old.release
}
