package engine

import (
	"slices"

	"ttpctl/internal/engine/shell"
	"ttpctl/internal/engine/web"
	"ttpctl/internal/event"
	"ttpctl/internal/secrets"
)

// A ShownRequest is what a web application would read of a request, as far as
// it may be shown.
type ShownRequest struct {
	Inputs []ShownInput
	// What did not fit into the view, which no rule sees.
	InputsLeftOut, BytesLeftOut int
	// Shell is what a shell would make of the texts that an application may hand
	// to one; nil when there are none. It lacks those of hidden inputs.
	Shell *shell.View
}

// A ShownInput is an input in all of its forms, as sent first.
type ShownInput struct {
	Place, Name string
	Forms       []string // nil when Hidden
	Hidden      bool     // its name says that it is a secret
}

// RequestView returns what the derived fields of a request are made of; nil for
// events of other kinds.
func RequestView(ev *event.Event) *ShownRequest {
	if ev.Kind != event.KindHTTPRequest {
		return nil
	}
	var s webScratch
	s.parse(ev)
	v := &s.view
	r := &ShownRequest{InputsLeftOut: v.InputsLeftOut, BytesLeftOut: v.BytesLeftOut}
	for i := range v.Inputs {
		if !saidBy(v.Inputs, i) {
			r.Inputs = append(r.Inputs, showInput(&v.Inputs[i], v))
		}
	}
	v.Inputs = slices.DeleteFunc(v.Inputs, func(in web.Input) bool { return secrets.Input(in.Name) })
	if text := v.AppendShell(nil); len(text) > 0 {
		r.Shell = &shell.View{}
		shell.NewParser().Parse(string(text), r.Shell)
	}
	return r
}

// saidBy reports whether other inputs say what input i does: a query is its
// parameters, a name stands before the value that it has.
func saidBy(inputs []web.Input, i int) bool {
	switch inputs[i].Place {
	case web.Query:
		return true
	case web.Name:
		return i+1 < len(inputs) && inputs[i+1].Place == web.Param
	}
	return false
}

func showInput(in *web.Input, v *web.View) ShownInput {
	shown := ShownInput{Place: placeNames[in.Place], Name: in.Name, Hidden: secrets.Input(in.Name)}
	if shown.Hidden {
		return shown
	}
	for _, form := range v.Forms(in) {
		shown.Forms = append(shown.Forms, secrets.MaskURLs(form))
	}
	return shown
}
