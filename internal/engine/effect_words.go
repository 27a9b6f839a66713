package engine

import (
	"slices"

	"ttpctl/internal/engine/program"
)

// readPort reads port: a number, or a list of them.
func readPort(b *matchBuilder, _ *effectTest, n *Node) (func(*program.Effect) bool, bool) {
	var ports []int
	for _, item := range itemsOf(n) {
		v, ok := item.number()
		if !ok || v < 1 || v > 65535 || v != float64(int(v)) {
			b.errorf(CodeType, item, "port wants numbers from 1 to 65535, got %s", item.describe())
			return nil, false
		}
		ports = append(ports, int(v))
	}
	return func(e *program.Effect) bool { return slices.Contains(ports, e.Port) }, len(ports) > 0
}

// readHow reads how: the ways of which the effect has one.
func readHow(b *matchBuilder, t *effectTest, n *Node) (func(*program.Effect) bool, bool) {
	var mask program.How
	known := howsOf(t.verb)
	for _, item := range itemsOf(n) {
		how, ok := program.HowOf(item.Value)
		if !ok || !slices.Contains(known, item.Value) {
			b.unknownWord(CodeClass, item, "how of "+t.verb.String(), known)
			return nil, false
		}
		mask |= how
	}
	return func(e *program.Effect) bool { return e.How&mask != 0 }, mask != 0
}

// howsOf returns the ways that effects of verb v have.
func howsOf(v program.Verb) []string {
	var names []string
	for _, name := range program.Hows() {
		how, _ := program.HowOf(name)
		if (how <= program.Empty) == (v == program.Writes) {
			names = append(names, name)
		}
	}
	return names
}

// readAction reads action: those of which the effect is one.
func readAction(b *matchBuilder, t *effectTest, n *Node) (func(*program.Effect) bool, bool) {
	var names []string
	for _, a := range t.verb.Actions() {
		names = append(names, a.String())
	}
	var actions []program.Action
	for _, item := range itemsOf(n) {
		a, ok := program.ActionOf(item.Value)
		if !ok || !slices.Contains(names, item.Value) {
			b.unknownWord(CodeClass, item, "action of "+t.verb.String(), names)
			return nil, false
		}
		actions = append(actions, a)
	}
	if !b.settled && t.key.isZero() {
		t.key.actions = actions
	}
	return func(e *program.Effect) bool { return slices.Contains(actions, e.Action) }, len(actions) > 0
}

// spelling returns an operand as `explain` shows it.
func spelling(n *Node) []string {
	if n.Kind != Mapping {
		return operands(n)
	}
	var out []string
	for i, key := range n.Keys {
		for _, v := range operands(n.Items[i]) {
			out = append(out, key.Value+": "+v)
		}
	}
	return out
}
