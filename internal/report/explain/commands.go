package explain

import (
	"ttpctl/internal/engine/program"
)

// jsonSimple is a simple command as its program reads it (COMMANDS.md, section
// 4). Absent members are left out.
type jsonSimple struct {
	Text       string        `json:"text"`
	Program    string        `json:"program"`
	Subcommand string        `json:"subcommand,omitempty"`
	Path       string        `json:"path,omitempty"`
	Via        []string      `json:"via,omitempty"` // outermost first
	Options    []jsonOption  `json:"options,omitempty"`
	Operands   []jsonOperand `json:"operands,omitempty"`
	Effects    []jsonEffect  `json:"effects,omitempty"`
}

type jsonOption struct {
	Name  string  `json:"name"`
	Value *string `json:"value,omitempty"`
}

type jsonOperand struct {
	Text string `json:"text"`
	Role string `json:"role"`
}

type jsonEffect struct {
	Verb      string   `json:"verb"`
	Action    string   `json:"action,omitempty"`
	Target    string   `json:"target"`
	How       []string `json:"how,omitempty"`
	For       []string `json:"for,omitempty"`
	Scheme    string   `json:"scheme,omitempty"`
	Host      string   `json:"host,omitempty"`
	HostClass string   `json:"host_class,omitempty"`
	Port      int      `json:"port,omitempty"`
	To        string   `json:"to,omitempty"`
	From      string   `json:"from,omitempty"`
	Group     string   `json:"group,omitempty"`
	Value     *string  `json:"value,omitempty"`
	Unset     bool     `json:"unset,omitempty"`
}

func commandsJSON(l *program.Line) []jsonSimple {
	if l == nil {
		return nil
	}
	js := []jsonSimple{}
	for i := range l.Commands {
		c := &l.Commands[i]
		j := jsonSimple{Text: c.Text, Program: c.Program, Subcommand: c.Subcommand, Path: c.Path, Via: c.Via}
		for _, o := range c.Options {
			option := jsonOption{Name: o.Name}
			if o.HasValue {
				option.Value = &o.Value
			}
			j.Options = append(j.Options, option)
		}
		for _, o := range c.Operands {
			j.Operands = append(j.Operands, jsonOperand{o.Text, o.Role.String()})
		}
		for k := range c.Effects {
			j.Effects = append(j.Effects, effectJSON(&c.Effects[k]))
		}
		js = append(js, j)
	}
	return js
}

func effectJSON(e *program.Effect) jsonEffect {
	j := jsonEffect{
		Verb: e.Verb.String(), Action: e.Action.String(), Target: e.Target, How: e.How.Names(nil), For: e.For, Scheme: e.Scheme, Host: e.Host,
		HostClass: e.Class.String(), Port: e.Port, To: e.To, Group: e.Group, Unset: e.Unset,
	}
	if e.Verb == program.Sends {
		j.From = e.From // of a write it is what sequences follow
	}
	if e.Verb == program.Sets && !e.Unset {
		j.Value = &e.Value
	}
	return j
}
