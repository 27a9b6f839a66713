package engine

import (
	"slices"
	"strings"

	"ttpctl/internal/edit"
	"ttpctl/internal/engine/program"
	"ttpctl/internal/engine/shell"
)

// An effectMember is a key of an effect block.
type effectMember struct {
	name string
	// read returns what the key asks of an effect; ok is false when something is
	// wrong with it.
	read func(b *matchBuilder, t *effectTest, n *Node) (holds func(e *program.Effect) bool, ok bool)
}

// anyTarget is the target of an effect block that asks for none.
const anyTarget = "any"

// effectMembers are the members that effects of a verb have (COMMANDS.md,
// section 4). The first is what a target alone stands for, and what except
// excepts from.
func effectMembers(v program.Verb) []effectMember {
	path := effectMember{"path", readTarget(pathWords)}
	name := effectMember{"name", readTarget(pathWords)}
	host, port := effectMember{"host", readHost}, effectMember{"port", readPort}
	url := effectMember{"url", readTarget(nameWords)}
	scheme := effectMember{"scheme", readMember(nameWords, func(e *program.Effect) string { return e.Scheme })}
	to := effectMember{"to", readMember(fileWords, func(e *program.Effect) string { return e.To })}
	from := effectMember{"from", readMember(fileWords, func(e *program.Effect) string { return e.From })}
	how, action := effectMember{"how", readHow}, effectMember{"action", readAction}
	switch v {
	case program.Writes, program.ChangesMode:
		return []effectMember{path, how}
	case program.Searches:
		return []effectMember{path, {"for", readFor}}
	case program.Fetches:
		return []effectMember{host, url, port, scheme, to}
	case program.Sends:
		return []effectMember{host, url, port, scheme, from}
	case program.Connects:
		return []effectMember{host, port}
	case program.Listens:
		return []effectMember{port}
	case program.Kills:
		return []effectMember{name}
	case program.Service, program.Package, program.Module:
		return []effectMember{name, action}
	case program.Account:
		return []effectMember{name, action, {"group", readMember(nameWords, func(e *program.Effect) string { return e.Group })}}
	case program.Sets:
		return []effectMember{{"name", readTarget(nameWords)}, {"value", readValue}, {"unset", readUnset}}
	case program.Schedules:
		return []effectMember{{"command", readTarget(nameWords)}}
	}
	return []effectMember{path}
}

// effect compiles an effect block; nil when something is wrong with it.
func (b *matchBuilder) effect(n *Node) *effectTest {
	if n.Kind != Mapping || len(n.Keys) != 1 {
		d := NewDiagnostic(CodeVerb, n.Span, "an effect block names one verb, such as {reads: /etc/shadow}")
		b.report(d)
		return nil
	}
	verb, ok := program.VerbOf(n.Keys[0].Value)
	if !ok {
		d := NewDiagnostic(CodeVerb, n.Keys[0].Span, "there is no verb %q", short(n.Keys[0].Value))
		d.Help = didYouMean(n.Keys[0].Value, program.Verbs())
		b.report(d)
		return nil
	}
	t := &effectTest{verb: verb}
	if !b.effectTarget(t, n.Items[0]) {
		return nil
	}
	return t
}

// effectTarget reads what stands behind the verb: any, a target, or members.
func (b *matchBuilder) effectTarget(t *effectTest, n *Node) bool {
	members := effectMembers(t.verb)
	switch {
	case n.isText() && n.Value == anyTarget:
		return true
	case n.Kind != Mapping || len(n.Keys) == 1 && n.Keys[0].Value == "pattern":
		return b.effectCheck(t, members[0], n)
	case len(n.Keys) == 0:
		b.errorf(CodeMember, n, "%s with nothing: write %s: any", t.verb, t.verb)
		return false
	}
	ok := true
	for i, key := range n.Keys {
		j := slices.IndexFunc(members, func(m effectMember) bool { return m.name == key.Value })
		switch {
		case j >= 0 && n.Items[i].isText() && n.Items[i].Value == anyTarget:
			ok = b.present(t, key.Value) && ok
		case j >= 0:
			ok = b.effectCheck(t, members[j], n.Items[i]) && ok
		case key.Value == "except":
			ok = b.effectExcept(t, members[0], n.Items[i]) && ok
		default:
			ok = false
			b.unknownMember(key, t.verb.String(), members)
		}
	}
	return ok
}

func (b *matchBuilder) unknownMember(key *Node, verb string, members []effectMember) {
	names := []string{"except"}
	for _, m := range members {
		names = append(names, m.name)
	}
	d := NewDiagnostic(CodeMember, key.Span, "effects of %s have no %q", verb, short(key.Value))
	d.Help = didYouMean(key.Value, names)
	b.report(d)
}

func (b *matchBuilder) effectCheck(t *effectTest, m effectMember, n *Node) bool {
	holds, ok := m.read(b, t, n)
	if ok {
		t.checks = append(t.checks, effectCheck{m.name, spelling(n), holds})
	}
	return ok
}

