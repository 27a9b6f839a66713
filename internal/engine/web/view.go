package web

import (
	"encoding/json"
	"strings"
)

// A Place says where in a request an input stands.
type Place uint8

// The places.
const (
	Path   Place = iota
	Query        // the whole query
	Name         // the name of a parameter
	Param        // the value of a parameter, of a query, form, multipart or JSON body, or cookie
	Header       // the value of a header, cookies left out
	Body         // a body that is none of those
)

// An Input is one thing that an attacker could choose.
type Input struct {
	Place Place
	Name  string // of the parameter or header, decoded; "" = it has none
	text  bool   // a text that somebody wrote, a file, or a document whose parts are inputs of their own
	first int    // of View.forms
	end   int
}

// A View is what a request holds. Its texts are valid until its Parser is
// used again.
type View struct {
	Inputs []Input
	// InputsLeftOut and BytesLeftOut count what did not fit.
	InputsLeftOut, BytesLeftOut int

	forms []string
}

// Forms returns the distinct texts of an input: as sent, then further and
// further decoded.
func (v *View) Forms(in *Input) []string { return v.forms[in.first:in.end] }

// A Request is what a client sent.
type Request struct {
	URL, Body string
	Headers   []HeaderLine
}

// A HeaderLine is one header of a request, its name in any case.
type HeaderLine struct{ Name, Value string }

// A Parser makes Views. It belongs to one goroutine.
type Parser struct {
	view  *View
	arena []byte // decoded texts
	total int    // bytes of inputs taken so far
}

// NewParser returns a Parser.
func NewParser() *Parser { return &Parser{} }

// Parse makes v the view of r.
func (p *Parser) Parse(r *Request, v *View) {
	*v = View{Inputs: v.Inputs[:0], forms: v.forms[:0]}
	p.view, p.arena, p.total = v, p.arena[:0], 0
	path, query, asked := strings.Cut(target(r.URL), "?")
	p.add(Path, "", path, percent)
	if asked {
		p.add(Query, "", query, plus)
		p.pairs(query, '&', plus)
	}
	contentType := p.headers(r.Headers)
	if r.Body != "" {
		p.body(r.Body, contentType)
	}
}

// target returns the path and query of a URL, which may name a host.
func target(url string) string {
	if i := strings.Index(url, "://"); i > 0 && i < strings.IndexAny(url+"/?", "/?") {
		if j := strings.IndexAny(url[i+3:], "/?"); j >= 0 {
			return url[i+3+j:]
		}
		return ""
	}
	return url
}

// headers takes the headers and returns the content type.
func (p *Parser) headers(all []HeaderLine) (contentType string) {
	for _, h := range all {
		switch {
		case strings.EqualFold(h.Name, "cookie"):
			p.pairs(h.Value, ';', percent)
			continue
		case strings.EqualFold(h.Name, "content-type"):
			contentType = h.Value
		}
		p.add(Header, h.Name, h.Value, percent)
	}
	return contentType
}

// pairs takes name=value pairs. A piece without = is a value without a name.
func (p *Parser) pairs(s string, sep byte, as decoding) {
	for s != "" {
		piece := s
		if i := strings.IndexByte(s, sep); i >= 0 {
			piece, s = s[:i], s[i+1:]
		} else {
			s = ""
		}
		name, value, ok := strings.Cut(piece, "=")
		if sep == ';' {
			name = strings.TrimLeft(name, " ")
		}
		switch {
		case ok:
			p.param(name, value, as)
		case piece != "":
			p.add(Param, "", piece, as)
		}
	}
}

// param takes a parameter: its name is an input of its own.
func (p *Parser) param(name, value string, as decoding) {
	n := p.add(Name, "", name, as)
	if n >= 0 {
		in := &p.view.Inputs[n]
		if forms := p.view.Forms(in); len(forms) > 1 {
			name = forms[1]
		}
	}
	if n = p.add(Param, name, value, as); n >= 0 {
		p.document(n, name)
	}
}

// document takes a parameter apart whose value is JSON, as sent or decoded.
func (p *Parser) document(n int, name string) {
	in := &p.view.Inputs[n]
	forms := p.view.Forms(in)
	if text := forms[len(forms)-1]; isJSON(text) {
		in.text = true
		p.json(text, name)
	}
}

// isJSON reports whether s is an object or a list of JSON with a string in it:
// something that only begins like one is a value.
func isJSON(s string) bool {
	if len(s) < 2 || s[0] != '{' && s[0] != '[' || strings.IndexByte(s, '"') < 0 {
		return false
	}
	return json.Valid([]byte(s))
}

// add takes an input and returns its place in the view, or -1 when there was
// nothing to take or no room.
func (p *Parser) add(place Place, name, sent string, as decoding) int {
	v := p.view
	if sent == "" {
		return -1
	}
	if len(v.Inputs) == maxInputs || p.total >= maxTotal {
		v.InputsLeftOut++
		v.BytesLeftOut += len(sent)
		return -1
	}
	if keep := min(maxText, maxTotal-p.total); len(sent) > keep {
		v.BytesLeftOut += len(sent) - keep
		sent = sent[:keep]
	}
	p.total += len(sent)
	in := Input{Place: place, Name: name, text: place == Param && isTextName(name), first: len(v.forms)}
	v.forms = append(v.forms, sent)
	p.decode(sent, as)
	in.end = len(v.forms)
	v.Inputs = append(v.Inputs, in)
	return len(v.Inputs) - 1
}
