package lifters

import (
	"slices"
	"strconv"
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

func intelSpecs() []Spec {
	provider := func(name string) []engine.Param { return []engine.Param{fixed("provider", name)} }
	specs := []Spec{
		{Name: "intel_abuseipdb", build: abuseIPDB, Params: provider("abuseipdb"),
			Evidence: []string{"abuseipdb_categories", "abuse_confidence_score"}},
		{Name: "intel_greynoise", build: greyNoise, Params: provider("greynoise"),
			Evidence: []string{"greynoise_classification", "greynoise_tags", "greynoise_name"}},
		{Name: "intel_feodo", build: feodo, Params: provider("feodo"),
			Evidence: []string{"feodo_listed", "malware_family", "first_seen_feodo"}},
		{Name: "intel_threatfox", build: threatFox, Params: provider("threatfox"),
			Evidence: []string{"threat_types", "malware_families", "ioc_types"}},
		{Name: "intel_aggregate_bump", build: aggregateBump, Params: []engine.Param{share("bump_amount")}},
	}
	for i := range specs {
		specs[i].Kinds = []event.Kind{event.KindIntel}
	}
	return specs
}

// A verdict is a provider's signal and the rule's emits that it selects.
type verdict struct {
	mapping
	emits []int
}

// verdicts reads a provider's table and resolves its techniques to the rule's
// emits. A technique selects the emits of itself and of its sub-techniques;
// one that the rule does not emit selects nothing.
func (b *binding) verdicts(table string) []verdict {
	rows, err := readMappings(b.data, table, b.params.Catalogue)
	if err != nil {
		b.report(b.params.Errorf(engine.CodeUnknownTechnique, "kind", "the shipped table is unusable: %s", err))
		return nil
	}
	out := make([]verdict, len(rows))
	for i, m := range rows {
		out[i].mapping = m
		for j, e := range b.params.Rule.Emits {
			if slices.Contains(m.techniques, e.Technique.V) || slices.Contains(m.techniques, e.SubTechnique.V) {
				out[i].emits = append(out[i].emits, j)
			}
		}
	}
	return out
}

// verdictOf returns the verdict of one signal; the zero verdict selects nothing.
func verdictOf(vs []verdict, signal string) verdict {
	for _, v := range vs {
		if v.signal == signal {
			return v
		}
	}
	return verdict{}
}

// apply selects the verdict's emits and reports whether there are any.
func (v *verdict) apply(h *engine.Hit, scale float64) bool {
	for _, i := range v.emits {
		h.Select(i, scale)
	}
	return len(v.emits) > 0
}

// overlaps reports whether both verdicts select some emit.
func (v *verdict) overlaps(w *verdict) bool {
	return slices.ContainsFunc(v.emits, func(i int) bool { return slices.Contains(w.emits, i) })
}

// category is an AbuseIPDB category with its number parsed.
type category struct {
	verdict
	number float64
}

func (b *binding) categories() []category {
	var out []category
	for _, v := range b.verdicts("abuseipdb.tsv") {
		n, err := strconv.Atoi(v.signal)
		if err != nil {
			b.report(b.params.Errorf(engine.CodeBadParam, "kind", "abuseipdb.tsv: category %q is no integer", v.signal))
		}
		out = append(out, category{v, float64(n)})
	}
	return out
}

// abuseIPDB: the confidence is the emit's times score/100.
func abuseIPDB(b *binding) matchFunc {
	score := b.field("abuseipdb_score")
	own, generic := b.field("abuseipdb_categories"), b.field("categories")
	known := b.categories()
	return func(ev *event.Event, h *engine.Hit) bool {
		n, ok := score.num(ev)
		if !ok || n < 0 || n > 100 {
			return false
		}
		given := own.list(ev)
		if len(given) == 0 {
			given = generic.list(ev)
		}
		h.SelectNone()
		selected := false
		for i := range known {
			c := &known[i]
			if n >= c.threshold && holdsNumber(given, c.number) && c.apply(h, n/100) {
				selected = true
			}
		}
		if !selected {
			return false
		}
		for emit := range b.params.Rule.Emits {
			if cs := selecting(known, given, emit, n); cs != nil {
				h.EmitExtra(emit, "abuseipdb_categories", event.Value{Kind: event.List, List: cs})
			}
		}
		h.Extra("abuse_confidence_score", event.NumberValue(n))
		return true
	}
}

// selecting returns the given categories that selected emit at score n.
func selecting(known []category, given []event.Value, emit int, n float64) []event.Value {
	var cs []event.Value
	for i := range known {
		c := &known[i]
		if n >= c.threshold && slices.Contains(c.emits, emit) && holdsNumber(given, c.number) && !holdsNumber(cs, c.number) {
			cs = append(cs, event.NumberValue(c.number))
		}
	}
	return cs
}

func holdsNumber(list []event.Value, n float64) bool {
	return slices.ContainsFunc(list, func(v event.Value) bool { return v.Kind == event.Number && v.Num == n })
}

// maliciousScale is what classification malicious is worth without a tag that
// says of what.
const maliciousScale = 0.5

type greyNoiseFields struct{ classification, tags, name, noise, riot *field }

func greyNoise(b *binding) matchFunc {
	f := greyNoiseFields{b.field("greynoise_classification"), b.field("greynoise_tags"), b.field("greynoise_name"),
		b.field("greynoise_noise"), b.field("greynoise_riot")}
	known := b.verdicts("greynoise.tsv")
	scanner, malicious := verdictOf(known, "classification:scanner"), verdictOf(known, "classification:malicious")
	tags := greyNoiseTags(known)
	return func(ev *event.Event, h *engine.Hit) bool {
		class := f.classification.text(ev)
		if strings.EqualFold(class, "benign") || f.riot.isTrue(ev) {
			return false
		}
		h.SelectNone()
		fired, c2 := false, false
		if strings.EqualFold(class, "scanner") || f.noise.isTrue(ev) {
			fired = scanner.apply(h, 1)
		}
		var signals []string
		entries := f.tags.list(ev)
		for i := range entries {
			t := tagIn(&entries[i], tags)
			if t == nil || !t.apply(h, 1) {
				continue
			}
			fired, c2 = true, c2 || t.overlaps(&malicious)
			if !slices.Contains(signals, t.signal) {
				signals = append(signals, t.signal)
			}
		}
		if strings.EqualFold(class, "malicious") && !c2 && malicious.apply(h, maliciousScale) {
			fired = true
		}
		if fired {
			showGreyNoise(ev, h, &f, signals)
		}
		return fired
	}
}

// greyNoiseTags returns the verdicts of tags, named by the tag alone.
func greyNoiseTags(known []verdict) []verdict {
	var tags []verdict
	for _, v := range known {
		if tag, ok := strings.CutPrefix(v.signal, "tag:"); ok {
			v.signal = tag
			tags = append(tags, v)
		}
	}
	return tags
}

func showGreyNoise(ev *event.Event, h *engine.Hit, f *greyNoiseFields, signals []string) {
	show(ev, h, []source{{"greynoise_classification", f.classification}, {"greynoise_name", f.name}})
	if signals != nil {
		h.Extra("greynoise_tags", event.StringsValue(signals))
	}
}

// tagIn returns the tag that an entry names: a string, or an object by its
// slug or else its name.
func tagIn(entry *event.Value, tags []verdict) *verdict {
	if entry.Kind == event.String {
		return findTag(entry.Str, tags)
	}
	slug, name := entry.Member("slug"), entry.Member("name")
	if t := findTag(slug.Str, tags); t != nil {
		return t
	}
	return findTag(name.Str, tags)
}

func findTag(s string, tags []verdict) *verdict {
	for i := range tags {
		if isTag(s, tags[i].signal) {
			return &tags[i]
		}
	}
	return nil
}

// isTag reports whether s is tag once it is lower-cased and all but letters
// and digits are _.
func isTag(s, tag string) bool {
	i := 0
	for _, r := range s {
		c := byte('_')
		if r < 0x80 && isAlnum(byte(r)) {
			c = lowerByte(byte(r))
		}
		if i == len(tag) || tag[i] != c {
			return false
		}
		i++
	}
	return i == len(tag)
}

func feodo(b *binding) matchFunc {
	listed, seen := b.field("feodo_listed"), b.shows("feodo_listed", "first_seen_feodo")
	families := []*field{b.field("malware_family"), b.field("feodo_malware_family")}
	on := verdictOf(b.verdicts("feodo.tsv"), "listed")
	return func(ev *event.Event, h *engine.Hit) bool {
		if !listed.isTrue(ev) {
			return false
		}
		h.SelectNone()
		if !on.apply(h, 1) {
			return false
		}
		show(ev, h, seen)
		if family := firstText(ev, families); family != "" {
			h.Extra("malware_family", event.StringValue(family))
		}
		return true
	}
}

func threatFox(b *binding) matchFunc {
	list, one := b.field("threatfox_threat_types"), b.field("threat_type")
	known := b.verdicts("threatfox.tsv")
	shown := []source{{"malware_families", b.field("threatfox_malware_families")}, {"ioc_types", b.field("threatfox_ioc_types")}}
	return func(ev *event.Event, h *engine.Hit) bool {
		h.SelectNone()
		var types []string
		for i := range known {
			if v := &known[i]; namesThreat(ev, list, one, v.signal) && v.apply(h, 1) {
				types = append(types, v.signal)
			}
		}
		if types == nil {
			return false
		}
		h.Extra("threat_types", event.StringsValue(types))
		show(ev, h, shown)
		return true
	}
}

// namesThreat reports whether the event's threat types, or its one threat
// type when there is no list, name the signal.
func namesThreat(ev *event.Event, list, one *field, signal string) bool {
	if v := list.value(ev); v != nil {
		return slices.ContainsFunc(v.List, func(e event.Value) bool { return strings.EqualFold(e.Str, signal) })
	}
	return strings.EqualFold(one.text(ev), signal)
}

// aggregateBump never fires: the rule stands in the catalogue for a verdict
// that raises stored tags, which is the repository's to do.
func aggregateBump(b *binding) matchFunc {
	b.field("aggregate_verdict")
	return func(*event.Event, *engine.Hit) bool { return false }
}
