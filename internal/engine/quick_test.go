package engine

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ttpctl/internal/attack"
)

// What a quick Compile reads of a rule of the pack is what Parse reads of it, but
// for the examples: each value, at its place.
func TestQuickReading(t *testing.T) {
	files, _ := filepath.Glob("../../rules/ttp/*.yaml")
	if len(files) < 60 {
		t.Fatalf("%d rules of the pack, want all", len(files))
	}
	quick := compiler{cfg: &Config{Catalogue: attack.Load(), Quick: true, Pack: true}}
	equal := cmp.Options{
		cmp.AllowUnexported(ParsedRule{}, Node{}, suppression{}),
		cmpopts.IgnoreFields(ParsedRule{}, "budget"), cmpopts.IgnoreFields(Node{}, "budget"),
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		src := Source{Name: filepath.Base(file), Data: data}
		want, wantDiags := Parse(src)
		got, diags := quick.parse(src)
		if len(got.MatchExamples)+len(got.OtherExamples) > 0 || len(want.OtherExamples) == 0 {
			t.Errorf("%s: %d examples were read and %d stand there", file, len(got.MatchExamples)+len(got.OtherExamples), len(want.OtherExamples))
		}
		want.MatchExamples, want.OtherExamples, got.MatchExamples, got.OtherExamples = nil, nil, nil, nil
		if !reflect.DeepEqual(want, got) { // which is quicker than cmp
			if d := cmp.Diff(want, got, equal); d != "" {
				t.Errorf("%s is read differently (-Parse +quick):\n%s", file, d)
			}
		}
		if d := cmp.Diff(wantDiags, diags); d != "" {
			t.Errorf("%s: other diagnostics (-Parse +quick):\n%s", file, d)
		}
	}
}

func TestWithoutExamples(t *testing.T) {
	for _, tt := range []struct{ name, file, want string }{
		{"at the end", "a: 1\nexamples:\n  match: [x]\n", "a: 1\n"},
		{"in the middle", "a: 1\nexamples:\n  - |\n    x\n\n  # note\n- y\nb: 2\n", "a: 1\n\n\n\n\n\n\nb: 2\n"},
		{"none", "a: 1\nb: 'examples: c'\n", "a: 1\nb: 'examples: c'\n"},
		{"no line break", "a: 1\nexamples: {}", "a: 1\n"},
	} {
		if got := string(withoutExamples([]byte(tt.file))); got != tt.want {
			t.Errorf("%s: withoutExamples(%q) = %q, want %q", tt.name, tt.file, got, tt.want)
		}
	}
}
