package lines

import (
	"os"
	"path/filepath"
	"strings"
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

func TestList(t *testing.T) {
	dir := writeTree(t, map[string]string{
		"cowrie.json": "", "cowrie.json.1.gz": "", "access.log": "", ".hidden.json": "", "sub/deep/er.json": "", "sub/.git/x": "", "odd[1].txt": "",
		"real/a.json": "", "empty/.keep": "",
	})
	t.Chdir(dir)
	for to, link := range map[string]string{"access.log": "link.log", "..": "sub/loop", "real": "also", "absent": "dangling"} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo("pipe.json", 0o600); err != nil {
		t.Fatal(err)
	}
	all := []string{"access.log", "cowrie.json", "cowrie.json.1.gz", "link.log", "odd[1].txt", "real/a.json", "sub/deep/er.json"}
	left := []string{".hidden.json: hidden", "dangling: no such file or directory", "empty/.keep: hidden", "pipe.json: not a regular file", "sub/.git: hidden"}
	tests := []struct {
		patterns, want []string
		leftOut        []string
		err            string
	}{
		{[]string{"."}, all, left, ""},
		{[]string{"sub"}, []string{"sub/deep/er.json", "sub/loop/access.log", "sub/loop/cowrie.json", "sub/loop/cowrie.json.1.gz", "sub/loop/link.log", "sub/loop/odd[1].txt", "sub/loop/real/a.json"}, nil, ""},
		{[]string{"-", "access.log", "-"}, []string{"-", "access.log"}, nil, ""},
		{[]string{"cowrie.json*", "cowrie.json"}, []string{"cowrie.json", "cowrie.json.1.gz"}, nil, ""},
		{[]string{"**/*.json"}, []string{".hidden.json", "cowrie.json", "real/a.json", "sub/deep/er.json"}, nil, ""},
		{[]string{"s*/**/*.json"}, []string{"sub/deep/er.json"}, nil, ""},
		{[]string{"p*.json"}, nil, nil, "p*.json: matches no file"},
		{[]string{"pipe.json"}, []string{"pipe.json"}, nil, ""},
		{[]string{"access.log", "./access.log", "sub/../access.log"}, []string{"access.log"}, nil, ""},
		{[]string{"odd[1].txt"}, []string{"odd[1].txt"}, nil, ""},
		{[]string{"s*"}, nil, nil, "s*: matches no file"},
		{[]string{"absent.json", "access.log", "x*"}, []string{"access.log"}, nil, "absent.json: no such file or directory\nx*: matches no file"},
		{[]string{"empty"}, nil, nil, "empty: no file in this directory"},
		{[]string{"[a"}, nil, nil, "[a: malformed pattern"},
	}
	for _, tt := range tests {
		inputs, leftOut, err := List(tt.patterns)
		var got, gone []string
		for _, in := range inputs {
			got = append(got, in.Name)
		}
		for _, l := range leftOut {
			gone = append(gone, l.Path+": "+l.Why)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("List(%q) differs (-want +got):\n%s", tt.patterns, diff)
		}
		if diff := cmp.Diff(tt.leftOut, gone); diff != "" && tt.leftOut != nil {
			t.Errorf("List(%q) leaves out (-want +got):\n%s", tt.patterns, diff)
		}
		if text := errorText(err); text != tt.err {
			t.Errorf("List(%q) = %q, want %q", tt.patterns, text, tt.err)
		}
	}
}

func TestWithoutCopies(t *testing.T) {
	long := strings.Repeat("line\n", 5000)
	dir := writeTree(t, map[string]string{
		"a.json": long, "copy.json": long, "like.json": long[:len(long)-2] + "x\n", "other.json": "b\n", "same size": "c\n", "empty1": "", "empty2": "",
	})
	t.Chdir(dir)
	for _, err := range []error{os.Symlink("a.json", "sym"), os.Link("other.json", "hard")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	inputs, _, err := List([]string{"a.json", "sym", "*"})
	if err != nil {
		t.Fatal(err)
	}
	kept, copies := WithoutCopies(t.Context(), append(inputs, Input{Name: "stdin", Reader: strings.NewReader(long)}))
	var got []string
	for _, in := range kept {
		got = append(got, in.Name)
	}
	if diff := cmp.Diff([]string{"a.json", "empty1", "empty2", "hard", "like.json", "same size", "stdin"}, got); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	want := []LeftOut{{"sym", "another name of a.json", true}, {"copy.json", "a copy of a.json", true}, {"other.json", "another name of hard", true}}
	if diff := cmp.Diff(want, copies); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
