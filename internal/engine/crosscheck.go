package engine

import (
	"fmt"
	"slices"
)

// overlay parts files, which are in layer order, into those that count and the
// rules, by their files' names, that a higher layer replaces.
func overlay(files []*checkedFile) (rest []*checkedFile, replaced map[string]*Rule) {
	replaced = map[string]*Rule{}
	if !slices.ContainsFunc(files, func(f *checkedFile) bool { return f.layer > 0 }) {
		return files, replaced
	}
	top := make(map[string]int, len(files))
	for _, f := range files {
		if f.id.V != "" {
			top[f.id.V] = f.layer
		}
	}
	for _, f := range files {
		switch {
		case f.layer >= top[f.id.V]:
			rest = append(rest, f)
		case f.rule != nil:
			replaced[f.name] = f.rule
		}
	}
	return rest, replaced
}

// crossCheck compares files, which are in layer, then name order, with each other. Of two
// that claim one id or one name the first stays in force.
func crossCheck(files []*checkedFile) Diagnostics {
	var diags Diagnostics
	ids, titles := make(map[string]*checkedFile, len(files)), make(map[string]*checkedFile, len(files))
	for _, f := range files {
		if d, ok := claim(ids, f, f.id, CodeDuplicateID, "rule_id"); !ok {
			diags.add(d)
		}
		if d, ok := claim(titles, f, f.title, CodeDuplicateName, "name"); !ok {
			diags.add(d)
		}
	}
	return append(diags, mixedReleases(files)...)
}

// claim enters value into taken; it refuses f when another file was first.
func claim(taken map[string]*checkedFile, f *checkedFile, value At[string], code Code, key string) (Diagnostic, bool) {
	if !value.given() || value.V == "" {
		return Diagnostic{}, true
	}
	first, repeated := taken[value.V]
	if !repeated {
		taken[value.V] = f
		return Diagnostic{}, true
	}
	f.refused = true
	at := first.id.Span.Start
	if code == CodeDuplicateName {
		at = first.title.Span.Start
	}
	d := NewDiagnostic(code, value.Span, "%s %s is already taken", key, short(value.V)).
		WithLabel("first in %s:%d", first.name, at.Line)
	d.File, d.RuleID = f.name, f.id.V
	return d, false
}

// mixedReleases reports the files that name another release of ATT&CK than
// the first file that names one. Those that only differ from the catalogue
// have been reported by themselves.
func mixedReleases(files []*checkedFile) Diagnostics {
	var diags Diagnostics
	var first *checkedFile
	for _, f := range files {
		switch {
		case !f.release.given():
		case first == nil:
			first = f
		case f.release.V != first.release.V:
			d := NewDiagnostic(CodeRelease, f.release.Span, "the rules mix attack_release %s and %s",
				short(first.release.V), short(f.release.V)).
				WithLabel("%s", fmt.Sprintf("the other in %s:%d", first.name, first.release.Span.Start.Line))
			d.File, d.RuleID = f.name, f.id.V
			diags.add(d)
		}
	}
	return diags
}
