package worker

import (
	"maps"
	"slices"
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/sorting"
	"ttpctl/internal/store"
)

// definitions turns rule files into rulesets. It belongs to one goroutine.
type definitions struct {
	cfg     engine.Config
	ruleset *engine.Ruleset // in force
	made    *engine.Ruleset // of the files as they are; ruleset, unless equal rules come from other files now
	files   map[string]*file
	// Of the changes since the last rebuild: their numbers by file, and the last one;
	// which files were put, and whether one was removed.
	revs    map[string]int64
	rev     int64
	edited  map[string]bool
	removed bool
}

// A file is one rule file of the source.
type file struct {
	latest engine.Source
	good   *engine.Source // the content that was in force last, nil = none
	// faults are the errors of latest by itself, once it was compiled: they
	// depend on nothing else, and it is not compiled again.
	faults engine.Diagnostics
	told   string // the errors that were told of latest
}

func newDefinitions(cfg engine.Config) *definitions {
	return &definitions{cfg: cfg, files: map[string]*file{}, revs: map[string]int64{}, edited: map[string]bool{}}
}

func (d *definitions) put(src engine.Source) {
	f := d.files[src.Name]
	if f == nil {
		f = &file{}
		d.files[src.Name] = f
	}
	if !f.latest.SameText(src) {
		f.faults, f.told = nil, ""
	}
	f.latest = src
	d.edited[src.Name] = true
}

// take notes changes of files.
func (d *definitions) take(changes []store.RuleChange) {
	for _, c := range changes {
		if c.Op == store.Delete {
			d.remove(c.Source.Name)
		} else {
			d.put(c.Source)
		}
		d.revs[c.Source.Name], d.rev = c.Rev, max(d.rev, c.Rev)
	}
}

// revOf returns the number of the change that a file, or what it collides with, had.
func (d *definitions) revOf(name string) int64 {
	if rev, ok := d.revs[name]; ok {
		return rev
	}
	return d.rev
}

func (d *definitions) remove(name string) {
	delete(d.files, name)
	delete(d.edited, name)
	d.removed = true
}

// maxAttempts bounds how often rebuild compiles. Falling back may make two
// files collide that did not before; after that many attempts the later one
// in name order is simply not in force.
const maxAttempts = 8

// rebuild compiles the files and returns what changed. The ruleset stays the
// very same when no rule did.
func (d *definitions) rebuild() []Change {
	changes, ok := d.edit()
	if !ok {
		changes = d.rebuildAll()
	}
	clear(d.revs)
	clear(d.edited)
	d.rev, d.removed = 0, false
	return changes
}

// edit is rebuild where rules in force were edited, and no other file can tell: its
// time does not grow with the number of rules as that of rebuildAll does. ok is false
// where it cannot be sure.
func (d *definitions) edit() (changes []Change, ok bool) {
	if d.made == nil || d.removed {
		return nil, false
	}
	var srcs []engine.Source
	for _, name := range slices.Sorted(maps.Keys(d.edited)) {
		srcs = append(srcs, d.files[name].latest)
	}
	rs, rules := d.made.Recompile(srcs, d.cfg)
	if rs == nil {
		return nil, false
	}
	for _, r := range rules {
		f := d.files[r.Source.Name]
		f.good, f.told = &r.Source, ""
		if old := d.ruleset.Rule(r.ID); old.Hash != r.Hash {
			changes = append(changes, Change{Op: Loaded, RuleID: r.ID, Rule: r, Rev: d.revOf(r.Source.Name)})
		}
	}
	sorting.By(changes, func(a, b Change) int { return strings.Compare(a.RuleID, b.RuleID) })
	d.enforce(rs)
	return changes, true
}

// enforce puts rs in force, unless its rules are.
func (d *definitions) enforce(rs *engine.Ruleset) {
	d.made = rs
	if d.ruleset == nil || d.ruleset.Hash() != rs.Hash() {
		d.ruleset = rs
	}
}

// rebuildAll is rebuild with a look at every file.
func (d *definitions) rebuildAll() []Change {
	chosen := make(map[string]engine.Source, len(d.files))
	for name, f := range d.files {
		switch {
		case f.faults == nil:
			chosen[name] = f.latest
		case f.good != nil:
			chosen[name] = *f.good
		}
	}
	refused := map[string]engine.Diagnostics{}
	var rs *engine.Ruleset
	for range maxAttempts {
		var diags engine.Diagnostics
		rs, diags = d.compile(chosen)
		if !d.fallBack(chosen, rs, diags, refused) {
			break
		}
	}
	changes := append(d.keep(rs), d.tell(rs, refused)...)
	d.enforce(rs)
	return changes
}

func (d *definitions) compile(chosen map[string]engine.Source) (*engine.Ruleset, engine.Diagnostics) {
	cfg := d.cfg
	cfg.Previous = d.ruleset
	srcs := make([]engine.Source, 0, len(chosen))
	for _, name := range slices.Sorted(maps.Keys(chosen)) {
		srcs = append(srcs, chosen[name])
	}
	return engine.Compile(srcs, cfg)
}

