package engine

import (
	"strings"

	"ttpctl/internal/engine/web"
	"ttpctl/internal/event"
	"ttpctl/internal/secrets"
)

// requestSources are the fields of a request that others derive from.
var requestSources = []event.FieldID{
	event.MustField(event.KindHTTPRequest, "raw_url"), event.MustField(event.KindHTTPRequest, "body"), httpHeaders,
	event.MustField(event.KindHTTPRequest, "user_agent"), event.MustField(event.KindHTTPRequest, "referer"),
}

// Fields derived from a request: what an application would read of it, each
// input in all of its forms (package web). Those with names are objects.
//
//   - url_path, url_query, parameter_name: texts.
//   - parameters, header_values: by name.
//   - inputs: all of it, by the name of the parameter or header, or by place.
//   - short_inputs: those that an application takes for a value and not for a
//     text that somebody wrote, as bodies, posts and files are.
//   - odd_inputs: those of them with a sign that plain values lack.
var (
	urlPath       = event.MustField(event.KindHTTPRequest, "url_path")
	urlQuery      = event.MustField(event.KindHTTPRequest, "url_query")
	parameterName = event.MustField(event.KindHTTPRequest, "parameter_name")
	parameters    = event.MustField(event.KindHTTPRequest, "parameters")
	headerValues  = event.MustField(event.KindHTTPRequest, "header_values")
	requestInputs = event.MustField(event.KindHTTPRequest, "inputs")
	shortInputs   = event.MustField(event.KindHTTPRequest, "short_inputs")
	oddInputs     = event.MustField(event.KindHTTPRequest, "odd_inputs")
	inputsLeftOut = event.MustField(event.KindHTTPRequest, "inputs_left_out")
)

var webFields = []event.FieldID{urlPath, urlQuery, parameterName, parameters, headerValues, requestInputs, shortInputs, oddInputs, inputsLeftOut}

// lookedForIn returns the field whose values are scanned for literals of field f:
// for the short inputs, which nearly all are, it is that of all inputs, so that each
// is scanned once. That admits a rule when a long input has its literal.
func lookedForIn(f event.FieldID) event.FieldID {
	if f == shortInputs {
		return requestInputs
	}
	return f
}

// placeNames name the inputs that have no name of their own.
var placeNames = [...]string{web.Path: "path", web.Query: "query", web.Name: "name", web.Param: "parameter", web.Header: "header", web.Body: "body"}

// A webScratch is the working memory of deriveRequest. The values it gives an
// event are valid until the next event.
type webScratch struct {
	parser  *web.Parser
	view    web.View
	headers []web.HeaderLine
	shell   []byte
	lists   [8]fieldValues // by place in webFields
}

// fieldValues are the values of one derived field, with their names where it
// is an object.
type fieldValues struct {
	names  []string
	values []event.Value
}

func (f *fieldValues) add(name, text string) {
	f.names = append(f.names, name)
	f.values = append(f.values, event.StringValue(text))
}

// deriveRequest gives a request the derived fields that some rule reads.
func (rs *Ruleset) deriveRequest(ev *event.Event, sc *Scratch) {
	d, s := &rs.derived, &sc.web
	s.parse(ev)
	s.setFields(ev, d.request)
	if left := s.view.InputsLeftOut; left > 0 || s.view.BytesLeftOut > 0 {
		sc.CutShort++
		ev.SetDerived(inputsLeftOut, event.NumberValue(float64(max(left, 1))))
	}
	if d.requestLine {
		if s.shell = s.view.AppendShell(s.shell[:0]); len(s.shell) > 0 {
			sc.shell.parse(string(s.shell))
			sc.hit.line = sc.shell.analyse(rs.derived.programs, "")
			sc.hit.line.secret = s.view.ShellReads(secrets.Input)
		}
	}
}

// parse makes the view of a request.
func (s *webScratch) parse(ev *event.Event) {
	if s.parser == nil {
		s.parser = web.NewParser()
	}
	url, _ := ev.Text(requestSources[0])
	body, _ := ev.Text(requestSources[1])
	s.readHeaders(ev)
	s.parser.Parse(&web.Request{URL: url, Body: body, Headers: s.headers}, &s.view)
}

// readHeaders takes the headers, and the two that readers of logs keep apart.
func (s *webScratch) readHeaders(ev *event.Event) {
	s.headers = s.headers[:0]
	var agent, referer bool
	for name, value := range ev.Texts(event.FieldRef{ID: httpHeaders}) {
		s.headers = append(s.headers, web.HeaderLine{Name: name, Value: value})
		agent = agent || strings.EqualFold(name, "user-agent")
		referer = referer || strings.EqualFold(name, "referer")
	}
	if value, ok := ev.Text(requestSources[3]); ok && !agent {
		s.headers = append(s.headers, web.HeaderLine{Name: "user-agent", Value: value})
	}
	if value, ok := ev.Text(requestSources[4]); ok && !referer {
		s.headers = append(s.headers, web.HeaderLine{Name: "referer", Value: value})
	}
}

// setFields gives ev the fields among ids.
func (s *webScratch) setFields(ev *event.Event, ids []event.FieldID) {
	for i := range s.lists {
		s.lists[i].names, s.lists[i].values = s.lists[i].names[:0], s.lists[i].values[:0]
	}
	for i := range s.view.Inputs {
		in := &s.view.Inputs[i]
		name := in.Name
		if name == "" {
			name = placeNames[in.Place]
		}
		for _, form := range s.view.Forms(in) {
			if own := ownField(in.Place); own >= 0 {
				s.lists[own].add(name, form)
			}
			if in.Place != web.Query {
				s.lists[5].add(name, form)
			}
			if in.Short(form) {
				s.lists[6].add(name, form)
				if in.Odd(form) {
					s.lists[7].add(name, form)
				}
			}
		}
	}
	for i, id := range webFields[:len(s.lists)] {
		for _, asked := range ids {
			if asked == id {
				ev.SetDerived(id, s.lists[i].value(id.Field().Type))
			}
		}
	}
}

// ownField returns the index in webFields of the field for one place, -1 for a
// body, which is among the inputs only.
func ownField(p web.Place) int {
	switch p {
	case web.Path:
		return 0
	case web.Query:
		return 1
	case web.Name:
		return 2
	case web.Param:
		return 3
	case web.Header:
		return 4
	}
	return -1
}

func (f *fieldValues) value(t event.FieldType) event.Value {
	if t == event.TypeHeaders {
		return event.Value{Kind: event.Object, List: f.values, Keys: f.names}
	}
	return event.Value{Kind: event.List, List: f.values}
}
