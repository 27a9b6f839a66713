package lifters

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

func TestParameterDiagnostics(t *testing.T) {
	session, auth := event.KindSession, event.KindAuthAttempt
	for _, tt := range []struct {
		match string
		kind  event.Kind
		want  engine.Code
		at    string // what the diagnostic points to
	}{
		{"{kind: lifter:behavioral_beaconing, max_jitter_pct: 1.5, min_interval_s: 1}", session, engine.CodeBadParam, "1.5"},
		{"{kind: lifter:behavioral_beaconing, max_jitter_pct: .nan, min_interval_s: 1}", session, engine.CodeBadParam, ".nan"},
		{"{kind: lifter:behavioral_beaconing, max_jitter_pct: 0.1}", session, engine.CodeMissingKey, "lifter"},
		{"{kind: lifter:behavioral_exfil_over_web}", session, engine.CodeMissingKey, "lifter"},
		{"{kind: lifter:behavioral_db_mass_read}", session, engine.CodeMissingKey, "lifter"},
		{"{kind: lifter:behavioral_docker_escape, signals: []}", session, engine.CodeBadParam, "[]"},
		{"{kind: lifter:behavioral_tftp_router_config, filename_patterns: ['(']}", session, engine.CodePattern, "("},
		{"{kind: lifter:behavioral_llmnr_poisoning, threshold: 1}", session, engine.CodeUnknownParam, "threshold"},
		{"{kind: lifter:credential_auth_brute_generic, fail_threshold: '5'}", auth, engine.CodeBadParam, "'5'"},
		{"{kind: lifter:credential_default_credentials, pairs: [[root, 1234]]}", auth, engine.CodeBadParam, "[root"},
		{"{kind: lifter:c2_fingerprint, catalogues: [ja3]}", session, engine.CodeBadParam, "ja3"},
		{"{kind: lifter:intel_feodo, provider: greynoise}", event.KindIntel, engine.CodeBadParam, "greynoise"},
		{"{kind: lifter:email_xmailer_kit, catalog: other}", event.KindEmail, engine.CodeBadParam, "other"},
		{"{kind: lifter:email_encoded_payload, encoding: hex}", event.KindEmail, engine.CodeBadParam, "hex"},
		{"{kind: lifter:email_idn_url, punycode_prefix: ''}", event.KindEmail, engine.CodeBadParam, "''"},
		{"{kind: lifter:email_malicious_attachment, triggers: [exe]}", event.KindEmail, engine.CodeBadParam, "exe"},
		{"{kind: lifter:email_sender_masquerade, signals: [dmarc_fail]}", event.KindEmail, engine.CodeBadParam, "dmarc"},
		{"{kind: lifter:credential_reuse}", auth, engine.CodeWrongKind, "auth_attempt"},
		{"{kind: lifter:behavioral_beaconing, max_jitter_pct: 0.1, min_interval_s: 1}", event.KindEmail, engine.CodeWrongKind, "email"},
		{"{kind: lifter:credential_no_such}", auth, engine.CodeUnknownLifter, "lifter"},
	} {
		text := ruleText("T0001", []event.Kind{tt.kind}, tt.match, "")
		diags := diagnose([]event.Kind{tt.kind}, tt.match, "")
		i := slices.IndexFunc(diags, func(d engine.Diagnostic) bool { return d.Code == tt.want })
		if i < 0 {
			t.Errorf("Compile(%s) = %v, want %s", tt.match, diags, tt.want)
			continue
		}
		pos := diags[i].Span.Start
		line := strings.Split(text, "\n")[pos.Line-1]
		if !strings.HasPrefix(line[pos.Col-1:], tt.at) {
			t.Errorf("Compile(%s): %s at %q, want %q", tt.match, tt.want, line[pos.Col-1:], tt.at)
		}
	}
}

func TestSpecs(t *testing.T) {
	owners := []string{"behavioral", "credential", "identity", "intel", "canary", "email", "http", "ipv6", "c2", "shell", "web"}
	builders := Builders()
	for _, s := range Specs() {
		if owner, _, _ := strings.Cut(s.Name, "_"); !slices.Contains(owners, owner) {
			t.Errorf("%s: %q is no lifter", s.Name, owner)
		}
		if builders[s.MatchKind()] == nil {
			t.Errorf("no builder for %s", s.MatchKind())
		}
		if len(s.Kinds) == 0 || s.build == nil {
			t.Errorf("%s reads no kind or builds nothing", s.Name)
		}
	}
	if got, want := len(builders), len(Specs()); got != want {
		t.Errorf("Builders() has %d entries, want %d", got, want)
	}
}

