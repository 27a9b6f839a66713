package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

const (
	guardEvent = `{"source_kind":"command","source_id":"c1","attacker_ip":"203.0.113.9","payload":{"command_text":"uname -a"}}` + "\n"
	guardRule  = "rule_id: R0001\nrule_version: 1\nname: probe\ndescription: d\napplies_to: [command]\nmatch: {pattern: 'uname'}\n" +
		"emits:\n  - {tactic: TA0007, technique_id: T1082, confidence: 0.9}\n"
	guardRow = `{"source_kind":"command","source_id":"c1","attacker_ip":"198.51.100.9","expected_rule_ids":["R0001"],"payload":{"command_text":"uname -a"}}` + "\n"
)

// guardCases are, for each command with outputs, command lines of which IN is
// a file that is read and OUT is where to write. Every command is there, so
// that a new one is thought of.
func guardCases() map[string][]struct{ args, format, content string } {
	type c = struct{ args, format, content string }
	return map[string][]c{
		"tag": {
			{"tag IN", "jsonl", guardEvent}, {"tag IN", "json", guardEvent}, {"tag --honeytokens IN other.json", "csv", "root:x\n"},
			{"tag .", "table", guardEvent}, {"tag *.json", "jsonl", guardEvent}, {"tag --rules IN other.json", "jsonl", guardRule},
		},
		"validate":         {{"validate IN", "json", guardRule}, {"validate .", "sarif", guardRule}, {"--rules IN validate", "junit", guardRule}},
		"bench":            {{"bench IN", "json", guardEvent}, {"bench --rules IN other.json", "csv", guardRule}},
		"explain":          {{"explain --rules IN id", "json", guardRule}},
		"precision":        {{"precision --corpus IN", "json", guardRow}, {"precision --benign IN", "json", "id\n"}, {"precision --exclude-ip 192.0.2.1 --prod IN", "json", guardEvent}, {"precision --baseline IN", "json", "{}"}, {"precision --allow IN", "markdown", "R0001 R0002 x\n"}},
		"coverage":         {{"coverage IN", "navigator", guardEvent}, {"coverage --rules IN other.json", "csv", guardRule}, {"coverage --honeytokens IN other.json", "json", "root:x\n"}},
		"sessions":         {{"sessions IN", "json", guardEvent}, {"sessions e1 IN", "csv", guardEvent}, {"sessions --rules IN other.json", "csv", guardRule}, {"sessions --honeytokens IN other.json", "json", "root:x\n"}},
		"impact":           {{"precision impact R0001.yaml R0001.yaml IN", "json", guardEvent}, {"precision impact IN R0001.yaml other.json", "json", guardRule}},
		"draw":             {{"corpus draw --exclude-ip 192.0.2.1 IN", "jsonl", guardEvent}, {"corpus draw --commands IN", "jsonl", "id\n"}, {"corpus draw --commands R0001.yaml --verdicts IN", "jsonl", "{}\n"}},
		"build":            {{"corpus build --exclude-ip 192.0.2.1 IN", "jsonl", guardEvent}, {"corpus build --exclude-ip @IN other.json", "jsonl", "192.0.2.1\n"}},
		"serve":            {{"serve --db none --honeytokens IN", "jsonl", "root:x\n"}, {"serve --rules .", "jsonl", guardRule}},
		"import-campaigns": {{"db import-campaigns IN", "json", "identity_uuid,campaign\na,b\n"}},
		"programs":         {{"--config IN programs", "json", "quiet: true\n"}, {"--config IN programs wget", "json", "quiet: true\n"}, {"--config IN programs --classes", "csv", "quiet: true\n"}},
		"version":          {{"version --rules IN", "json", guardRule}},
		"disable":          {{"--db IN rule disable R0001 --reason x", "json", ""}, {"--config IN rule disable R0001 --reason x", "json", "quiet: true\n"}},
		"clip":             {{"--db IN rule clip R0001 --max 0.5 --reason x", "json", ""}},
		"enable":           {{"--db IN rule enable R0001", "json", ""}},
		"show":             {{"--rules IN rule show R0001", "json", guardRule}},
		"list":             {{"--db IN rule list", "json", ""}},
		"history":          {{"--db IN rule history", "json", ""}},
		"stats":            {{"--db IN db stats", "json", ""}},
		"prune":            {{"--db IN db prune --older-than 1d", "json", ""}},
		"retry":            {{"--db IN db dead-letters retry --all", "json", ""}},
		"tags":             {{"--db IN report tags", "jsonl", ""}},
		"techniques":       {{"--db IN report techniques", "navigator", ""}},
		"attacker":         {{"--db IN report attacker", "json", ""}},
		"html":             {{"report html IN", "html", guardEvent}, {"report html --countries IN other.json", "html", "203.0.113.0/24,X\n"}, {"--db IN report html", "html", ""}},
		"groups":           {{"groups IN", "json", guardEvent}, {"groups --rules IN other.json", "csv", guardRule}, {"--db IN groups", "json", ""}},
		"identity":         {{"--db IN report identity", "json", ""}},
		"session":          {{"--db IN report session", "json", ""}},
		"campaign":         {{"--db IN report campaign", "json", ""}},
		"rule":             {{"--db IN report rule", "json", ""}},
		"status":           {{"--db IN fleet status", "json", ""}},
	}
}

