package licenses

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"ttpctl/internal/packed"
)

var update = flag.Bool("update", false, "rewrite licenses.zst")

// TestFresh keeps licenses.zst what the modules linked into the binary say.
func TestFresh(t *testing.T) {
	want := collect(t)
	fresh := packed.Open(archive).Text(file) == want
	if *update && !fresh {
		archive, err := packed.Pack(map[string]string{file: want})
		if err == nil {
			err = os.WriteFile("licenses.zst", archive, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	if !fresh {
		t.Error("licenses.zst is stale, run go generate ./internal/licenses")
	}
	for _, l := range All() {
		if l.Text == "" {
			t.Errorf("no licence text of %s %s", l.Name, l.Version)
		}
	}
}

// collect returns licenses.json of the modules that the binary is built from.
func collect(t *testing.T) string {
	t.Helper()
	list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", "ttpctl/cmd/ttpctl")
	list.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	// Its version is left out: the text is the same in every release.
	all := []License{{Name: "Go", Text: textIn(t, strings.TrimSpace(string(root)))}}
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if len(fields) != 3 || slices.ContainsFunc(all, func(l License) bool { return l.Name == fields[0] }) {
			continue
		}
		all = append(all, License{fields[0], fields[1], textIn(t, fields[2])})
	}
	slices.SortFunc(all[1:], func(a, b License) int { return cmp.Compare(a.Name, b.Name) })
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(all); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// textIn returns the licences and notices in a module's directory.
func textIn(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, e := range entries {
		stem, _, _ := strings.Cut(strings.ToUpper(e.Name()), ".")
		stem, _, _ = strings.Cut(stem, "-")
		if e.IsDir() || !slices.Contains([]string{"LICENSE", "LICENCE", "COPYING", "NOTICE", "PATENTS"}, stem) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, strings.TrimSpace(string(data)))
	}
	return strings.Join(texts, "\n\n")
}
