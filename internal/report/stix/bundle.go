package stix

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"hash"
	"io"
	"net/netip"
	"strconv"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/report/cases"
	"ttpctl/internal/report/traces"
)

// A bundle is being written.
type bundle struct {
	names
	w         *bufio.Writer
	line      []byte // of one object
	catalogue *attack.Catalogue
	copyright string
	producer  string   // id of the identity
	markings  []string // of every object of ours
	sum       hash.Hash
	some      bool
	err       error

	patterns map[string]string         // ids of attack-patterns, by technique
	written  map[string]bool           // ids of objects that several cases share
	decoys   map[string]string         // ids of identities
	traces   map[*cases.Trace][]string // ids of the observables of what was written
	sources  map[string]string         // ids of indicators, by address
}

func newBundle(w io.Writer, o Options) *bundle {
	const size = 64 << 10
	b := &bundle{
		names: newNames(), w: bufio.NewWriterSize(w, size), catalogue: o.Catalogue, copyright: attack.Copyright, sum: sha256.New(),
		patterns: map[string]string{}, written: map[string]bool{}, decoys: map[string]string{},
		traces: map[*cases.Trace][]string{}, sources: map[string]string{},
	}
	b.raw(`{"type":"bundle","objects":[`)
	if m, ok := tlpMarking(o.TLP); ok {
		b.put(&m)
		b.markings = []string{m.ID}
	}
	b.identity(o.Producer)
	return b
}

// write writes all of the bundle. Its id, of all that is in it, comes last.
func (b *bundle) write(set *cases.Set) error {
	notice := b.notice()
	b.put(&notice)
	b.folded(set)
	for _, c := range set.Cases() {
		b.addCase(c, notice.ID)
	}
	b.raw("\n],\"id\":\"" + b.id("bundle", string(b.sum.Sum(nil))) + "\"}\n")
	if b.err != nil {
		return b.err
	}
	return b.w.Flush()
}

func (b *bundle) raw(s string) {
	if b.err == nil {
		_, b.err = b.w.WriteString(s)
	}
}

// put writes an object.
func (b *bundle) put(o *object) {
	separator := "\n"
	if b.some {
		separator = ",\n"
	}
	b.some = true
	b.line = o.append(append(b.line[:0], separator...))
	b.sum.Write(b.line[len(separator):])
	if b.err == nil {
		_, b.err = b.w.Write(b.line)
	}
}

// ours completes an object of ours and writes it.
func (b *bundle) ours(o *object, created, modified string) string {
	o.SpecVersion, o.CreatedBy, o.Created, o.Modified = version, b.producer, created, modified
	if len(o.Markings) == 0 {
		o.Markings = b.markings
	} else {
		o.Markings = append(o.Markings, b.markings...)
	}
	b.put(o)
	return o.ID
}

// identity writes who made the bundle.
func (b *bundle) identity(name string) {
	id := b.id("identity", name)
	b.put(&object{
		Type: "identity", SpecVersion: version, ID: id, Created: fixed, Modified: fixed, Name: cmp.Or(traces.Text(name), "honeypot"), Class: "organization",
		Description: "Operator of a honeypot whose telemetry was tagged by ttpctl", Markings: b.markings,
	})
	b.producer = id
}

// folded says what the bundle does not tell apart.
func (b *bundle) folded(set *cases.Set) {
	if set.Folded() == 0 {
		return
	}
	b.ours(&object{
		Type: "note", ID: b.id("note", strconv.Itoa(set.Folded())), Abstract: "Not all sessions are told apart",
		Content:    strconv.Itoa(set.Folded()) + " of " + strconv.Itoa(set.Tags()) + " tags count without their session or their attacker: there were more than one bundle holds",
		ObjectRefs: []string{b.producer},
	}, fixed, fixed)
}

// stamp writes a time as STIX wants it, "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// addCase writes what is known of one attacker in one session.
func (b *bundle) addCase(c *cases.Case, notice string) {
	first, last := stamp(c.Span.First), stamp(c.Span.Last)
	var observed []string
	if first != "" {
		if refs := b.observables(c); len(refs) > 0 {
			observed = []string{b.ours(&object{
				Type: "observed-data", ID: b.id("observed-data", b.producer, c.Attacker, c.Address, c.Session, first),
				FirstObserved: first, LastObserved: last, NumberObserved: min(c.Tags, maxCount), ObjectRefs: refs,
			}, first, last)}
		}
	}
	source := b.attacker(c)
	for _, s := range c.Sightings {
		pattern := b.attackPattern(s, notice)
		b.sighting(c, s, pattern, observed)
		if source != "" {
			b.relate("indicates", source, pattern, stamp(s.Span.First))
		}
	}
	if len(observed) > 0 {
		for _, t := range c.Traces {
			b.lookedFor(t, observed[0])
		}
	}
}

