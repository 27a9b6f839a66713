package html

import (
	"bytes"
	_ "embed"
	"flag"
	"html/template"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"ttpctl/internal/attack"
	"ttpctl/internal/report/dossier"
)

//go:embed page.html
var pageText string

//go:embed live.html
var livePageText string

var update = flag.Bool("update", false, "write what html/template makes of the templates")

// byLibrary is a template as html/template runs it.
func byLibrary(t *testing.T, text string) *template.Template {
	t.Helper()
	trusted := template.FuncMap{"css": func(s string) template.CSS { return template.CSS(s) }, "js": func(s string) template.JS { return template.JS(s) }}
	return template.Must(template.New("page").Funcs(trusted).Parse(text))
}

// A template of a file, and a view for which it can run.
type root struct {
	name string
	view any
}

// escapedBy returns text with the escapers that html/template chooses for its roots.
func escapedBy(t *testing.T, text string, roots []root) string {
	t.Helper()
	fresh := byLibrary(t, text)
	for _, r := range roots {
		_ = fresh.ExecuteTemplate(io.Discard, r.name, r.view) // escapes it
	}
	var out strings.Builder
	all := fresh.Templates()
	slices.SortFunc(all, func(a, b *template.Template) int { return strings.Compare(a.Name(), b.Name()) })
	for _, one := range all {
		if one.Tree == nil {
			continue
		}
		if one.Name() == "page" {
			out.WriteString(one.Tree.Root.String())
			continue
		}
		out.WriteString("{{define \"" + one.Name() + "\"}}" + one.Tree.Root.String() + "{{end}}")
	}
	return out.String()
}

// checkEscaped holds the text of a file to what html/template makes of its roots.
func checkEscaped(t *testing.T, file, text, escapedText string, roots []root) {
	t.Helper()
	want := escapedBy(t, text, roots)
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != escapedText {
		t.Fatal(file + " is not what html/template makes of its source: go generate ./internal/report/html")
	}
	for _, escaper := range []string{"| _html_template_cssvaluefilter", "| _html_template_jsvalescaper"} {
		for rest := escapedText; ; {
			before, after, found := strings.Cut(rest, escaper)
			if !found {
				break
			}
			if open := before[strings.LastIndex(before, "{{"):]; open != "{{.Style | css " && open != "{{.Script | js " && open != "{{.Data " {
				t.Errorf("%s%s: only the page's own style sheet, script and data go there", open, escaper)
			}
			rest = after
		}
	}
}

// checkSame holds what ours makes of a view to what html/template makes.
func checkSame(t *testing.T, about string, ours *escaped, lib *template.Template, r root) {
	t.Helper()
	var got, want bytes.Buffer
	if err := ours.named(r.name).execute(&got, r.view); err != nil {
		t.Fatal(about, err)
	}
	if err := lib.ExecuteTemplate(&want, r.name, r.view); err != nil {
		t.Fatal(about, err)
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Errorf("%s: %d bytes, html/template makes %d; first difference %s", about, got.Len(), want.Len(), difference(got.String(), want.String()))
	}
}

// TestEscaped: page.escaped.html is page.html with the escapers that html/template
// chooses, and of any page the same comes as of html/template itself.
func TestEscaped(t *testing.T) {
	checkEscaped(t, "page.escaped.html", pageText, escapedText, []root{{"page", hostilePage(t, hostile[:1]).view(1)}})
	if *update {
		return
	}
	lib := byLibrary(t, pageText)
	ours, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]*Page{"hostile": hostilePage(t, hostile), "empty": {Dossier: dossier.New(dossier.Config{Catalogue: attack.Load()}).Dossier()}}
	for _, text := range hostile {
		pages[text[:min(len(text), 40)]] = hostilePage(t, []string{text})
	}
	for name, p := range pages {
		for _, scale := range []int{1, 8} {
			for _, live := range []bool{false, true} {
				v := p.view(scale)
				v.Live = live
				checkSame(t, name, ours, lib, root{"page", v})
			}
		}
	}
}

func difference(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return "\n" + a[max(0, i-80):min(len(a), i+80)] + "\n" + b[max(0, i-80):min(len(b), i+80)]
}
