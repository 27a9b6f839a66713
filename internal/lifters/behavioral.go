package lifters

import (
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

func behavioralSpecs() []Spec {
	session := []event.Kind{event.KindSession}
	web := []event.Kind{event.KindSession, event.KindHTTPRequest}
	specs := []Spec{
		{Name: "behavioral_beaconing", Kinds: session, build: beaconing,
			Params: []engine.Param{needed(share("max_jitter_pct")), needed(atLeast("min_interval_s", 0))}},
		{Name: "behavioral_data_destruction", Kinds: session, build: dataDestruction,
			Params: []engine.Param{patterns("patterns")}, Evidence: []string{"matched_op"}},
		{Name: "behavioral_ransom_note", Kinds: []event.Kind{event.KindSession, event.KindEmail}, build: ransomNote,
			Params:   []engine.Param{words("payment_keywords"), flag("require_btc_or_xmr", true)},
			Evidence: append(emailKeys(), "btc_address", "matched_keywords")},
		{Name: "behavioral_exfil_over_web", Kinds: session, build: exfilOverWeb,
			Params: []engine.Param{atLeast("min_payload_bytes", 1), atLeast("request_threshold", 1)}},
		{Name: "behavioral_db_mass_read", Kinds: session, build: dbMassRead,
			Params: []engine.Param{atLeast("min_rows", 1), atLeast("min_bytes", 1)}},
		{Name: "behavioral_credentials_in_files", Kinds: web, build: credentialsInFiles,
			Params: []engine.Param{patterns("paths")}, Evidence: []string{"matched_path"}},
		{Name: "behavioral_k8s_sa_token", Kinds: web, build: k8sToken,
			Params: []engine.Param{patterns("paths")}, Evidence: []string{"matched_path", "namespace"}},
		{Name: "behavioral_docker_escape", Kinds: session, build: dockerEscape,
			Params: []engine.Param{words("signals")}, Evidence: []string{"matched_signal"}},
		{Name: "behavioral_llmnr_poisoning", Kinds: session, build: llmnrPoisoning},
		{Name: "behavioral_tftp_router_config", Kinds: session, build: tftpRouterConfig,
			Params: []engine.Param{patterns("filename_patterns")}},
	}
	for i := range specs {
		specs[i].FieldsToo = true
	}
	return specs
}

func beaconing(b *binding) matchFunc {
	interval, jitter := b.field("beacon_interval_s"), b.field("beacon_jitter_pct")
	minInterval, maxJitter := b.args.Number("min_interval_s"), b.args.Number("max_jitter_pct")
	return func(ev *event.Event, _ *engine.Hit) bool {
		j, ok := jitter.num(ev)
		return ok && j >= 0 && j <= maxJitter && interval.reaches(ev, minInterval)
	}
}

func dataDestruction(b *binding) matchFunc {
	texts, commands := []*field{b.field("op_text"), b.field("command_text")}, b.field("commands")
	ops := newPatternSet(b.args.Patterns("patterns"))
	return func(ev *event.Event, h *engine.Hit) bool {
		op, ok := "", false
		if text := firstText(ev, texts); text != "" {
			op, ok = ops.find(text)
		} else {
			op, ok = findInEntries(ops, commands.list(ev))
		}
		if ok {
			h.Extra("matched_op", event.StringValue(op))
		}
		return ok
	}
}

func findInEntries(ps *patternSet, entries []event.Value) (string, bool) {
	for i := range entries {
		if text, ok := event.EntryText(&entries[i]); ok {
			if matched, ok := ps.find(text); ok {
				return matched, true
			}
		}
	}
	return "", false
}

func ransomNote(b *binding) matchFunc {
	texts := []*field{b.field("body_text"), b.field("note_text")}
	keywords, needWallet := newWordSet(b.args.Strings("payment_keywords")), b.args.Bool("require_btc_or_xmr")
	mail := b.emailEvidence()
	return func(ev *event.Event, h *engine.Hit) bool {
		text := firstText(ev, texts)
		if text == "" || !keywords.any(text) {
			return false
		}
		wallet, ok := findWallet(text)
		if needWallet && !ok {
			return false
		}
		if ok {
			h.Extra("btc_address", event.StringValue(wallet))
		}
		h.Extra("matched_keywords", event.StringsValue(keywords.all(text)))
		mail.show(ev, h)
		return true
	}
}

func exfilOverWeb(b *binding) matchFunc {
	return b.eitherReaches("bytes_out", "min_payload_bytes", "request_count", "request_threshold")
}

func dbMassRead(b *binding) matchFunc {
	return b.eitherReaches("rows_read", "min_rows", "bytes_read", "min_bytes")
}

// eitherReaches fires when one of two fields reaches its threshold. A
// threshold that the rule does not give is never reached.
func (b *binding) eitherReaches(field1, param1, field2, param2 string) matchFunc {
	b.needOneOf(param1, param2)
	f1, f2 := b.field(field1), b.field(field2)
	min1, min2 := b.args.Number(param1), b.args.Number(param2)
	has1, has2 := b.args.Has(param1), b.args.Has(param2)
	return func(ev *event.Event, _ *engine.Hit) bool {
		return has1 && f1.reaches(ev, min1) || has2 && f2.reaches(ev, min2)
	}
}

func credentialsInFiles(b *binding) matchFunc {
	paths := b.pathSearch()
	return func(ev *event.Event, h *engine.Hit) bool {
		path, ok := paths.find(ev)
		if ok {
			h.Extra("matched_path", event.StringValue(path))
		}
		return ok
	}
}

func k8sToken(b *binding) matchFunc {
	paths, namespace := b.pathSearch(), b.field("namespace")
	return func(ev *event.Event, h *engine.Hit) bool {
		path, ok := paths.find(ev)
		if !ok {
			return false
		}
		h.Extra("matched_path", event.StringValue(path))
		if ns := namespaceIn(path); ns != "" {
			h.Extra("namespace", event.StringValue(ns))
		} else if v := namespace.value(ev); v != nil {
			h.Extra("namespace", *v)
		}
		return true
	}
}

// namespaceIn returns the segment behind /namespaces/ of a Kubernetes API
// path, "" when there is none.
func namespaceIn(path string) string {
	_, rest, _ := strings.Cut(path, "/namespaces/")
	ns, _, _ := strings.Cut(rest, "/")
	return ns
}

func dockerEscape(b *binding) matchFunc {
	signals, wanted := b.field("signals"), b.args.Strings("signals")
	return func(ev *event.Event, h *engine.Hit) bool {
		present := signals.list(ev)
		for _, w := range wanted {
			for i := range present {
				if strings.EqualFold(present[i].Str, w) {
					h.Extra("matched_signal", event.StringValue(w))
					return true
				}
			}
		}
		return false
	}
}

func llmnrPoisoning(b *binding) matchFunc {
	poisoned, count := b.field("llmnr_poisoned"), b.field("llmnr_poison_count")
	return func(ev *event.Event, _ *engine.Hit) bool {
		return poisoned.isTrue(ev) || count.reaches(ev, 1)
	}
}

func tftpRouterConfig(b *binding) matchFunc {
	name, names := b.field("tftp_filename"), newPatternSet(b.args.Patterns("filename_patterns"))
	return func(ev *event.Event, _ *engine.Hit) bool {
		text := name.text(ev)
		if text == "" {
			return false
		}
		_, ok := names.find(text)
		return ok
	}
}