// present asks that a member that an effect may lack be there.
func (b *matchBuilder) present(t *effectTest, key string) bool {
	var holds func(e *program.Effect) bool
	switch key {
	case "to":
		holds = func(e *program.Effect) bool { return e.To != "" }
	case "from":
		holds = func(e *program.Effect) bool { return e.From != "" }
	case "group":
		holds = func(e *program.Effect) bool { return e.Group != "" }
	case "for":
		holds = func(e *program.Effect) bool { return len(e.For) > 0 }
	default:
		return true
	}
	t.checks = append(t.checks, effectCheck{key, []string{anyTarget}, holds})
	return true
}

// effectExcept reads except: what the first member may not be.
func (b *matchBuilder) effectExcept(t *effectTest, m effectMember, n *Node) bool {
	holds, ok := m.read(b, &effectTest{verb: t.verb}, n)
	if !ok {
		return false
	}
	not := func(e *program.Effect) bool { return !holds(e) }
	t.checks = append(t.checks, effectCheck{"except", spelling(n), not})
	return true
}

func readTarget(sort wordSort) func(*matchBuilder, *effectTest, *Node) (func(*program.Effect) bool, bool) {
	return func(b *matchBuilder, t *effectTest, n *Node) (func(*program.Effect) bool, bool) {
		w, ok := b.words(t.verb.String(), n, sort)
		if !b.settled {
			t.key.target(w)
		}
		t.target = w
		return func(e *program.Effect) bool { return w.holds(e.Target, isTyped(e)) }, ok
	}
}

// isTyped reports whether the target was written with wildcards that a shell
// would expand.
func isTyped(e *program.Effect) bool { return e.Mark&shell.Glob != 0 }

func readMember(sort wordSort, member func(*program.Effect) string) func(*matchBuilder, *effectTest, *Node) (func(*program.Effect) bool, bool) {
	return func(b *matchBuilder, t *effectTest, n *Node) (func(*program.Effect) bool, bool) {
		w, ok := b.words(t.verb.String(), n, sort)
		return func(e *program.Effect) bool {
			word := member(e)
			return word != "" && w.holds(word, false)
		}, ok
	}
}

func readValue(b *matchBuilder, t *effectTest, n *Node) (func(*program.Effect) bool, bool) {
	w, ok := b.words("value", n, nameWords)
	return func(e *program.Effect) bool { return !e.Unset && w.holds(e.Value, false) }, ok
}

func readUnset(b *matchBuilder, _ *effectTest, n *Node) (func(*program.Effect) bool, bool) {
	if n.Kind != Scalar || n.Tag != "!!bool" {
		b.errorf(CodeType, n, "unset wants true or false, got %s", n.describe())
		return nil, false
	}
	want := strings.EqualFold(n.Value, "true")
	return func(e *program.Effect) bool { return e.Unset == want }, true
}

func readFor(b *matchBuilder, t *effectTest, n *Node) (func(*program.Effect) bool, bool) {
	w, ok := b.words("for", n, pathWords)
	if !b.settled {
		t.sought.target(w)
	}
	t.what = w
	return func(e *program.Effect) bool {
		return slices.ContainsFunc(e.For, func(what string) bool { return w.holds(what, true) })
	}, ok
}

// readHost reads host: classes, names and addresses, in one list or alone. A
// word without a dot or a colon is a class.
func readHost(b *matchBuilder, t *effectTest, n *Node) (func(*program.Effect) bool, bool) {
	var classes [16]bool
	names := &Node{Kind: Sequence, Span: n.Span}
	for _, item := range itemsOf(n) {
		if item.isText() && !strings.ContainsAny(item.Value, ".:*?") {
			c, ok := program.HostClassOf(item.Value)
			if !ok {
				b.unknownWord(CodeClass, item, "class of hosts", program.HostClasses())
				return nil, false
			}
			classes[c] = true
			continue
		}
		names.Items = append(names.Items, item)
	}
	w := &wordTest{}
	if len(names.Items) > 0 || n.Kind == Mapping {
		asked, ok := names, true
		if n.Kind == Mapping {
			asked = n
		}
		if w, ok = b.words("host", asked, nameWords); !ok {
			return nil, false
		}
	}
	if !b.settled {
		t.key.host(w, len(names.Items) == len(itemsOf(n)))
	}
	return func(e *program.Effect) bool { return classes[e.Class] || e.Host != "" && w.holds(e.Host, false) }, true
}

func itemsOf(n *Node) []*Node {
	if n.Kind == Sequence {
		return n.Items
	}
	return []*Node{n}
}

func (b *matchBuilder) unknownWord(code Code, n *Node, what string, known []string) {
	d := NewDiagnostic(code, n.Span, "there is no %s %q", what, short(n.Value))
	d.Help = didYouMean(n.Value, known)
	if len(d.Help) == 0 && edit.Closest(n.Value, known) == "" && len(known) <= maxListed {
		d = d.WithHelp("known: %s", strings.Join(known, ", "))
	}
	b.report(d)
}
