package ingest

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
)

// counted is what encoding/json says of a capture.
type counted struct {
	lines    int
	types    map[string]int
	commands []string // session, time, input: in log order
}

func countCapture(t *testing.T, files []string) counted {
	t.Helper()
	c := counted{types: make(map[string]int)}
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		zr, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		for sc := bufio.NewScanner(zr); sc.Scan(); {
			c.lines++
			var l struct{ EventID, Session, Timestamp, Input string }
			if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			c.types[l.EventID]++
			if l.EventID == "cowrie.command.input" {
				c.commands = append(c.commands, l.Session+" "+l.Timestamp+" "+l.Input)
			}
		}
		f.Close()
	}
	return c
}

// TestCaptures reads real logs and checks the account against counts made
// another way.
func TestCaptures(t *testing.T) {
	for _, sensor := range []string{"sensor-2018", "sensor-2026"} {
		inputs := captureInputs(t, sensor)
		if last := inputs[len(inputs)-1].Name; sensor == "sensor-2026" && !strings.HasSuffix(last, "cowrie.json.gz") {
			t.Errorf("%s is read last, want cowrie.json.gz, the newest", last)
		}
		var ordered []string
		for _, in := range inputs {
			ordered = append(ordered, in.Name)
		}
		checkCapture(t, sensor, inputs, countCapture(t, ordered))
	}
}

func checkCapture(t *testing.T, sensor string, inputs []Input, want counted) {
	text, _ := event.LookupField(event.KindCommand, "command_text")
	var commands []string
	ids := make(map[string]bool)
	a, err := Run(t.Context(), inputs, Config{Workers: 1}, func() Evaluator {
		return evaluatorFunc(func(ev *event.Event) {
			if s, ok := ev.Text(text); ok {
				commands = append(commands, strings.Clone(ev.SessionID.Value+" "+ev.TS+" "+s))
			}
			id := ev.SourceKind + " " + ev.SourceID
			if ids[id] {
				t.Errorf("%s: source id %q twice", sensor, id)
			}
			ids[id] = true
		})
	}, func(*Batch) error { return nil })
	if err != nil || len(a.Errors) > 0 || a.Evicted != 0 {
		t.Fatalf("%s: Run() = %v, %v, %d evicted", sensor, err, a.Errors, a.Evicted)
	}
	if diff := cmp.Diff(want.commands, commands); diff != "" {
		t.Errorf("%s: commands differ (-want +got):\n%s", sensor, diff)
	}
	ignored := make(map[string]int)
	read := 0
	for typ, n := range want.types {
		if cowrieTypeOf(typ) == cowrieIgnored {
			ignored[typ] = n
		} else {
			read += n
		}
	}
	if a.Lines != want.lines || a.Direct+a.Absorbed != read || a.Rejected != 0 || a.Blank != 0 {
		t.Errorf("%s: account = %+v, want %d lines, %d direct or absorbed", sensor, a, want.lines, read)
	}
	if diff := cmp.Diff(ignored, a.IgnoredTypes.Counts()); diff != "" {
		t.Errorf("%s: ignored types differ (-want +got):\n%s", sensor, diff)
	}
	if a.Events != a.Direct+a.Aggregated {
		t.Errorf("%s: %d events, want %d direct + %d aggregated", sensor, a.Events, a.Direct, a.Aggregated)
	}
}
