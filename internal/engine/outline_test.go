package engine

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
	"ttpctl/rules"
)

// outlineRules are rules of every shape that an outline has a place for.
func outlineRules(t *testing.T) []Source {
	t.Helper()
	const tail = "emits:\n  - {tactic: TA0007, technique_id: T1082, confidence: 0.7}\n  - {tactic: TA0005, technique_id: T1070, sub_technique_id: T1070.003, confidence: 0.85}\n" +
		"false_positives: ['somebody \"who\" looks']\nchanges:\n  - {version: 2, what: a, why: b}\nnext_review: 2026-12-01\nevidence_fields: [FIELD]\n" +
		"examples:\n  match:\n    - YES\n    - YES\n    - YES\n  no_match: [NO, NO, NO]\n"
	var srcs []Source
	for i, r := range []struct{ kind, field, match, yes, no string }{
		{"command", "command_text", "{command: {program: [wget, '@shell', 'x*!'], argument: {pattern: '(?i)secret\\s'}, no_effect: {removes: any}}}", "wget 'my secret x'", "ls"},
		{"command", "uid", "{effect: {reads: {path: [/etc/shadow, '/opt/*/keys'], except: /opt/a/keys}}}", "cat /etc/shadow", "cat /opt/a/keys"},
		{"command", "command_text", "{any_of: [{contains: \"a\\tb \\\" c\", ignore_case: true}, {field: redirect, ends_with: é}], none_of: [{equals: x}]}", "\"a\\tb \\\" C\"", "x"},
		{"session", "duration_s", "{field: duration_s, min: 2.5}", "{duration_s: 3}", "{duration_s: 1}"},
		{"http_request", "raw_url", "{contains: /shell.php}", "{raw_url: /shell.php}", "{raw_url: /}"},
		{"command", "command_text", "{sequence: {over: session, within: {commands: 5}, same: file, steps: [{effect: {writes: any}}, {effect: {runs: any}}]}}", "['echo x > /tmp/a', 'sh /tmp/a']", "'echo x > /tmp/a'"},
	} {
		id := "R000" + string(rune('1'+i))
		text := "rule_id: " + id + "\nrule_version: 2\nname: rule_" + string(rune('a'+i)) + "\ndescription: >-\n  A rule with\n  two lines.\nattack_release: \"19.1\"\napplies_to: [" + r.kind + "]\nmatch: " + r.match + "\n" +
			strings.NewReplacer("FIELD", r.field, "YES", r.yes, "NO", r.no).Replace(tail)
		srcs = append(srcs, Source{Name: "rules/" + id + ".yaml", Data: []byte(text)})
	}
	return srcs
}

func outlined(t *testing.T, srcs []Source) *Outlines {
	t.Helper()
	text, err := WriteOutlines(srcs, testConfig())
	if err != nil {
		t.Fatal(err)
	}
	return ReadOutlines(text)
}

// TestOutlines: a file that was outlined comes to the same rule as one that is
// compiled.
func TestOutlines(t *testing.T) {
	srcs, cfg := outlineRules(t), testConfig()
	want, _ := Compile(srcs, cfg)
	cfg.Outlines = outlined(t, srcs)
	got, diags := Compile(srcs, cfg)
	if len(diags) > 0 || got.Hash() != want.Hash() || len(got.rules) != len(srcs) {
		t.Fatalf("%d rules, diagnostics %v", len(got.rules), diags)
	}
	for i, r := range got.rules {
		if r.matcher != nil {
			t.Errorf("%s was compiled and not taken from its outline", r.ID)
		}
		x, y := *want.rules[i], *r
		y.demands = *r.asks()
		for _, r := range []*Rule{&x, &y} { // what they may differ in, and how it was compiled
			r.matcher, r.late, r.checked = nil, nil, &checked{id: r.checked.id, title: r.checked.title, release: r.checked.release, name: r.checked.name, origin: r.checked.origin}
		}
		opts := cmp.Options{cmp.Exporter(func(reflect.Type) bool { return true }), cmp.FilterValues(func(x, y []string) bool { return len(x)+len(y) == 0 }, cmp.Ignore())}
		if d := rounds.Diff(x, y, opts); d != "" {
			t.Errorf("%s differs (-compiled +outlined):\n%s", r.ID, d)
		}
		if a, b := reflect.TypeOf(want.rules[i].judge()), reflect.TypeOf(r.judge()); a != b {
			t.Errorf("%s has a matcher %v, want %v", r.ID, b, a)
		}
	}
}

