// Package misp writes tags as one event of MISP's core format
// (draft-dulaunoy-misp-core-format, github.com/MISP/misp-rfc), which MISP imports as
// it is.
//
// The event carries the techniques as tags of the galaxy mitre-attack-pattern; each
// attacking address is an attribute with those that it showed; URLs, files and
// command lines are objects of the templates url, file and command-line. Tags are
// gathered by package cases, whose limits hold here too.
//
// Invariants: the same tags in the same order give the same bytes, uuids included
// (UUIDv5 in a name space of ours). Nothing is published: the event arrives as one
// of the importer's own organisation, for a person to look at first. Only addresses
// and URLs that others can meet, and hashes, are to_ids.
//
// For example:
//
//	w := misp.New(os.Stdout, misp.Options{Catalogue: attack.Load(), Producer: "hive", TLP: "amber"})
//	err := w.Write(tags)
//	err = w.Close()
package misp

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
	"ttpctl/internal/report/cases"
	"ttpctl/internal/report/traces"
)

// Options are what an event needs to know.
type Options struct {
	Catalogue *attack.Catalogue
	Producer  string // who runs the honeypot
	TLP       string // clear, green, amber, amber+strict, red; "" = not marked
}

// A Writer writes one event. It belongs to one goroutine.
type Writer struct {
	w    *bufio.Writer
	o    Options
	set  *cases.Set
	err  error
	uuid string // of the event
	at   string // its timestamp
}

// New returns a writer of an event to w, which is written to by Close alone.
func New(w io.Writer, o Options) *Writer {
	const size = 64 << 10
	return &Writer{w: bufio.NewWriterSize(w, size), o: o, set: cases.New(cases.DefaultLimits())}
}

// Write gathers tags. It keeps nothing of them.
func (w *Writer) Write(tags []event.Tag) error {
	w.set.Add(tags)
	return nil
}

// Close writes the event. It does not close what lies beneath.
func (w *Writer) Close() error {
	w.uuid, w.at = w.eventID(), seconds(w.set.Span().Last)
	attackers, techniques := w.attackers()
	attributes := len(attackers)
	for _, t := range w.set.Traces() {
		attributes += len(w.object(t).Attribute) // made again below: all at once would be large
	}
	top := string(encode(w.head(len(attackers), attributes, techniques)))
	w.raw(`{"Event":` + strings.TrimSuffix(top, "}") + `,"Attribute":[`)
	writeList(w, attackers, w.attacker)
	w.raw("\n],\"Object\":[")
	writeList(w, w.set.Traces(), w.object)
	w.raw("\n]}}\n")
	if w.err != nil {
		return w.err
	}
	return w.w.Flush()
}

func (w *Writer) raw(s string) {
	if w.err == nil {
		_, w.err = w.w.WriteString(s)
	}
}

// writeList writes what f makes of each of all, one a line.
func writeList[T, U any](w *Writer, all []T, f func(T) U) {
	for i, x := range all {
		if i > 0 {
			w.raw(",")
		}
		w.raw("\n" + string(encode(f(x))))
	}
}

func encode(v any) []byte {
	b, err := json.Marshal(v, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		panic(err) // strings, booleans and lists of them always marshal
	}
	return b
}

// id returns the uuid of what is named so within the event.
func (w *Writer) id(what ...string) string {
	return named(w.uuid, strings.Join(what, "\x00"))
}

// named returns a uuid in our name space: UUIDv5(NAMESPACE_URL, "ttpctl:misp:v1").
func named(what ...string) string {
	space := event.NamedUUID(event.URLSpace(), "ttpctl:misp:v1")
	return event.NamedUUID(space, strings.Join(what, "\x00")).String()
}

// eventID returns the uuid of the event: of who made it and what it is of.
func (w *Writer) eventID() string {
	h := sha256.New()
	for _, c := range w.set.Cases() {
		fmt.Fprintf(h, "%q %q %q %d %d\n", c.Attacker, c.Address, c.Session, c.Tags, len(c.Sightings))
	}
	span := w.set.Span()
	return named("event", w.o.Producer, seconds(span.First), seconds(span.Last), string(h.Sum(nil)))
}

func seconds(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.Unix(), 10)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000+00:00")
}

// head returns the members of the event before its lists.
func (w *Writer) head(attackers, attributes int, techniques []string) head {
	span := w.set.Span()
	date := "1970-01-01"
	when := ""
	if !span.First.IsZero() {
		date = span.First.Format(time.DateOnly)
		when = ", " + date + " to " + span.Last.Format(time.DateOnly)
	}
	const low, complete, here = "3", "2", "0"
	h := head{
		UUID: w.uuid, Date: date, ThreatLevel: low, Analysis: complete, Distribution: here, SharingGroup: nobody,
		Info:      fmt.Sprintf("Honeypot: %d techniques of %d addresses%s", len(techniques), attackers, when),
		Timestamp: w.at, PublishTimestamp: "0", Attributes: strconv.Itoa(attributes), OrgID: nobody, OrgcID: nobody,
		Orgc: organisation{ID: nobody, Name: traces.Text(w.o.Producer), UUID: named("organisation", w.o.Producer)},
		Tag:  []tag{},
	}
	if w.o.TLP != "" {
		h.Tag = append(h.Tag, tag{"tlp:" + w.o.TLP, colours[w.o.TLP], true})
	}
	h.Tag = append(h.Tag, w.galaxy(techniques)...)
	return h
}

