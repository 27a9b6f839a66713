package lifters

import (
	"slices"
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

func c2Specs() []Spec {
	return []Spec{{Name: "c2_fingerprint", Kinds: []event.Kind{event.KindSession}, build: c2Fingerprint,
		Params:   []engine.Param{words("catalogues", "jarm", "hassh")},
		Evidence: []string{"jarm", "hassh", "matched_framework"}}}
}

// c2Fingerprint selects every emit on a JARM, and on a HASSH only those that
// name T1071 without a sub-technique: SSH proves no web protocol.
func c2Fingerprint(b *binding) matchFunc {
	jarm, hassh := b.fingerprints("jarm"), b.fingerprints("hassh")
	var all, general []int
	for i, e := range b.params.Rule.Emits {
		all = append(all, i)
		if e.Technique.V == "T1071" && e.SubTechnique.V == "" {
			general = append(general, i)
		}
	}
	return func(ev *event.Event, h *engine.Hit) bool {
		h.SelectNone()
		byJARM := jarm.match(ev, h, all)
		byHASSH := hassh.match(ev, h, general)
		switch {
		case byJARM == "" && byHASSH == "":
			return false
		case byJARM == "" || byJARM == byHASSH:
			h.Extra("matched_framework", event.StringValue(byHASSH))
		case byHASSH == "":
			h.Extra("matched_framework", event.StringValue(byJARM))
		default:
			h.Extra("matched_framework", event.StringValue(byJARM+", "+byHASSH))
		}
		return true
	}
}

// fingerprints is one catalogue and the field that it is looked up with.
type fingerprints struct {
	source
	known map[string]string // fingerprint to framework
}

// fingerprints reads a catalogue; one that the rule does not name is empty,
// and its field is not read.
func (b *binding) fingerprints(name string) *fingerprints {
	fs := &fingerprints{source: source{name, &field{}}, known: map[string]string{}}
	if slices.Contains(b.args.Strings("catalogues"), name) {
		fs.field = b.field(name)
		for _, n := range b.shippedNames(name + ".tsv") {
			fs.known[n.value] = n.name
		}
	}
	return fs
}

// match selects emits and shows the fingerprint when it is known, and returns
// the framework, "" when it is not.
func (fs *fingerprints) match(ev *event.Event, h *engine.Hit, emits []int) string {
	value := fs.text(ev)
	framework := fs.known[strings.ToLower(value)]
	if framework == "" || len(emits) == 0 {
		return ""
	}
	for _, i := range emits {
		h.Select(i, 1)
	}
	h.Extra(fs.key, event.StringValue(value))
	return framework
}
