// Package rulesdir is a [store.RuleSource] over the rule files of a directory.
//
// Any event in the directory means "look again". A look lists the files and
// compares what it finds with what is in force; a file is read once it stood
// still for a while. What cannot be read stays in force as it was.
//
//	dir, err := rulesdir.Open(ctx, "rules/ttp", rulesdir.Options{Now: time.Now})
//	sources, sub, err := dir.Watch(ctx)
package rulesdir
