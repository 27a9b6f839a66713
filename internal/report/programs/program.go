package programs

import "ttpctl/internal/engine/program"

// A Program is a row of the table.
type Program struct {
	Name      string   `json:"name"`
	Aliases   []string `json:"aliases,omitempty"` // other names of the same program
	Grammar   string   `json:"grammar"`
	Classes   []string `json:"classes,omitempty"`
	Versioned bool     `json:"versioned,omitempty"` // the name may carry a version
	Partial   bool     `json:"partial,omitempty"`   // it has options that the table does not tell
	Source    string   `json:"source,omitempty"`
	Form
	Subcommands []Form `json:"subcommands,omitempty"`
}

// A Form is how a program or a subcommand reads its words. A subcommand has the options of its program too.
type Form struct {
	Subcommand string     `json:"subcommand,omitempty"`
	Options    []Option   `json:"options,omitempty"`
	Operands   []Operands `json:"operands,omitempty"`
	Effects    []string   `json:"effects,omitempty"` // verbs that it can have
}

// An Option is what one option is called and whether it takes a value.
type Option struct {
	Names []string `json:"names"`
	Value string   `json:"value"`          // none, required, optional
	Role  string   `json:"role,omitempty"` // of the value
}

// Operands are roles in order; one that ends in ... stands for any number.
type Operands struct {
	With  []string `json:"with,omitempty"` // in force when one of these options is given
	Roles []string `json:"roles"`
}

// New returns what a row says.
func New(r *program.Row) Program {
	f := r.Form()
	p := Program{
		Name: r.Name, Aliases: r.Aliases, Grammar: r.Grammar.String(), Classes: r.Classes,
		Versioned: r.Versioned, Partial: r.Partial, Source: r.Source, Form: newForm(f),
	}
	p.subcommands(f)
	return p
}

// subcommands adds the forms below f, in the order of the row.
func (p *Program) subcommands(f *program.Form) {
	for _, s := range f.Subs {
		form := newForm(s)
		form.Subcommand = s.Name
		p.Subcommands = append(p.Subcommands, form)
		p.subcommands(s)
	}
}

// effects returns the verbs that a program or any of its subcommands can have.
func effects(r *program.Row) []string { return verbs(allVerbs(r.Form())) }

func allVerbs(f *program.Form) program.VerbSet {
	set := f.Verbs()
	for _, s := range f.Subs {
		set |= allVerbs(s)
	}
	return set
}

func verbs(set program.VerbSet) []string {
	var list []string
	for v := range program.NumVerbs {
		if set.Has(v) {
			list = append(list, v.String())
		}
	}
	return list
}

func newForm(f *program.Form) Form {
	out := Form{}
	for _, s := range f.Specs {
		o := Option{Names: s.Names, Value: takes(s.Value)}
		if s.Value != program.NoValue {
			o.Role = s.Role.String()
		}
		out.Options = append(out.Options, o)
	}
	for _, o := range f.Operands {
		out.Operands = append(out.Operands, Operands{With: o.With, Roles: roles(o)})
	}
	out.Effects = verbs(f.Verbs())
	return out
}

func takes(t program.Takes) string {
	switch t {
	case program.NeedsValue:
		return "required"
	case program.MayValue:
		return "optional"
	}
	return "none"
}

func roles(o program.Operands) []string {
	var list []string
	for _, r := range o.First {
		list = append(list, r.String())
	}
	if o.Many {
		list = append(list, o.Rest.String()+"...")
	}
	for _, r := range o.Last {
		list = append(list, r.String())
	}
	return list
}
