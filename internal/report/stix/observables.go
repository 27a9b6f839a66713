package stix

import (
	"net/netip"
	"slices"

	"ttpctl/internal/report/cases"
	"ttpctl/internal/report/traces"
)

// observables writes what a case shows, each observable once, and returns their
// ids.
func (b *bundle) observables(c *cases.Case) []string {
	var refs []string
	if a, err := netip.ParseAddr(c.Address); err == nil {
		refs = append(refs, b.value(address(a), c.Address))
	}
	for _, t := range c.Traces {
		ids, ok := b.traces[t]
		if !ok {
			ids = b.observable(t)
			b.traces[t] = ids
		}
		refs = append(refs, ids...)
	}
	return unique(refs)
}

// unique returns refs, which are few, without those that are there before.
func unique(refs []string) []string {
	kept := refs[:0]
	for _, r := range refs {
		if !slices.Contains(kept, r) {
			kept = append(kept, r)
		}
	}
	return kept
}

// observe writes an observable once.
func (b *bundle) observe(o *object) string {
	if b.once(o.ID) {
		o.SpecVersion, o.Markings = version, b.markings
		b.put(o)
	}
	return o.ID
}

// value writes an observable that is its value.
func (b *bundle) value(kind, value string) string {
	return b.observe(&object{Type: kind, ID: b.names.value(kind, value), Value: value})
}

// host writes the observable of a URL's host.
func (b *bundle) host(u *traces.URL) string {
	if u.Addr.IsValid() {
		return b.value(address(u.Addr), u.Host)
	}
	return b.value("domain-name", u.Host)
}

func (b *bundle) observable(t *cases.Trace) []string {
	switch t.Kind {
	case cases.URL:
		return []string{b.value("url", t.URL.Text), b.host(&t.URL)}
	case cases.File:
		f := t.File
		return []string{b.observe(&object{Type: "file", ID: b.file(f.Algorithm, f.Hash, f.Name), Name: f.Name, Hashes: map[string]string{f.Algorithm: f.Hash}})}
	}
	// The specification gives no properties for the id of a process, and random
	// ids would give the same input two bundles: it is one of ours.
	return []string{b.observe(&object{Type: "process", ID: b.id("process", t.Command), CommandLine: t.Command})}
}

// attacker writes the machine that a case came from, and the indicator of its
// address, whose id it returns; "" when others cannot meet it, or never was it seen
// at a known time.
func (b *bundle) attacker(c *cases.Case) string {
	if id, ok := b.sources[c.Address]; ok && !c.Span.First.IsZero() {
		return id
	}
	a, err := netip.ParseAddr(c.Address)
	first := stamp(c.Span.First)
	if err != nil || !traces.Public(a) || first == "" {
		return ""
	}
	kind := address(a)
	id, machine := b.indicator(comparison(kind+":value", c.Address), "Source of attacks on a honeypot: "+c.Address, first)
	if machine {
		m := b.ours(&object{
			Type: "infrastructure", ID: b.id("infrastructure", c.Address), Name: "Attacking host " + c.Address,
			InfrastructureTypes: []string{"unknown"}, FirstSeen: first, // the last time is not known here: cases of it may follow
		}, first, first)
		b.relate("consists-of", m, b.value(kind, c.Address), first)
		b.relate("indicates", id, m, first)
	}
	b.sources[c.Address] = id
	return id
}

// indicator writes an indicator once; fresh says that it was now.
func (b *bundle) indicator(pattern, name, first string) (id string, fresh bool) {
	id = b.id("indicator", b.producer, pattern)
	if !b.once(id) {
		return id, false
	}
	b.ours(&object{
		Type: "indicator", ID: id, Name: name, IndicatorTypes: []string{"malicious-activity"},
		Pattern: pattern, PatternType: "stix", PatternVersion: version, ValidFrom: first,
	}, first, first)
	return id, true
}

// lookedFor writes the indicator of a trace, and of a URL the machine that serves
// it. Names of hosts are no indicators: attackers fetch from everyone's too.
func (b *bundle) lookedFor(t *cases.Trace, observed string) {
	first := stamp(t.Span.First)
	if first == "" {
		return
	}
	switch {
	case t.Kind == cases.File:
		id, _ := b.indicator(comparison("file:hashes."+hashName(t.File.Algorithm), t.File.Hash), "File brought to a honeypot", first)
		b.relate("based-on", id, observed, first)
	case t.Kind == cases.URL && t.URL.Public():
		id, fresh := b.indicator(comparison("url:value", t.URL.Text), "URL named by an attacker of a honeypot", first)
		b.relate("based-on", id, observed, first)
		if !fresh {
			return
		}
		m := b.id("infrastructure", "hosting", t.URL.Host)
		if b.once(m) {
			b.ours(&object{
				Type: "infrastructure", ID: m, Name: "Host of files that attackers fetch: " + t.URL.Host,
				InfrastructureTypes: []string{"hosting-malware"}, FirstSeen: first,
			}, first, first)
			b.relate("consists-of", m, b.host(&t.URL), first)
		}
		b.relate("consists-of", m, b.value("url", t.URL.Text), first)
		b.relate("indicates", id, m, first)
	}
}

// hashName writes the name of an algorithm as a pattern holds it: a hyphen is no
// part of a bare word.
func hashName(algorithm string) string {
	if algorithm == "MD5" {
		return algorithm
	}
	return "'" + algorithm + "'"
}
