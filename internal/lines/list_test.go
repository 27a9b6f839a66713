package lines

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// writeTree writes files below a new directory and returns it.
func writeTree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestExpand(t *testing.T) {
	dir := writeTree(t, map[string]string{
		"cowrie.json": "", "cowrie.json.2018-05-06": "", "cowrie.json.1.gz": "", "b.jsonl.zst": "", "c.ndjson": "", "d.json-20180506.bz2": "",
		"cowrie.log": "", "lastlog.txt": "", ".hidden.json": "", "json": "", "sub/deep.json": "", "odd[1].txt": "", "none/readme.txt": "",
	})
	t.Chdir(dir)
	if err := os.Symlink("c.ndjson", "link.json"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo("pipe.json", 0o600); err != nil {
		t.Fatal(err)
	}
	all := []string{"b.jsonl.zst", "c.ndjson", "cowrie.json", "cowrie.json.1.gz", "cowrie.json.2018-05-06", "d.json-20180506.bz2", "link.json"}
	tests := []struct {
		patterns, want []string
		err            string
	}{
		{[]string{"."}, all, ""},
		{[]string{"-", "cowrie.log", "-"}, []string{"-", "cowrie.log"}, ""},
		{[]string{"cowrie.json*", "cowrie.json"}, []string{"cowrie.json", "cowrie.json.1.gz", "cowrie.json.2018-05-06"}, ""},
		{[]string{"**/*.json"}, []string{".hidden.json", "cowrie.json", "link.json", "sub/deep.json"}, ""},
		{[]string{"p*.json"}, nil, "p*.json: matches no file"},
		{[]string{"pipe.json"}, []string{"pipe.json"}, ""},
		{[]string{"c.ndjson", "./c.ndjson", "sub/../c.ndjson"}, []string{"c.ndjson"}, ""},
		{[]string{"odd[1].txt"}, []string{"odd[1].txt"}, ""},
		{[]string{"s*"}, nil, "s*: matches no file"},
		{[]string{"absent.json", "c.ndjson", "x*"}, []string{"c.ndjson"}, "absent.json: no such file or directory\nx*: matches no file"},
		{[]string{"none"}, nil, "none: no logs in this directory (*.json, *.jsonl, *.ndjson, also rotated and compressed)"},
		{[]string{"[a"}, nil, "[a: malformed pattern"},
	}
	for _, tt := range tests {
		got, err := Expand(tt.patterns)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("Expand(%q) differs (-want +got):\n%s", tt.patterns, diff)
		}
		if text := errorText(err); text != tt.err {
			t.Errorf("Expand(%q) = %q, want %q", tt.patterns, text, tt.err)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
