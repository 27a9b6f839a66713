// Package ecs writes tags as documents of the Elastic Common Schema
// (www.elastic.co/guide/en/ecs), one a line: the form that Elasticsearch, OpenSearch
// and Filebeat take.
//
// A tag is one alert: threat.* says which technique, rule.* by which rule, source.*
// and related.* who, observer.* which decoy, and process.*, url.*, file.* and user.*
// what of the evidence has a field there. What has none stands under ttpctl.*, which
// ECS leaves to us.
//
// Invariants: a line a tag, in their order, and nothing is kept; every member is one
// of the schema, of its type, or under ttpctl; texts are masked and bounded as
// package traces has it. A tag without a time has no @timestamp: there is no clock
// here, and an ingest pipeline may set one.
//
//	w := ecs.New(os.Stdout, ecs.Options{Catalogue: attack.Load(), Producer: "hive"})
//	err := w.Write(tags)
package ecs

import (
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
	"ttpctl/internal/report/traces"
)

// version is of the schema; no field that is written is younger.
const version = "8.17.0"

// Options are what the documents need to know.
type Options struct {
	Catalogue *attack.Catalogue
	Version   string // of this program
	Producer  string // who runs the honeypot
}

// A Writer writes documents. It belongs to one goroutine.
type Writer struct {
	w      io.Writer
	o      Options
	buf    []byte
	kinds  map[[2]string]threat // by tactic and technique
	reader traces.Reader
	shown  []byte // the evidence read last
	traces traces.Traces
}

// New returns a writer of documents to w.
func New(w io.Writer, o Options) *Writer {
	return &Writer{w: w, o: o, kinds: map[[2]string]threat{}}
}

// Close has nothing to write.
func (w *Writer) Close() error { return nil }

// chunk is how many bytes gather before they are handed on.
const chunk = 64 << 10

// Write writes the next batch of tags. It keeps nothing of them.
func (w *Writer) Write(tags []event.Tag) error {
	w.buf = w.buf[:0]
	for i := range tags {
		line, err := json.Marshal(w.document(&tags[i]), jsontext.AllowInvalidUTF8(true))
		if err != nil {
			panic(err) // strings, numbers and lists of them always marshal
		}
		w.buf = append(append(w.buf, line...), '\n')
		if len(w.buf) >= chunk {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	w.shown = nil // the bytes may be another evidence in the next batch
	return w.flush()
}

func (w *Writer) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	_, err := w.w.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}

// read returns what the evidence of t shows. The tags of one hit share it.
func (w *Writer) read(t *event.Tag) *traces.Traces {
	e := t.Evidence
	if len(e) == 0 || len(e) != len(w.shown) || &e[0] != &w.shown[0] {
		w.shown, w.traces = e, w.reader.Read(e)
	}
	return &w.traces
}

// document returns the document of one tag.
func (w *Writer) document(t *event.Tag) *document {
	shown := w.read(t)
	d := &document{
		Timestamp: stamp(t.ObservedAt),
		ECS:       named{Version: version},
		Event: alert{
			ID: t.UUID.String(), Kind: "alert", Category: []string{"intrusion_detection"}, Type: []string{"info"},
			Module: "ttpctl", Dataset: "ttpctl.tag", Provider: "ttpctl", Action: traces.Text(t.SourceKind), Reference: t.MitreURL,
			RiskScore: t.Confidence * 100,
		},
		Threat:       w.threat(t),
		Rule:         rule{ID: traces.Text(t.RuleID), Version: strconv.Itoa(t.RuleVersion), Ruleset: "ttpctl"},
		Observer:     observer{Type: "honeypot", Vendor: "ttpctl", Product: "ttpctl", Version: w.o.Version, Name: traces.Text(t.DeckyID.Value)},
		Organization: organization{Name: traces.Text(w.o.Producer)},
		Ours: ours{
			Confidence: t.Confidence, Source: traces.Text(t.SourceID), Session: traces.Text(t.SessionID.Value),
			Attacker: traces.Text(t.AttackerUUID), Identity: traces.Text(t.IdentityUUID), Release: traces.Text(t.AttackRelease),
		},
	}
	d.addSource(t)
	d.addTraces(t, shown)
	return d
}

// stamp returns a time that Elasticsearch takes for a date, "" for what is none.
func stamp(s string) string {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil || at.Year() < 1 || at.Year() > 9999 {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// threat returns the technique of t, as the catalogue has it.
func (w *Writer) threat(t *event.Tag) threat {
	k := [2]string{t.Tactic, t.MostSpecific()}
	known, ok := w.kinds[k]
	if ok {
		return known
	}
	c := w.o.Catalogue
	x := threat{Framework: "MITRE ATT&CK"}
	id := traces.Text(t.Tactic)
	x.Tactic = technique{ID: []string{id}, Name: list(c.TacticName(t.Tactic)), Reference: page(c, t.Tactic)}
	main, _ := c.Find(t.Technique)
	x.Technique = techniques{technique: technique{ID: []string{traces.Text(t.Technique)}, Name: list(main.Name), Reference: list(main.URL)}}
	if sub, _ := c.Find(t.SubTechnique); t.SubTechnique != "" {
		x.Technique.Sub = &technique{ID: []string{traces.Text(t.SubTechnique)}, Name: list(sub.Name), Reference: list(sub.URL)}
	}
	if len(w.kinds) < maxKinds {
		w.kinds[[2]string{strings.Clone(k[0]), strings.Clone(k[1])}] = x
	}
	return x
}

// maxKinds is more than ATT&CK has techniques under tactics: tags from elsewhere may
// name any.
const maxKinds = 4096

// page returns the page of a tactic that the catalogue has.
func page(c *attack.Catalogue, tactic string) []string {
	if _, ok := c.Tactic(tactic); !ok {
		return nil
	}
	return []string{"https://attack.mitre.org/tactics/" + tactic}
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func (d *document) addSource(t *event.Tag) {
	if a, err := netip.ParseAddr(t.AttackerIP); err == nil {
		ip := a.Unmap().WithZone("").String()
		d.Source = &host{IP: ip, Address: ip}
		d.Related.IP = append(d.Related.IP, ip)
	}
}

// addTraces puts what the evidence shows into the fields that there are for it.
func (d *document) addTraces(t *event.Tag, s *traces.Traces) {
	if s.Command != "" {
		d.Process = &process{CommandLine: s.Command}
	}
	if s.Request != "" {
		d.URL = &requested{Original: s.Request}
	}
	if s.UserAgent != "" {
		d.UserAgent = &agent{Original: s.UserAgent}
	}
	if s.User != "" {
		d.User = &user{Name: s.User}
		d.Related.User = append(d.Related.User, s.User)
	}
	if s.File != (traces.File{}) {
		d.File = &file{Name: s.File.Name}
		if s.File.Hash != "" {
			d.File.Hash = map[string]string{strings.ToLower(strings.ReplaceAll(s.File.Algorithm, "-", "")): s.File.Hash}
			d.Related.Hash = append(d.Related.Hash, s.File.Hash)
		}
	}
	for i := range s.URLs {
		u := &s.URLs[i]
		d.Ours.URLs = append(d.Ours.URLs, u.Text)
		if u.Addr.IsValid() {
			d.Related.addIP(u.Host)
		} else {
			d.Related.addHost(u.Host)
		}
	}
}