func TestOutputsAreNoInputs(t *testing.T) {
	cases := guardCases()
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Flags().Lookup("output") != nil && cases[cmd.Name()] == nil {
			t.Errorf("no case for %s", cmd.CommandPath())
		}
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(newRootCmd(&app{streams: testStreams(io.Discard, io.Discard, nil)}))
	for name, list := range cases {
		for _, c := range list {
			t.Run(name+" "+c.args, func(t *testing.T) { guardCase(t, c.args, c.format, c.content) })
		}
	}
}

// guardCase runs args with an output that is a hard link of the input.
func guardCase(t *testing.T, args, format, content string) {
	t.Chdir(t.TempDir())
	in := map[bool]string{true: "R0001.yaml", false: "in.json"}[content == guardRule]
	for name, text := range map[string]string{"R0001.yaml": guardRule, "other.json": guardEvent, in: content} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(in, "out"); err != nil {
		t.Fatal(err)
	}
	words := append(strings.Fields(strings.ReplaceAll(args, "IN", in)), "-o", format+"=out")
	var stdout, stderr bytes.Buffer
	err := execute(t.Context(), testStreams(&stdout, &stderr, nil), words)
	if exitCode(err) != 2 || !strings.Contains(stderr.String(), "it is the input") {
		t.Errorf("%q exits %d, %s; want 2 and the input named", words, exitCode(err), stderr.String())
	}
	if data, err := os.ReadFile(in); err != nil || string(data) != content {
		t.Errorf("%q left %q, %v, want %q", words, data, err, content)
	}
}

// Whatever an input is called, it is the same file.
func TestGuardByAnyName(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "in")
	if err := os.WriteFile(in, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	soft, linkedDir := filepath.Join(dir, "soft"), filepath.Join(dir, "dir")
	if err := errors.Join(os.Symlink("in", soft), os.Symlink(".", linkedDir)); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(in)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := testStreams(io.Discard, io.Discard, nil)
	s.in = f
	for _, path := range []string{in, soft, filepath.Join(linkedDir, "in")} {
		for _, name := range []string{in, soft, "-"} {
			if err := s.guard([]output{{"json", path}}, name); worst(err) != classSetup {
				t.Errorf("guard of output %s, input %s = %v, want a refusal", path, name, err)
			}
		}
	}
	if err := s.guard([]output{{"json", filepath.Join(dir, "new")}, {"json", "/dev/null"}}, in, "/dev/null"); err != nil {
		t.Errorf("guard of another file = %v", err)
	}
	s.out.Writer = f
	if err := s.guard([]output{{"json", ""}}, in); worst(err) != classSetup {
		t.Errorf("guard of a stdout that is the input = %v, want a refusal", err)
	}
	if err := s.guard([]output{{"json", ""}, {"csv", in}}); worst(err) != classSetup {
		t.Errorf("guard of a stdout that is the other output = %v, want a refusal", err)
	}
}

func TestTwoOutputsToOneFile(t *testing.T) {
	s := testStreams(io.Discard, io.Discard, nil)
	for _, list := range [][]string{
		{"json", "table=/dev/stdout"}, {"json=a", "table=a"}, {"json=a", "table=./x/../a"}, {"json=guard.go", "table=../ttpctl/guard.go"},
	} {
		o := outputs{formats: []string{"table", "json"}}
		if err := o.Replace(list); err != nil {
			t.Fatal(err)
		}
		if _, err := o.choose(s, "table"); worst(err) != classSetup || !strings.Contains(err.Error(), "both go to") {
			t.Errorf("choose of %q = %v, want a refusal", list, err)
		}
	}
}
