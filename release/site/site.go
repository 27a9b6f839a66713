package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"html/template"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	tables "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// A page is one Markdown file.
type page struct {
	source string // its path in the repository, such as docs/rules/R0001.md
	name   string // its path in the site, such as rules/R0001.html
	title  string
	text   []byte
	tree   ast.Node
	ids    map[string]bool // what a link may point to within it
}

// A site is all pages, by their sources.
type site struct {
	root     string
	markdown goldmark.Markdown
	pages    map[string]*page
	copied   map[string]bool // other files of the repository that pages link to
	links    int
}

// menu is what every page leads to, in this order; what else is in docs follows.
var menu = []string{"README.md", "docs/operating.md", "docs/rules.md", "docs/rules/README.md", "docs/matrix.md", "docs/cli.md", "docs/api.md", "CHANGELOG.md"}

// read parses the README, the change log and all of docs.
func read(root string) (*site, error) {
	s := &site{root: root, pages: map[string]*page{}, copied: map[string]bool{}}
	// Alignment by attributes: a style is what the policy of the pages forbids.
	aligned := extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))
	s.markdown = goldmark.New(goldmark.WithExtensions(extension.Linkify, extension.Strikethrough, extension.TaskList, aligned), goldmark.WithParserOptions(parser.WithAutoHeadingID()))
	sources := []string{"README.md", "CHANGELOG.md"}
	err := fs.WalkDir(os.DirFS(root), "docs", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && path.Ext(name) == ".md" {
			sources = append(sources, name)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, source := range sources {
		p := &page{source: source, name: nameOf(source), ids: map[string]bool{}}
		if p.text, err = os.ReadFile(filepath.Join(root, source)); err != nil {
			return nil, err
		}
		p.tree = s.markdown.Parser().Parse(text.NewReader(p.text), parser.WithContext(parser.NewContext(parser.WithIDs(&ids{taken: p.ids}))))
		if p.title = p.heading(); p.title == "" {
			return nil, fmt.Errorf("%s: no title: a page begins with # and words", source)
		}
		s.pages[source] = p
	}
	return s, nil
}

// nameOf is where a page of the repository lies in the site.
func nameOf(source string) string {
	name := strings.TrimPrefix(source, "docs/")
	if path.Base(name) == "README.md" {
		return path.Join(path.Dir(name), "index.html")
	}
	return strings.TrimSuffix(name, ".md") + ".html"
}

// heading returns the words of the first heading.
func (p *page) heading() (title string) {
	_ = ast.Walk(p.tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if h, ok := n.(*ast.Heading); ok && entering && h.Level == 1 && title == "" {
			title = strings.TrimSpace(plain(h, p.text))
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	return title
}

// plain returns the text of a node without its marks.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch t := n.(type) {
		case *ast.Text:
			if entering {
				b.Write(t.Segment.Value(source))
			}
		case *ast.String:
			if entering {
				b.Write(t.Value)
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// files returns the site, by names.
func (s *site) files() (map[string][]byte, error) {
	var errs []error
	files := map[string][]byte{}
	for _, p := range s.inOrder() {
		errs = append(errs, s.relink(p)...)
		var body, b bytes.Buffer
		if err := s.markdown.Renderer().Render(&body, p.text, p.tree); err != nil {
			return nil, err
		}
		up := strings.Repeat("../", strings.Count(p.name, "/"))
		if err := layout.Execute(&b, shown{p.title, up, template.HTML(body.String()), s.menu(p, up)}); err != nil {
			return nil, err
		}
		files[p.name] = b.Bytes()
	}
	for name := range s.copied {
		data, err := os.ReadFile(filepath.Join(s.root, name))
		if err != nil {
			return nil, err
		}
		files["files/"+name] = data
	}
	index, err := json.Marshal(s.index())
	if err != nil {
		return nil, err
	}
	files["index.json"] = index
	for _, name := range []string{"style.css", "search.js"} {
		if files[name], err = assets.ReadFile("assets/" + name); err != nil {
			return nil, err
		}
	}
	return files, errors.Join(errs...)
}

func (s *site) inOrder() []*page {
	var all []*page
	for _, p := range s.pages {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *page) int { return strings.Compare(a.name, b.name) })
	return all
}

// relink turns the links of a page to files of the repository into links of the site,
// and returns those that lead nowhere.
func (s *site) relink(p *page) (errs []error) {
	var dirs []*ast.Link
	defer func() {
		for _, l := range dirs {
			unlink(l)
		}
	}()
	_ = ast.Walk(p.tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		var to *[]byte
		switch l := n.(type) {
		case *ast.Link:
			to = &l.Destination
		case *ast.Image:
			to = &l.Destination
		}
		if to == nil || !entering {
			return ast.WalkContinue, nil
		}
		link, err := s.resolve(p, string(*to))
		if l, ok := n.(*ast.Link); ok && errors.Is(err, errDir) {
			dirs, err = append(dirs, l), nil
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: link %s: %w", p.source, *to, err))
		}
		*to = []byte(link)
		return ast.WalkContinue, nil
	})
	return errs
}

// errDir is a link to a directory of the repository, which a site does not have.
var errDir = errors.New("a directory")

// unlink leaves of a link its words.
func unlink(l *ast.Link) {
	parent := l.Parent()
	for n := l.FirstChild(); n != nil; n = l.FirstChild() {
		parent.InsertBefore(parent, l, n)
	}
	parent.RemoveChild(parent, l)
}

// resolve returns what a link of p is in the site.
func (s *site) resolve(p *page, link string) (string, error) {
	s.links++
	u, err := url.Parse(link)
	switch {
	case err != nil:
		return "", err
	case u.Scheme == "https" || u.Scheme == "http" || u.Scheme == "mailto":
		return link, nil
	case u.Scheme != "" || u.Host != "":
		return "", errors.New("neither a page nor a file nor the web")
	}
	target := p
	if u.Path != "" {
		source := path.Join(path.Dir(p.source), u.Path)
		if info, err := os.Stat(filepath.Join(s.root, source)); err == nil && info.IsDir() {
			if source = path.Join(source, "README.md"); s.pages[source] == nil {
				return "", errDir
			}
		}
		if target = s.pages[source]; target == nil {
			return s.other(p, source)
		}
	}
	if u.Fragment != "" && !target.ids[u.Fragment] {
		return "", fmt.Errorf("%s has no such heading", target.source)
	}
	to := relative(p.name, target.name)
	if u.Fragment != "" {
		to += "#" + u.Fragment
	}
	return to, nil
}

// other is a link to a file that is no page: it is copied.
func (s *site) other(p *page, source string) (string, error) {
	info, err := os.Stat(filepath.Join(s.root, source))
	if err != nil || !info.Mode().IsRegular() || strings.HasPrefix(source, "../") {
		return "", errors.New("there is no such file")
	}
	s.copied[source] = true
	return relative(p.name, "files/"+source), nil
}

// relative returns the way from one page to another.
func relative(from, to string) string {
	return strings.Repeat("../", strings.Count(from, "/")) + to
}

// An entry is a line of the search index.
type entry struct {
	Name  string `json:"n"`
	Title string `json:"t"`
	Words string `json:"w"` // all but the title, without long code
}

// longCode is what no one searches: a listing, a document shown whole.
const longCode = 2000

func (s *site) index() []entry {
	var all []entry
	for _, p := range s.inOrder() {
		var words []string
		_ = ast.Walk(p.tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			if n.Type() != ast.TypeBlock || !entering {
				return ast.WalkContinue, nil
			}
			said := ""
			switch n.(type) {
			case *ast.Heading, *ast.Paragraph, *ast.TextBlock, *tables.TableCell:
				said = plain(n, p.text)
			case *ast.FencedCodeBlock, *ast.CodeBlock:
				if said = string(n.Lines().Value(p.text)); len(said) > longCode {
					said = ""
				}
			}
			if words = append(words, strings.Fields(said)...); said == p.title {
				words = words[:0]
			}
			return ast.WalkContinue, nil
		})
		all = append(all, entry{p.name, p.title, strings.Join(words, " ")})
	}
	return all
}

// An item is one of the menu.
type item struct {
	Name, Title string
	Here        bool
	Sections    []item // of the page that is shown: its headings
}

// sections returns the headings of the second level, as links within the page.
func (p *page) sections() (all []item) {
	for n := p.tree.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok && h.Level == 2 {
			id, _ := h.AttributeString("id")
			name, _ := id.([]byte)
			all = append(all, item{Name: "#" + string(name), Title: plain(h, p.text)})
		}
	}
	return all
}

