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

var update = flag.Bool("update", false, "write page.escaped.html")

// byLibrary is page.html as html/template runs it.
func byLibrary(t *testing.T) *template.Template {
	t.Helper()
	trusted := template.FuncMap{"css": func(s string) template.CSS { return template.CSS(s) }, "js": func(s string) template.JS { return template.JS(s) }}
	return template.Must(template.New("page").Funcs(trusted).Parse(pageText))
}

// TestEscaped: page.escaped.html is page.html with the escapers that html/template
// chooses, and of any page the same comes as of html/template itself.
func TestEscaped(t *testing.T) {
	lib := byLibrary(t)
	fresh, err := byLibrary(t), error(nil)
	_ = fresh.Execute(io.Discard, hostilePage(t, hostile[:1]).view(1)) // escapes it
	var want strings.Builder
	all := fresh.Templates()
	slices.SortFunc(all, func(a, b *template.Template) int { return strings.Compare(a.Name(), b.Name()) })
	for _, one := range all {
		if one.Tree == nil {
			continue
		}
		if one.Name() == "page" {
			want.WriteString(one.Tree.Root.String())
			continue
		}
		want.WriteString("{{define \"" + one.Name() + "\"}}" + one.Tree.Root.String() + "{{end}}")
	}
	if *update {
		if err := os.WriteFile("page.escaped.html", []byte(want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want.String() != escapedText {
		t.Fatal("page.escaped.html is not what html/template makes of page.html: go generate ./internal/report/html")
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
			v := p.view(scale)
			var got, want bytes.Buffer
			if err := ours.execute(&got, v); err != nil {
				t.Fatal(err)
			}
			if err := lib.Execute(&want, v); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want.Bytes()) {
				t.Errorf("%s: %d bytes, html/template makes %d; first difference %s", name, got.Len(), want.Len(), difference(got.String(), want.String()))
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
