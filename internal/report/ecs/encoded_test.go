package ecs

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
	"ttpctl/internal/report/traces"
)

// What is written byte by byte is what encoding a document gives.
func TestSameAsEncoded(t *testing.T) {
	texts := []string{"", "s1", "\x1b[2J\"\\", "a\r\nb\tc\x00\x7f", "\u202ecod.exe \U0001f980", "\xff\xfe\xc3", "</script>&", "password=hunter2", strings.Repeat("é", 600)}
	var tags []event.Tag
	for _, evidence := range []string{
		"", "[]", `{"command_text":"id"}`, string(full().Evidence), `{"filename":"a"}`, `{"shasum":"` + strings.Repeat("0a", 16) + `"}`, `{"username":"root","password":"x"}`,
		`{"command_text":"wget http://203.0.113.9/a http://203.0.113.9/b http://a.example/ ftp://a.example/b http://[2001:db8::1]/ http://b.example/"}`, `{"raw_url":"/","user_agent":"\u0001<>"}`,
	} {
		for i, text := range texts {
			x := full()
			x.Evidence = []byte(evidence)
			x.SessionID, x.DeckyID, x.SourceID, x.SourceKind, x.AttackerUUID, x.IdentityUUID = event.Some(text), event.Some(text), text, text, text, text
			x.AttackerIP = []string{"", "203.0.113.9", "::ffff:203.0.113.9", "fe80::1%eth0", "nobody"}[i%5]
			x.ObservedAt = []string{"", "2026-09-14T01:00:05Z", "2026-09-14T03:00:05.120+02:00", "10000-01-01T00:00:00Z"}[i%4]
			x.Confidence = []float64{0.29, 1, 0, 1e-9, 0.123456789}[i%5]
			if i%3 == 0 {
				x.Tactic, x.Technique, x.SubTechnique, x.RuleID, x.RuleVersion, x.AttackRelease, x.MitreURL = text, text, "", text, -i, text, text
			}
			tags = append(tags, x)
		}
	}
	for _, o := range []Options{{Catalogue: attack.Load()}, {Catalogue: attack.Load(), Version: "1 \"x\"", Producer: "hive <a@b.example>"}} {
		var got, want bytes.Buffer
		w := New(&got, o)
		for range 2 { // the second time all emits are known
			if err := w.Write(tags); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			for i := range tags {
				fmt.Fprintf(&want, "%s\n", encode(w.document(&tags[i])))
			}
		}
		lines := bytes.Split(want.Bytes(), []byte("\n"))
		for i, line := range bytes.Split(got.Bytes(), []byte("\n")) {
			if !bytes.Equal(line, lines[i]) || len(line) > 0 && !jsontext.Value(line).IsValid() {
				t.Fatalf("tag %d:\n%s\nwant\n%s", i, line, lines[i])
			}
		}
	}
}

// A document is what is written of a tag, by the names of the schema: encoding it is
// the slow way to what append writes.
type document struct {
	Timestamp    string       `json:"@timestamp,omitzero"`
	ECS          schema       `json:"ecs"`
	Event        alert        `json:"event"`
	Threat       threat       `json:"threat"`
	Rule         rule         `json:"rule"`
	Source       *host        `json:"source,omitzero"`
	Observer     observer     `json:"observer"`
	Organization organization `json:"organization,omitzero"`
	Process      *process     `json:"process,omitzero"`
	URL          *requested   `json:"url,omitzero"`
	UserAgent    *agent       `json:"user_agent,omitzero"`
	User         *user        `json:"user,omitzero"`
	File         *file        `json:"file,omitzero"`
	Related      related      `json:"related,omitzero"`
	Ours         ours         `json:"ttpctl"`
}

type schema struct {
	Version string `json:"version"`
}

type alert struct {
	ID        string   `json:"id"`
	Kind      string   `json:"kind"`
	Category  []string `json:"category"`
	Type      []string `json:"type"`
	Module    string   `json:"module"`
	Dataset   string   `json:"dataset"`
	Provider  string   `json:"provider"`
	Action    string   `json:"action"`
	Reference string   `json:"reference,omitzero"`
	RiskScore float64  `json:"risk_score"`
}

type rule struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Ruleset string `json:"ruleset"`
}

type host struct {
	IP      string `json:"ip"`
	Address string `json:"address"`
}

type observer struct {
	Type    string `json:"type"`
	Vendor  string `json:"vendor"`
	Product string `json:"product"`
	Version string `json:"version,omitzero"`
	Name    string `json:"name,omitzero"`
}

type organization struct {
	Name string `json:"name,omitzero"`
}

type process struct {
	CommandLine string `json:"command_line"`
}

type requested struct {
	Original string `json:"original"`
}

type agent struct {
	Original string `json:"original"`
}

type user struct {
	Name string `json:"name"`
}

type file struct {
	Name string            `json:"name,omitzero"`
	Hash map[string]string `json:"hash,omitempty"`
}

type related struct {
	IP    []string `json:"ip,omitempty"`
	Hosts []string `json:"hosts,omitempty"`
	Hash  []string `json:"hash,omitempty"`
	User  []string `json:"user,omitempty"`
}

func (r *related) addIP(s string) {
	if !slices.Contains(r.IP, s) {
		r.IP = append(r.IP, s)
	}
}

func (r *related) addHost(s string) {
	if !slices.Contains(r.Hosts, s) {
		r.Hosts = append(r.Hosts, s)
	}
}

// ours are the members that ECS has no field for.
type ours struct {
	Confidence float64  `json:"confidence"`
	Source     string   `json:"source_id"`
	Session    string   `json:"session_id,omitzero"`
	Attacker   string   `json:"attacker_uuid,omitzero"`
	Identity   string   `json:"identity_uuid,omitzero"`
	Release    string   `json:"attack_release"`
	URLs       []string `json:"urls,omitempty"`
}

// document returns the document of one tag.
func (w *Writer) document(t *event.Tag) *document {
	var r traces.Reader
	shown := r.Read(t.Evidence)
	d := &document{
		Timestamp: stamp(t.ObservedAt),
		ECS:       schema{Version: version},
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
	d.addTraces(&shown)
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

func (d *document) addSource(t *event.Tag) {
	if a, err := netip.ParseAddr(t.AttackerIP); err == nil {
		ip := a.Unmap().WithZone("").String()
		d.Source = &host{IP: ip, Address: ip}
		d.Related.IP = append(d.Related.IP, ip)
	}
}

// addTraces puts what the evidence shows into the fields that there are for it.
func (d *document) addTraces(s *traces.Traces) {
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