// TestOutlinedIndex: the index that was outlined is the one that is built, and belongs
// to the very rules that it was made of.
func TestOutlinedIndex(t *testing.T) {
	srcs, cfg := outlineRules(t), testConfig()
	want, _ := Compile(srcs, cfg)
	cfg.Outlines = outlined(t, srcs)
	got, _ := Compile(srcs, cfg)
	kinds := 0
	for _, k := range event.Kinds() {
		ix := cfg.Outlines.index(k, got)
		if ix == nil {
			continue
		}
		kinds++
		opts := cmp.Options{cmp.Exporter(func(reflect.Type) bool { return true }), cmpopts.EquateEmpty()}
		if d := rounds.Diff(want.indexOf(k), ix.build(want.table), opts); d != "" {
			t.Errorf("%v: the index differs (-built +outlined):\n%s", k, d)
		}
	}
	if kinds < 2 {
		t.Errorf("indexes of %d kinds, want those of commands and requests at least", kinds)
	}
	if cfg.Outlines.index(event.KindCommand, want) != nil {
		t.Error("the index is used for rules that were compiled")
	}
	for name, some := range map[string][]Source{"one rule less": srcs[1:], "another rule more": append(generatedRules(1), srcs...)} {
		rs, _ := Compile(some, cfg)
		if cfg.Outlines.index(event.KindCommand, rs) != nil {
			t.Errorf("%s: the index is used for other rules", name)
		}
		if len(rs.indexOf(event.KindCommand).rules) == 0 {
			t.Errorf("%s: an index without rules", name)
		}
	}
}

// TestOutlinesThatDoNotFit: only the very file that was outlined, under the release
// that it was checked against, is taken for checked.
func TestOutlinesThatDoNotFit(t *testing.T) {
	srcs, cfg := outlineRules(t), testConfig()
	text, err := WriteOutlines(srcs, cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, from, to string // in the outlines
		edit           func(src *Source)
		compiled       bool
	}{
		{name: "as it was", edit: func(*Source) {}},
		{name: "other bytes", edit: func(src *Source) { src.Data = append(slices.Clone(src.Data), '\n') }, compiled: true},
		{name: "another name", edit: func(src *Source) { src.Name = "R0009.yaml" }, compiled: true},
		{name: "no name", edit: func(src *Source) { src.Name = "<stdin>" }, compiled: true},
		{name: "another release", from: "attack_release 19.1", to: "attack_release 18.0", edit: func(*Source) {}, compiled: true},
		{name: "an unknown field", from: "command.command_text", to: "command.no_such", edit: func(*Source) {}, compiled: true},
		{name: "an unknown technique", from: "T1082", to: "T9999", edit: func(*Source) {}, compiled: true},
	} {
		src, cfg := srcs[0], cfg
		tt.edit(&src)
		cfg.Outlines = ReadOutlines(strings.Replace(text, tt.from, tt.to, 1))
		if f := (&compiler{cfg: &cfg}).outlined(src); (f == nil) != tt.compiled {
			t.Errorf("%s: compiled %v, want %v", tt.name, f == nil, tt.compiled)
		}
	}
}

// TestOutlinedReview: the one thing to say of a file that was outlined is what the
// day decides.
func TestOutlinedReview(t *testing.T) {
	srcs, cfg := outlineRules(t)[:1], testConfig()
	cfg.Outlines, cfg.Today = outlined(t, srcs), "2027-01-01"
	_, got := Compile(srcs, cfg)
	cfg.Outlines = nil
	_, want := Compile(srcs, cfg)
	if d := cmp.Diff(want, got); d != "" || len(got) != 1 || got[0].Code != CodeReviewDue {
		t.Errorf("diagnostics (-compiled +outlined):\n%s\n%v", d, got)
	}
}

// TestWriteOutlinesRefuses: what has anything to say of it is not outlined.
func TestWriteOutlinesRefuses(t *testing.T) {
	srcs := outlineRules(t)
	srcs[1].Data = []byte(strings.Replace(string(srcs[1].Data), "rule_b", "Rule_b", 1))
	if _, err := WriteOutlines(srcs, testConfig()); err == nil || !strings.Contains(err.Error(), "R0002.yaml") {
		t.Errorf("error %v, want one that names R0002.yaml", err)
	}
}

