package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestSite: the documentation as it is makes a site without a broken link, in which all
// pages have a title and ask nothing of anyone, twice the same.
func TestSite(t *testing.T) {
	first, second := build(t, "../.."), build(t, "../..")
	if !maps.EqualFunc(first, second, bytes.Equal) {
		t.Error("the same files give another site")
	}
	pages := 0
	for name, data := range first {
		if path.Ext(name) != ".html" || strings.HasPrefix(name, "files/") {
			continue
		}
		pages++
		page := string(data)
		if title := regexp.MustCompile(`<title>([^<]+) - ttpctl</title>`).FindStringSubmatch(page); title == nil {
			t.Errorf("%s has no title", name)
		}
		for _, m := range regexp.MustCompile(`(href|src)="([^"#]*)(#[^"]*)?"`).FindAllStringSubmatch(page, -1) {
			to := m[2]
			if m[1] == "src" && strings.Contains(to, ":") {
				t.Errorf("%s fetches %s", name, to)
			}
			if to == "" || strings.Contains(to, ":") {
				continue
			}
			if _, ok := first[path.Join(path.Dir(name), to)]; !ok {
				t.Errorf("%s leads to %s, which is not in the site", name, to)
			}
		}
		if strings.Contains(page, "style=") && regexp.MustCompile(`<[a-z]+ [^>]*style=`).MatchString(page) {
			t.Errorf("%s has style within, which its policy forbids", name)
		}
	}
	for _, name := range []string{"index.html", "rules/R0001.html", "rules/index.html", "index.json", "search.js", "style.css"} {
		if first[name] == nil {
			t.Errorf("no %s", name)
		}
	}
	var index []entry
	if err := json.Unmarshal(first["index.json"], &index); err != nil {
		t.Fatal(err)
	}
	for name, words := range map[string]string{"rules/R0025.html": "T1053.003", "formats.html": "--tlp", "cli.html": "--follow-symlinks"} { // of a table, a sentence, a listing
		if i := slices.IndexFunc(index, func(e entry) bool { return e.Name == name }); i < 0 || !strings.Contains(index[i].Words, words) {
			t.Errorf("a search for %s does not find %s", words, name)
		}
	}
	if !bytes.Contains(first["rules/index.html"], []byte(`<li><a href="#persistence-ta0003">`)) {
		t.Error("the menu does not lead to the headings of the page")
	}
	if pages < 500 {
		t.Errorf("%d pages, want those of the rules too", pages)
	}
}

func build(t *testing.T, root string) map[string][]byte {
	t.Helper()
	s, err := read(root)
	if err != nil {
		t.Fatal(err)
	}
	files, err := s.files()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestBad: what is wrong with a page is said, with its name.
func TestBad(t *testing.T) {
	for _, test := range []struct{ name, page, want string }{
		{"no title", "words\n", "docs/a.md: no title"},
		{"no page", "# A\n[x](b.md)\n", "docs/a.md: link b.md: there is no such file"},
		{"outside", "# A\n[x](../../etc.md)\n", "there is no such file"},
		{"no heading", "# A\n[x](#b)\n", "docs/a.md: link #b: docs/a.md has no such heading"},
		{"script", "# A\n[x](javascript:alert)\n", "neither a page nor a file nor the web"},
		{"fine", "# A\n\n## One thing: *two*\n[x](#one-thing-two) [y](../README.md) [z](https://example.com/) [d](../docs)\n", ""},
	} {
		root := t.TempDir()
		if err := os.Mkdir(filepath.Join(root, "docs"), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"README.md": "# R\n", "CHANGELOG.md": "# C\n", "docs/a.md": test.page} {
			if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got := ""
		s, err := read(root)
		if err == nil {
			_, err = s.files()
		}
		if err != nil {
			got = err.Error()
		}
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: error %q, want %q", test.name, got, test.want)
		}
	}
}

// TestHostile: HTML in a page is not HTML of the site, since rules quote attackers.
func TestHostile(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "docs"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"README.md", "CHANGELOG.md", "docs/a.md"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte("# A <script>alert(1)</script>\n<img src=x onerror=alert(1)>\n\n`<b>`\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page := string(build(t, root)["a.html"])
	i := strings.Index(page, "<main>")
	if body := page[i:]; strings.Contains(body, "<script") || strings.Contains(body, "<img") || !strings.Contains(body, "&lt;b&gt;") {
		t.Errorf("page: %s", body)
	}
	if slices.Contains(strings.Fields(page[:i]), "<script>alert(1)</script>") {
		t.Errorf("head: %s", page[:i])
	}
}
