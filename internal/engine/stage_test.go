package engine

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"ttpctl/internal/event"
)

// What a stage remembers of an event must not be a piece of the text that it was
// read from: thousands of sessions would keep thousands of batches alive.
func TestStageKeepsNoBatchAlive(t *testing.T) {
	const sequence = "  sequence: {over: %s, within: {minutes: 90}, steps: [{contains: first}, {contains: second}, {contains: third}]}"
	for _, over := range []string{"session", "attacker"} {
		t.Run(over, func(t *testing.T) {
			snap := NewSnapshot(compileRule(t, "command", fmt.Sprintf(sequence, over)), nil, testNow)
			stage := NewStage()
			var gone [3]chan struct{}
			for i, line := range []string{"echo first", "cd /tmp; echo second", "echo third"} {
				gone[i] = make(chan struct{})
				evaluateFromBatch(snap, stage, line, gone[i])
			}
			if !stage.sessions.Find(partyKey{"decky", "session"}).Value.remembers() {
				t.Fatal("the stage remembers nothing: this test sees nothing")
			}
			for i := range gone {
				if !collected(gone[i]) {
					t.Errorf("the text of event %d is alive behind its batch", i)
				}
			}
			runtime.KeepAlive(stage)
			runtime.KeepAlive(snap)
		})
	}
}

// evaluateFromBatch runs an event whose strings are pieces of one text, as they
// are of a batch, and closes gone when nothing holds that text any more.
func evaluateFromBatch(snap *Snapshot, stage *Stage, line string, gone chan struct{}) {
	const before = 1 << 16
	buf := []byte(strings.Repeat("x", before) + "id" + "session" + "decky" + "attacker" + line)
	runtime.AddCleanup(&buf[0], func(gone chan struct{}) { close(gone) }, gone)
	text, at := unsafe.String(&buf[0], len(buf)), before
	piece := func(s string) string {
		at += len(s)
		return text[at-len(s) : at]
	}
	ev := &event.Event{}
	ev.SetKind("command")
	ev.SourceID, ev.SessionID, ev.DeckyID, ev.AttackerUUID = piece("id"), event.Some(piece("session")), event.Some(piece("decky")), piece("attacker")
	ev.Time = testNow
	ev.SetField("command_text", event.StringValue(piece(line)))
	sc := NewScratch()
	stage.run(snap.Evaluate(nil, ev, testNow, sc), sc.TakeSightings(nil))
	// Of the last batch the tags stay until the next, and the last line that was
	// looked at again.
	stage.run(nil, nil)
	stage.scratch = NewScratch()
}

func collected(gone chan struct{}) bool {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		runtime.GC()
		select {
		case <-gone:
			return true
		default:
		}
	}
	return false
}

// Of a session, or an attacker, that leaves nothing for later events the stage
// keeps nothing: those are nearly all, and would make it forget the others.
func TestStageKeepsWhatMattersOnly(t *testing.T) {
	rs := compileRule(t, "command", "  sequence: {over: session, within: {minutes: 90}, same: file, steps: [{effect: {fetches: any}}, {effect: {mode: any}}]}")
	for _, tt := range []struct {
		line string
		want int
	}{{"id", 0}, {"chmod 777 a", 0}, {"cp a b", 0}, {"wget http://192.0.2.1/a", 1}, {"cd /tmp", 1}} {
		stage := NewStage()
		playEvents(rs, stage, sessionOf("s", tt.line))
		if got := stage.sessions.Len(); got != tt.want {
			t.Errorf("%q leaves %d sessions in the stage, want %d", tt.line, got, tt.want)
		}
	}
}