// maxCount is the highest count that STIX allows.
const maxCount = 999_999_999

// sighting writes one technique of a case.
func (b *bundle) sighting(c *cases.Case, s *cases.Sighting, pattern string, observed []string) {
	first, last := stamp(s.Span.First), stamp(s.Span.Last)
	created, modified := first, last
	if first == "" {
		created, modified = fixed, fixed
	}
	o := &object{
		Type: "sighting", ID: b.id("sighting", b.producer, s.Technique, c.Attacker, c.Address, c.Session, created),
		FirstSeen: first, LastSeen: last, Count: min(s.Tags, maxCount), SightingOf: pattern,
		ObservedData: observed, WhereSighted: []string{b.where(c.Decoy)}, Confidence: int(s.Confidence*100 + 0.5),
	}
	if c.Session != "" {
		o.References = append(o.References, reference{Source: "ttpctl session", ID: c.Session})
	}
	for _, r := range s.Rules {
		o.References = append(o.References, reference{Source: "ttpctl rule", ID: traces.Text(r)})
	}
	b.ours(o, created, modified)
}

// where returns the identity of a decoy, or of the operator when none is named.
func (b *bundle) where(decoy string) string {
	if decoy == "" {
		return b.producer
	}
	id, ok := b.decoys[decoy]
	if !ok {
		id = b.ours(&object{Type: "identity", ID: b.id("identity", b.producer, decoy), Name: decoy, Class: "system", Description: "Decoy of a honeypot"}, fixed, fixed)
		b.decoys[decoy] = id
	}
	return id
}

// attackPattern writes a technique once and returns its id.
func (b *bundle) attackPattern(s *cases.Sighting, notice string) string {
	if id, ok := b.patterns[s.Technique]; ok {
		return id
	}
	o := &object{
		Type: "attack-pattern", ID: b.id("attack-pattern", s.Technique), Name: b.catalogue.FullName(s.Technique), Markings: []string{notice},
		References: []reference{{Source: "mitre-attack", ID: traces.Text(s.Technique)}},
	}
	t, _ := b.catalogue.Find(s.Technique)
	if t.STIX != "" {
		o.ID, o.Name = "attack-pattern--"+t.STIX, t.Name // as MITRE names it
	}
	o.References[0].URL = t.URL
	if o.Name == "" {
		o.Name = traces.Text(s.Technique)
	}
	chain := "mitre-attack"
	switch t.Domain {
	case attack.Mobile:
		chain = "mitre-mobile-attack"
	case attack.ICS:
		chain = "mitre-ics-attack"
	}
	for _, id := range t.Tactics {
		if tactic, ok := b.catalogue.Tactic(id); ok {
			o.Phases = append(o.Phases, phase{chain, tactic.Shortname})
		}
	}
	b.patterns[s.Technique] = o.ID
	if t.STIX == "" {
		return b.ours(o, fixed, fixed)
	}
	b.mitre()
	o.SpecVersion, o.CreatedBy, o.Created, o.Modified = version, mitreID, mitreCreated, mitreCreated
	b.put(o)
	return o.ID
}

// mitre writes who made the attack-patterns, once.
func (b *bundle) mitre() {
	if b.once(mitreID) {
		b.put(&object{Type: "identity", SpecVersion: version, ID: mitreID, Created: mitreCreated, Modified: mitreCreated, Name: "The MITRE Corporation", Class: "organization"})
	}
}

// once reports whether id is asked about for the first time.
func (b *bundle) once(id string) bool {
	if b.written[id] {
		return false
	}
	b.written[id] = true
	return true
}

// relate writes a relationship once.
func (b *bundle) relate(kind, source, target, at string) {
	id := b.id("relationship", source, kind, target)
	if !b.once(id) {
		return
	}
	if at == "" {
		at = fixed
	}
	b.ours(&object{Type: "relationship", ID: id, RelationshipType: kind, Source: source, Target: target}, at, at)
}

// address returns the kind of observable that an address is.
func address(a netip.Addr) string {
	if a.Is4() {
		return "ipv4-addr"
	}
	return "ipv6-addr"
}
