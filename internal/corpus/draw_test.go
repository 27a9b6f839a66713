package corpus

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
)

// drawOf draws from command lines, in the order given.
func drawOf(t *testing.T, hits, misses int, read Readings, texts ...string) []Drawn {
	t.Helper()
	snap := snapshotOf(t, ruleText("R0018", `uname`, 0.7), ruleText("R0019", `uname -a`, 0.9))
	d := NewDraw(snap, time.Time{}, 1, hits, misses, read)
	for _, text := range texts {
		d.Add("s", commandEvent("", text))
	}
	all := d.Drawn(nil)
	for i := range all {
		all[i].rank = 0
	}
	return all
}

func TestDraw(t *testing.T) {
	uname, ls := ShapeKey("uname -a"), ShapeKey("ls <n>")
	read := Readings{uname + " R0018 T1082": {Verdict: ReadRight}, ls + "  ": {Verdict: ReadNone}}
	got := drawOf(t, 10, 10, read, "uname -a", "ls 1", "uname  -a", "ls 2")
	want := []Drawn{
		{Reading: Reading{Key: uname, RuleID: "R0018", Technique: "T1082", Confidence: 0.7, Verdict: ReadRight}, Source: "s", Kind: "command", Text: "uname -a", Matched: "uname"},
		{Reading: Reading{Key: uname, RuleID: "R0019", Technique: "T1082", Confidence: 0.9}, Source: "s", Kind: "command", Text: "uname -a", Matched: "uname -a"},
		{Reading: Reading{Key: ls, Verdict: ReadNone}, Source: "s", Kind: "command", Text: "ls 1"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Drawn{})); diff != "" {
		t.Errorf("Drawn() (-want +got):\n%s", diff)
	}
	total := DrawTotal{High: ReadTotal{Drawn: 1}, Medium: ReadTotal{Drawn: 1, Right: 1}, Misses: 1, Rightly: 1}
	if diff := cmp.Diff(total, TotalOf(got)); diff != "" {
		t.Errorf("TotalOf() (-want +got):\n%s", diff)
	}
}

// What is drawn depends on the seed, and not on the order of rows.
func TestDrawOrder(t *testing.T) {
	var texts []string
	for _, c := range "abcdefghijklmnopqrstuvwxyz" {
		texts = append(texts, "uname "+string(c), "ls "+string(c))
	}
	keys := func(all []Drawn) (ids []string) {
		for i := range all {
			ids = append(ids, all[i].id())
		}
		return ids
	}
	one := keys(drawOf(t, 5, 4, nil, texts...))
	slices.Reverse(texts)
	two := keys(drawOf(t, 5, 4, nil, texts...))
	if len(one) != 9 || !cmp.Equal(one, two) {
		t.Errorf("drawn %v, and in another order %v; want the same 9", one, two)
	}
	if none := drawOf(t, 0, 0, nil, texts...); len(none) != 0 {
		t.Errorf("drawn %d, want none", len(none))
	}
}

// Of an event without a text its fields count, and not their values.
func TestReadShape(t *testing.T) {
	auth := func(user, password string) *event.Event {
		ev := &event.Event{}
		ev.SetKind(event.KindAuthAttempt.String())
		ev.SetField("username", event.StringValue(user))
		if password != "" {
			ev.SetField("password", event.StringValue(password))
		}
		return ev
	}
	one, two, three := readShape(auth("root", "a")), readShape(auth("admin", "b")), readShape(auth("root", ""))
	if one != two || one == three || one != "auth_attempt username password" {
		t.Errorf("readShape() = %q, %q, %q; want the first two alike, and the fields named", one, two, three)
	}
}

func TestReadReadings(t *testing.T) {
	key := ShapeKey("x")
	read, err := ReadReadings(context.Background(), corpusOf("r", "",
		`{"shape":"`+key+`","rule_id":"R0018","technique_id":"T1082","verdict":"right"}`, `{"shape":"`+key+`","verdict":"missed"}`))
	if err != nil || len(read) != 2 {
		t.Errorf("ReadReadings() = %v, %v; want two", read, err)
	}
	_, err = ReadReadings(context.Background(), corpusOf("r", "",
		`{"shape":"x","verdict":"none"}`, `{"shape":"`+key+`","verdict":"right"}`,
		`{"shape":"`+key+`","verdict":"none"}`, `{"shape":"`+key+`","verdict":"none"}`))
	for _, want := range []string{`r:1: shape "x"`, `r:2: verdict "right": want one of [missed none]`, `r:4: ` + key} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ReadReadings() = %v, want %q", err, want)
		}
	}
}