func (s *site) menu(here *page, up string) []item {
	names := slices.Clone(menu)
	for _, p := range s.inOrder() {
		if !slices.Contains(menu, p.source) && !strings.HasPrefix(p.source, "docs/rules/") {
			names = append(names, p.source)
		}
	}
	var items []item
	for _, name := range names {
		if p := s.pages[name]; p != nil {
			i := item{Name: up + p.name, Title: p.title, Here: p == here}
			if i.Here {
				i.Sections = p.sections()
			}
			items = append(items, i)
		}
	}
	return items
}

// ids names headings as GitHub does, which is what the links are written for.
type ids struct{ taken map[string]bool }

func (i *ids) Generate(value []byte, _ ast.NodeKind) []byte {
	var b strings.Builder
	for _, r := range strings.ToLower(html.UnescapeString(string(value))) {
		switch {
		case r == ' ' || r == '-':
			b.WriteByte('-')
		case r == '_' || r > 0x7f || r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		}
	}
	id := b.String()
	for n := 1; i.taken[id]; n++ {
		id = fmt.Sprintf("%s-%d", b.String(), n)
	}
	i.taken[id] = true
	return []byte(id)
}

func (i *ids) Put(value []byte) { i.taken[string(value)] = true }

// shown is what the layout shows.
type shown struct {
	Title, Up string
	Body      template.HTML
	Menu      []item
}

var layout = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<title>{{.Title}} - ttpctl</title>
<link rel="stylesheet" href="{{.Up}}style.css">
<script src="{{.Up}}search.js" defer></script>
</head>
<body data-up="{{.Up}}">
<header>
<a class="home" href="{{.Up}}index.html">ttpctl</a>
<input id="search" type="search" placeholder="Search pages and rules" aria-label="Search pages and rules" autocomplete="off">
<ul id="found" hidden></ul>
</header>
<nav aria-label="Pages"><details open><summary>Pages</summary><ul>
{{- range .Menu}}
<li><a href="{{.Name}}"{{if .Here}} aria-current="page"{{end}}>{{.Title}}</a>
{{- with .Sections}}<ul>{{range .}}<li><a href="{{.Name}}">{{.Title}}</a></li>{{end}}</ul>{{end}}</li>
{{- end}}
</ul></details></nav>
<main>
{{.Body}}</main>
</body>
</html>
`))
