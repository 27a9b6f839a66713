package explain

import (
	"fmt"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/report"
)

// jsonRequest is what a web application would read of a request.
type jsonRequest struct {
	Inputs []jsonInput `json:"inputs"`
	// What did not fit, which no rule sees.
	InputsLeftOut int `json:"inputs_left_out,omitzero"`
	BytesLeftOut  int `json:"bytes_left_out,omitzero"`
}

// jsonInput is an input in all of its forms, as sent first.
type jsonInput struct {
	Place  string   `json:"place"`
	Name   string   `json:"name,omitempty"`
	Forms  []string `json:"forms"` // null when they may not be shown
	Hidden bool     `json:"hidden,omitempty"`
}

// showsText reports whether the whole input may be shown: of requests and of
// logins each part has to be looked at first.
func (r *Input) showsText() bool {
	return !r.IsEvent && (len(r.Events) == 0 || r.Events[0].Kind == event.KindCommand)
}

func requestJSON(r *engine.ShownRequest) *jsonRequest {
	if r == nil {
		return nil
	}
	j := &jsonRequest{Inputs: []jsonInput{}, InputsLeftOut: r.InputsLeftOut, BytesLeftOut: r.BytesLeftOut}
	for _, in := range r.Inputs {
		shown := jsonInput{Place: in.Place, Name: in.Name, Hidden: in.Hidden}
		for _, form := range in.Forms {
			shown.Forms = append(shown.Forms, head(form))
		}
		j.Inputs = append(j.Inputs, shown)
	}
	return j
}

// request lists the inputs of a request, each form on a line of its own.
func (t *text) request(r *engine.ShownRequest) {
	t.printf("%s\n", t.palette.Cyan("request"))
	for _, in := range r.Inputs[:min(len(r.Inputs), maxListed)] {
		label := in.Place
		if in.Name != "" {
			label += " " + in.Name
		}
		t.line(2, plain, label)
		if in.Hidden {
			t.line(6, t.palette.Dim, notShown)
		}
		for _, form := range in.Forms {
			t.line(6, plain, form)
		}
	}
	t.more(len(r.Inputs)-maxListed, "input")
	if r.InputsLeftOut > 0 || r.BytesLeftOut > 0 {
		t.line(2, t.palette.Yellow, fmt.Sprintf("cut short: %s and %s left out, which no rule on inputs sees",
			report.Plural(r.InputsLeftOut, "input"), report.Plural(r.BytesLeftOut, "byte")))
	}
}
