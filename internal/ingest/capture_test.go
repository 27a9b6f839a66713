package ingest

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/engine"
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
		files, err := filepath.Glob("../../../shared/data/cowrie/" + sensor + "/*.gz")
		if err != nil || len(files) == 0 {
			t.Skip("shared/data absent")
		}
		var inputs []Input
		for _, path := range files {
			inputs = append(inputs, Input{Name: path})
		}
		inputs, err = Prepare(inputs, Config{})
		if err != nil {
			t.Fatal(err)
		}
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
	text, _ := engine.LookupField(engine.KindCommand, "command_text")
	var commands []string
	ids := make(map[string]bool)
	a, err := Run(t.Context(), inputs, Config{Workers: 1}, func() Evaluator {
		return evaluatorFunc(func(ev *engine.Event) {
			s, _ := ev.Text(text)
			commands = append(commands, strings.Clone(ev.SessionID.Value+" "+ev.TS+" "+s))
			if ids[ev.SourceID] {
				t.Errorf("%s: source id %q twice", sensor, ev.SourceID)
			}
			ids[strings.Clone(ev.SourceID)] = true
		})
	}, func(*Batch) error { return nil })
	if err != nil || len(a.Errors) > 0 {
		t.Fatalf("%s: Run() = %v, %v", sensor, err, a.Errors)
	}
	if diff := cmp.Diff(want.commands, commands); diff != "" {
		t.Errorf("%s: commands differ (-want +got):\n%s", sensor, diff)
	}
	direct, connects := want.types[cowrieInput], want.types[cowrieConnect]
	if a.Lines != want.lines || a.Direct != direct || a.Absorbed != connects || a.Ignored != want.lines-direct-connects || a.Rejected != 0 || a.Blank != 0 {
		t.Errorf("%s: account = %+v, want %d lines, %d direct, %d absorbed", sensor, a, want.lines, direct, connects)
	}
	delete(want.types, cowrieInput)
	delete(want.types, cowrieConnect)
	if diff := cmp.Diff(want.types, a.IgnoredTypes.Counts()); diff != "" {
		t.Errorf("%s: ignored types differ (-want +got):\n%s", sensor, diff)
	}
}
