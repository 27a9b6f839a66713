// Package rulesdir is a [store.RuleSource] over the rule files of a directory.
//
// An event in the directory only leads to another look: the files are listed,
// and those that changed are read once they stood still for 50 ms. Changes are
// found by comparing content. A file that cannot be read keeps the content that
// was read last.
//
//	dir, err := rulesdir.Open(ctx, "rules/ttp", rulesdir.Options{Now: time.Now})
//	sources, sub, err := dir.Watch(ctx)
//
// A [Reader] reads rule files once, as a command line names them: directories,
// files, globs, stdin. [Stale] says what an export of rules has to write.
package rulesdir