// TestShippedTables: trouble with a table is a diagnostic of the rule that
// needs it, and never a panic.
func TestShippedTables(t *testing.T) {
	const head = "signal\tlabel\ttechniques\tthreshold\tlast_reviewed\treference\n"
	const good = "listed\tx\tT1071\t0\t2026-11-22\thttps://example.org\n"
	for _, tt := range []struct{ name, table, want string }{
		{"good", head + good, ""},
		{"missing", "", "file does not exist"},
		{"header", good, "want the columns"},
		{"cells", head + "listed\tx\n", "2 cells, want 6"},
		{"unknown technique", head + strings.Replace(good, "T1071", "T9999", 1), "T9999 is no technique in use"},
		{"revoked technique", head + strings.Replace(good, "T1071", "T1562", 1), "T1562 is no technique in use"},
		{"threshold", head + strings.Replace(good, "\t0\t", "\tmany\t", 1), "is no number"},
		{"date", head + strings.Replace(good, "2026-11-22", "soon", 1), "is no date"},
		{"reference", head + strings.Replace(good, "https:", "gopher:", 1), "is no https URL"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := fstest.MapFS{}
			if tt.table != "" {
				files["data/feodo.tsv"] = &fstest.MapFile{Data: []byte(tt.table)}
			}
			src := ruleFile("T0001", ruleText("T0001", []event.Kind{event.KindIntel}, "kind: lifter:intel_feodo", ""))
			_, diags := engine.Compile([]engine.Source{src}, engine.Config{Builders: builders(files), Catalogue: catalogue(), Programs: programs()})
			if tt.want == "" {
				if len(diags) != 0 {
					t.Errorf("Compile: %v, want nothing", diags)
				}
				return
			}
			if len(diags) != 1 || !strings.Contains(diags[0].Message, tt.want) {
				t.Errorf("Compile: %v, want %q", diags, tt.want)
			}
		})
	}
}

// TestPanicCostsOneRule: the tags of the other rules stand.
func TestPanicCostsOneRule(t *testing.T) {
	builders := Builders()
	build := builders["lifter:credential_reuse"]
	builders["lifter:credential_reuse"] = func(p engine.Params) (engine.Matcher, engine.Diagnostics) {
		m, diags := build(p)
		if p.Rule.ID.V == "T0002" {
			return panicking{m}, diags
		}
		return m, diags
	}
	var srcs []engine.Source
	for _, id := range []string{"T0001", "T0002", "T0003"} {
		srcs = append(srcs, ruleFile(id, ruleText(id, []event.Kind{event.KindCredential}, "kind: lifter:credential_reuse", "")))
	}
	rs, diags := engine.Compile(srcs, engine.Config{Catalogue: catalogue(), Programs: programs(), Builders: builders})
	if len(diags) != 0 {
		t.Fatalf("Compile: %v", diags)
	}
	sc := engine.NewScratch()
	ev := eventOf(event.KindCredential, payload{"credential_hash": "h", "reuse_count": 1})
	tags := engine.NewSnapshot(rs, nil, time.Time{}).Evaluate(nil, ev, time.Time{}, sc)
	var ids []string
	for _, tag := range tags {
		ids = append(ids, tag.RuleID)
	}
	if want := []string{"T0001", "T0001", "T0003", "T0003"}; !slices.Equal(ids, want) || sc.PanicCount != 1 {
		t.Errorf("Evaluate = tags of %v and %d panics, want %v and 1", ids, sc.PanicCount, want)
	}
	for _, p := range sc.TakePanics() {
		if strings.Contains(p.Value, "secret") {
			t.Errorf("the panic's note %q quotes the payload", p.Value)
		}
	}
}

type panicking struct{ engine.Matcher }

func (panicking) Match(*event.Event, *engine.Hit) bool { panic(errors.New("secret payload text")) }

func (p panicking) Reads(k event.Kind) []event.FieldID { return p.Matcher.(engine.Reader).Reads(k) }