// nobody is the number of what no instance has numbered yet.
const nobody = "0"

// colours are those of the taxonomy tlp (github.com/MISP/misp-taxonomies), and
// galaxyColour that of the tags of galaxies.
var colours = map[string]string{"clear": "#FFFFFF", "green": "#33FF00", "amber": "#FFC000", "amber+strict": "#FFC000", "red": "#FF2B2B"}

const galaxyColour = "#0088cc"

// galaxy returns the tags of techniques that ATT&CK has; the name of a cluster is
// the technique's own, and its id.
func (w *Writer) galaxy(techniques []string) (tags []tag) {
	for _, id := range techniques {
		if t, ok := w.o.Catalogue.Find(id); ok {
			tags = append(tags, tag{`misp-galaxy:mitre-attack-pattern="` + t.Name + " - " + id + `"`, galaxyColour, true})
		}
	}
	return tags
}

// An attacker is all that came from one address.
type attacker struct {
	address    string
	span       cases.Span
	sessions   int
	tags       int
	techniques []string
}

// attackers returns the addresses, and all techniques, in the order of their first
// tags.
func (w *Writer) attackers() (list []*attacker, techniques []string) {
	byAddress := make(map[string]*attacker)
	seen := make(map[string]bool)
	had := make(map[[2]string]bool)
	for _, c := range w.set.Cases() {
		x := byAddress[c.Address]
		if _, err := netip.ParseAddr(c.Address); x == nil && err == nil {
			x = &attacker{address: c.Address}
			byAddress[c.Address] = x
			list = append(list, x)
		}
		for _, s := range c.Sightings {
			if !seen[s.Technique] {
				seen[s.Technique] = true
				techniques = append(techniques, s.Technique)
			}
			if k := [2]string{c.Address, s.Technique}; x != nil && !had[k] {
				had[k] = true
				x.techniques = append(x.techniques, s.Technique)
			}
		}
		if x != nil {
			x.add(c)
		}
	}
	return list, techniques
}

func (x *attacker) add(c *cases.Case) {
	x.tags += c.Tags
	if c.Session != "" {
		x.sessions++
	}
	if x.span.First.IsZero() || !c.Span.First.IsZero() && c.Span.First.Before(x.span.First) {
		x.span.First = c.Span.First
	}
	if c.Span.Last.After(x.span.Last) {
		x.span.Last = c.Span.Last
	}
}

// attacker returns the attribute of an address.
func (w *Writer) attacker(x *attacker) attribute {
	addr, _ := netip.ParseAddr(x.address)
	a := w.attribute("ip-src", "Network activity", x.address, x.span)
	a.UUID = w.id("ip-src", x.address)
	a.ToIDs = traces.Public(addr)
	a.Comment = fmt.Sprintf("%d tags, %d techniques, %d sessions", x.tags, len(x.techniques), x.sessions)
	a.Tag = w.galaxy(x.techniques)
	return a
}

// inherit is the distribution of what follows its event's.
const inherit = "5"

func (w *Writer) attribute(kind, category, value string, span cases.Span) attribute {
	return attribute{
		EventID: nobody, Type: kind, Category: category, Value: value, Distribution: inherit, SharingGroup: "0", Timestamp: w.at,
		FirstSeen: stamp(span.First), LastSeen: stamp(span.Last),
	}
}

// object returns the object of a trace.
func (w *Writer) object(t *cases.Trace) object {
	switch t.Kind {
	case cases.URL:
		o := w.of(urlTemplate, t, t.URL.Text)
		o.add(w, "url", "url", "Network activity", t.URL.Text, t.URL.Public())
		if !t.URL.Addr.IsValid() {
			o.add(w, "host", "hostname", "Network activity", t.URL.Host, false)
		}
		return o
	case cases.File:
		f := &t.File
		o := w.of(fileTemplate, t, f.Hash)
		kind := strings.ToLower(strings.ReplaceAll(f.Algorithm, "-", ""))
		o.add(w, kind, kind, "Payload delivery", f.Hash, true)
		if f.Name != "" {
			o.add(w, "filename", "filename", "Payload delivery", f.Name, false)
		}
		return o
	}
	o := w.of(commandTemplate, t, t.Command)
	o.add(w, "value", "text", "Other", t.Command, false)
	return o
}

// of returns an object of a template, without attributes yet.
func (w *Writer) of(t template, x *cases.Trace, value string) object {
	return object{
		UUID: w.id(t.name, value), EventID: nobody, Name: t.name, MetaCategory: t.category, Description: t.description, TemplateUUID: t.uuid, TemplateVersion: t.version,
		Distribution: inherit, SharingGroup: "0", Timestamp: w.at, FirstSeen: stamp(x.Span.First), LastSeen: stamp(x.Span.Last),
	}
}

func (o *object) add(w *Writer, relation, kind, category, value string, toIDs bool) {
	a := w.attribute(kind, category, value, cases.Span{})
	a.UUID = w.id(o.UUID, relation)
	a.Relation, a.ToIDs, a.ObjectID = relation, toIDs, nobody
	a.DisableCorrelation = kind == "text" || kind == "filename"
	o.Attribute = append(o.Attribute, a)
}