// fallBack replaces the files that rs leaves out by what was good of them, and
// reports whether it changed anything. Errors of a file by itself come first:
// once it is out of the way, its neighbours may not collide any more.
func (d *definitions) fallBack(chosen map[string]engine.Source, rs *engine.Ruleset, diags engine.Diagnostics, refused map[string]engine.Diagnostics) (changed bool) {
	errors := errorsByFile(diags)
	if len(errors) == 0 {
		return false
	}
	in := byFile(rs)
	var collided []string
	for name, errs := range errors {
		src, isChosen := chosen[name]
		if in[name] != nil || !isChosen {
			continue
		}
		f := d.files[name]
		if src.SameText(f.latest) {
			refused[name] = errs
		}
		if collides(errs) {
			collided = append(collided, name)
			continue
		}
		f.faults = errs
		f.fallBack(chosen, name)
		changed = true
	}
	if changed {
		return true
	}
	for _, name := range collided {
		if f := d.files[name]; f.good != nil && !chosen[name].SameText(*f.good) {
			chosen[name] = *f.good
			changed = true
		}
	}
	return changed
}

// fallBack chooses what was good of f, or nothing.
func (f *file) fallBack(chosen map[string]engine.Source, name string) {
	if f.good != nil && !chosen[name].SameText(*f.good) {
		chosen[name] = *f.good
	} else {
		delete(chosen, name)
	}
}

// collides reports whether errs are all about other files: the id or the name
// is taken. A release that others do not share may go with that; alone, it is
// not the catalogue's.
func collides(errs engine.Diagnostics) bool {
	taken := 0
	for i := range errs {
		switch errs[i].Code {
		case engine.CodeDuplicateID, engine.CodeDuplicateName:
			taken++
		case engine.CodeRelease:
		default:
			return false
		}
	}
	return taken > 0
}

func byFile(rs *engine.Ruleset) map[string]*engine.Rule {
	rules := make(map[string]*engine.Rule, len(rs.Rules()))
	for _, r := range rs.Rules() {
		rules[r.Source.Name] = r
	}
	return rules
}

func errorsByFile(diags engine.Diagnostics) map[string]engine.Diagnostics {
	errs := map[string]engine.Diagnostics{}
	for _, e := range diags {
		if e.Severity == engine.Error {
			errs[e.File] = append(errs[e.File], e)
		}
	}
	return errs
}

// keep notes what of rs is good, and returns how rs differs from the rules in
// force, in rule_id order.
func (d *definitions) keep(rs *engine.Ruleset) []Change {
	var changes []Change
	var olds []*engine.Rule
	if d.ruleset != nil {
		olds = d.ruleset.Rules()
	}
	remove := func(old *engine.Rule) {
		changes = append(changes, Change{Op: Removed, RuleID: old.ID, Rev: d.revOf(old.Source.Name)})
	}
	for _, r := range rs.Rules() {
		for len(olds) > 0 && olds[0].ID < r.ID {
			remove(olds[0])
			olds = olds[1:]
		}
		var old *engine.Rule
		if len(olds) > 0 && olds[0].ID == r.ID {
			old, olds = olds[0], olds[1:]
		}
		if old == r && !d.edited[r.Source.Name] {
			continue // its file knows
		}
		d.files[r.Source.Name].good = &r.Source
		switch {
		case d.ruleset == nil:
			changes = append(changes, Change{Op: Loaded, RuleID: r.ID, Rule: r})
		case old == nil || old.Hash != r.Hash:
			changes = append(changes, Change{Op: Loaded, RuleID: r.ID, Rule: r, Rev: d.revOf(r.Source.Name)})
		}
	}
	for _, old := range olds {
		remove(old)
	}
	for name, r := range rs.Replaced() {
		d.files[name].good = &r.Source // in force once its layer is the highest with that rule
	}
	return changes
}

// tell returns the files whose content was refused, in name order, each once
// for the same errors of the same content.
func (d *definitions) tell(rs *engine.Ruleset, refused map[string]engine.Diagnostics) []Change {
	var names []string
	for name, f := range d.files {
		if f.told != "" || f.faults != nil || len(refused[name]) > 0 {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	var changes []Change
	in := byFile(rs)
	for _, name := range names {
		f := d.files[name]
		rule, errs := in[name], refused[name]
		switch {
		case rule != nil && rule.Source.SameText(f.latest):
			errs = nil // a file that it collided with has gone
		case f.faults != nil:
			errs = f.faults
		}
		text := textOf(errs)
		if text != "" && text != f.told {
			changes = append(changes, Change{
				Op: Refused, RuleID: errs[0].RuleID, File: name, Diagnostics: errs, Rule: rule, Rev: d.revOf(name),
			})
		}
		f.told = text
	}
	return changes
}

// broken returns how many files are refused as they are.
func (d *definitions) broken() (n int64) {
	for _, f := range d.files {
		if f.told != "" {
			n++
		}
	}
	return n
}

func textOf(errs engine.Diagnostics) string {
	var b strings.Builder
	for i := range errs {
		b.WriteString(errs[i].Error() + "\n")
	}
	return b.String()
}
