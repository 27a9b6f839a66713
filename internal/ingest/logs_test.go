package ingest

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestLogsApart: what readers remember belongs to one log: logs of two sensors
// read in one run give what each gives by itself, whatever one attacker does
// at both, and the rotations of one are one.
func TestLogsApart(t *testing.T) {
	spray := func(sensor string, from, to int) (text string) {
		for i := from; i < to; i++ {
			l := cowrieLine("login.failed", fmt.Sprint(sensor, i), i, fmt.Sprintf(`,"username":"u%d","password":"p"`, i))
			text += strings.ReplaceAll(l, `"sensor":"d"`, fmt.Sprintf(`"sensor":%q`, sensor)) + "\n"
		}
		return text
	}
	files := fstest.MapFS{
		"a/cowrie.json.1": {Data: []byte(spray("a", 0, 2))}, "a/cowrie.json": {Data: []byte(spray("a", 2, 4))},
		"b/cowrie.json": {Data: []byte(spray("b", 0, 2))},
	}
	events := func(names ...string) []string {
		var in []Input
		for _, name := range names {
			in = append(in, Input{Name: name, FS: files})
		}
		ordered, _, err := Prepare(t.Context(), in, Config{})
		if err != nil {
			t.Fatal(err)
		}
		rec := &recorder{}
		if _, err := Run(t.Context(), ordered, Config{Workers: 1}, rec.evaluator, func(*Batch) error { return nil }); err != nil {
			t.Fatal(err)
		}
		return rec.events
	}
	a, b := events("a/cowrie.json.1", "a/cowrie.json"), events("b/cowrie.json")
	if !strings.Contains(strings.Join(a, "\n"), "identity:") || strings.Contains(strings.Join(b, "\n"), "identity:") {
		t.Fatalf("one password on 4 accounts at a, on 2 at b: want a spraying at a only, got\n%s\n%s", a, b)
	}
	if diff := cmp.Diff(append(a, b...), events("a/cowrie.json.1", "a/cowrie.json", "b/cowrie.json")); diff != "" {
		t.Errorf("together, the logs give other events than apart (-apart +together):\n%s", diff)
	}
}