// TestLateMatcherIsBuiltOnce: by whichever of several goroutines comes first.
func TestLateMatcherIsBuiltOnce(t *testing.T) {
	srcs, cfg := outlineRules(t), testConfig()
	cfg.Outlines = outlined(t, srcs)
	rs, _ := Compile(srcs, cfg)
	snap := NewSnapshot(rs, nil, testNow)
	seen := make([]Matcher, 8)
	var wg sync.WaitGroup
	for i := range seen {
		wg.Go(func() {
			if tags := snap.Evaluate(nil, commandEvent("cat /etc/shadow"), testNow, NewScratch()); len(tags) != 2 {
				t.Errorf("%d tags, want 2", len(tags))
			}
			seen[i] = rs.Rule("R0002").judge()
		})
	}
	wg.Wait()
	if slices.ContainsFunc(seen, func(m Matcher) bool { return m != seen[0] }) {
		t.Error("the matcher was built more than once")
	}
	if rs.Rule("R0005").late.matcher != nil {
		t.Error("a matcher for requests was built for commands")
	}
}

// TestBrokenLateMatcher: a tree that cannot be read costs its rule on each event, as
// any matcher that panics does.
func TestBrokenLateMatcher(t *testing.T) {
	srcs, cfg := outlineRules(t), testConfig()
	cfg.Outlines = outlined(t, srcs)
	rs, _ := Compile(srcs, cfg)
	rs.Rule("R0002").late.match = "{1 =effect"
	snap, sc := NewSnapshot(rs, nil, testNow), NewScratch()
	for range 2 {
		if tags := snap.Evaluate(nil, commandEvent("wget 'my secret x'; cat /etc/shadow"), testNow, sc); len(tags) != 2 || tags[0].RuleID != "R0001" {
			t.Errorf("tags %v, want those of R0001", tags)
		}
	}
	if sc.PanicCount != 2 {
		t.Errorf("%d panics, want 2", sc.PanicCount)
	}
}

// TestOutlinesOfPackAreWrittenAsRead: nothing of a line is lost in the reading.
func TestOutlinesOfPackAreWrittenAsRead(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(rules.Outlines(), "\n"), "\n")[1:]
	if len(lines) < 500 {
		t.Fatalf("%d rules, want all of the pack", len(lines))
	}
	indexes := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, indexPrefix) })
	for _, line := range lines[indexes:] {
		head := line[:strings.Index(line, " ")+1+64+1]
		in, out, ix := codec{in: line[len(head):], reading: true}, codec{}, kindIndex{}
		in.kindIndex(&ix)
		out.kindIndex(&ix)
		if head+string(out.out) != line || in.broken || in.in != "" {
			t.Fatalf("%s is not read as it was written", head)
		}
		for cut := 0; cut < len(line)-len(head); cut += 997 {
			c := codec{in: line[len(head):][:cut], reading: true}
			c.kindIndex(&kindIndex{})
		}
	}
	for i, line := range lines[:indexes] {
		in := codec{in: line, reading: true}
		o := outline{rule: &Rule{}}
		in.outline(&o)
		var out codec
		out.outline(&o)
		tree := newTreeReader(in.in)
		if in.in != "" {
			out.tree(tree.tree(0))
		}
		if string(out.out) != line || in.broken || tree.broken || tree.in != "" {
			t.Fatalf("%s is read as %s", line, out.out)
		}
		for cut := i % 97; cut < len(line); cut += 97 { // a line may end anywhere without a panic
			c := codec{in: line[:cut], reading: true}
			c.outline(&outline{rule: &Rule{}})
			newTreeReader(c.in).tree(0)
		}
	}
}

func TestCodecQuotes(t *testing.T) {
	for _, s := range []string{"", "a", "a b", "\"", "\\", "é", "\x00", "\xff", "a\nb", "=", "{1"} {
		out := codec{}
		out.text(&s)
		out.text(&s)
		in := codec{in: string(out.out), reading: true}
		if a, b := in.next(), in.next(); a != s || b != s || in.broken || in.in != "" {
			t.Errorf("%q is written %s and read %q, %q", s, out.out, a, b)
		}
	}
	for _, s := range []string{"\"a", "\"a\"b", "", " a"} {
		in := codec{in: s, reading: true}
		if in.next(); !in.broken {
			t.Errorf("%s is read as a word", s)
		}
	}
}
