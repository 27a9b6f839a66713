package program

import "slices"

// Can reports whether commands that f reads, or one of its subcommands, may have effects of verb v. It errs towards yes: what the effect functions
// of one family never do is all that it excludes.
func (f *Form) Can(v Verb) bool {
	switch v {
	case Runs, Reads, Writes, Fetches, Sends, Connects, Sets:
		return true // by its path, by redirections, by assignments before it
	}
	for _, name := range f.Effects {
		if familyCan(name, v) {
			return true
		}
	}
	for _, o := range f.Operands {
		for _, r := range slices.Concat(o.First, o.Last, []Role{o.Rest}) {
			if v == Removes && r == RoleRemove || v == Searches && r == RoleSearch {
				return true
			}
		}
	}
	return slices.ContainsFunc(f.Subs, func(s *Form) bool { return s.Can(v) })
}

func familyCan(name string, v Verb) bool {
	switch v {
	case Kills, Service, Package, Schedules, Account, Module:
		return fileEffect(name) == nil && networkEffect(name) == nil
	case Listens:
		return fileEffect(name) == nil && systemEffect(name) == nil
	case Searches, Archives:
		return systemEffect(name) == nil
	}
	return true
}
