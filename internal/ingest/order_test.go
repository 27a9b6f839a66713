package ingest

import (
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPrepare(t *testing.T) {
	at := func(sensor, ts string) string { return "\n{\"x\":\n" + cowrieInputLine(sensor, "s", ts, "ls") + "\n" }
	dir := writeTree(t, map[string]string{
		"cowrie.json":            at("a", "2018-05-08T00:00:00Z"),
		"cowrie.json.2018-05-06": at("a", "2018-05-06T00:00:00Z"),
		"cowrie.json.2018-05-07": string(gzipped(t, at("a", "2018-05-07 00:00:00"))),
		"other.json":             at("b", "2018-05-01T00:00:00Z"),
		"events.jsonl":           eventLine(1),
		"empty.json":             "",
		"cut.gz":                 "\x1f\x8b\x08",
	})
	t.Chdir(dir)
	given := []string{"events.jsonl", "cowrie.json", "other.json", "empty.json", "cowrie.json.2018-05-06", "cut.gz", "cowrie.json.2018-05-07"}
	sorted := []string{"events.jsonl", "cowrie.json.2018-05-06", "other.json", "empty.json", "cowrie.json.2018-05-07", "cut.gz", "cowrie.json"}
	tests := []struct {
		name  string
		cfg   Config
		given []string
		want  []string
		err   string
	}{
		{"by first time", Config{}, given, sorted, ""},
		{"format given", Config{Format: "cowrie"}, given, sorted, ""},
		{"format without order", Config{Format: "ttp"}, given, given, ""},
		{"no sort", Config{NoSort: true}, given, given, ""},
		{"absent", Config{}, []string{"absent.json", "events.jsonl", "."}, nil, "absent.json: no such file or directory\n.: is a directory"},
		{"format unknown", Config{Format: "xml"}, given, nil, `unknown format "xml": want auto or ttp, cowrie, heralding, dionaea, tanner, access`},
	}
	for _, tt := range tests {
		var in []Input
		for _, name := range tt.given {
			in = append(in, Input{Name: name})
		}
		got, _, err := Prepare(t.Context(), in, tt.cfg)
		if text := errorText(err); text != tt.err {
			t.Errorf("%s: Prepare() = %q, want %q", tt.name, text, tt.err)
		}
		if err != nil {
			continue
		}
		var names []string
		for _, in := range got {
			names = append(names, in.Name)
		}
		if diff := cmp.Diff(tt.want, names); diff != "" {
			t.Errorf("%s: order differs (-want +got):\n%s", tt.name, diff)
		}
	}
	if err := syscall.Mkfifo("pipe", 0o600); err != nil {
		t.Fatal(err)
	}
	// Opening the pipe would wait for a writer, for ever.
	if _, _, err := Prepare(t.Context(), []Input{{Name: "pipe"}}, Config{}); err != nil {
		t.Errorf("Prepare of a pipe = %v", err)
	}
	stream := Input{Name: "-", Reader: strings.NewReader("")}
	if got, _, err := Prepare(t.Context(), []Input{stream}, Config{}); err != nil || len(got) != 1 || got[0].Reader != stream.Reader {
		t.Errorf("Prepare of a stream = %v, %v, want it as it is", got, err)
	}
}
