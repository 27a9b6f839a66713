package corpus

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
)

func untaggedEvent(text string) *event.Event {
	ev := &event.Event{}
	ev.SetKind("command")
	ev.SetField("command_text", event.StringValue(text))
	return ev
}

func TestUntagged(t *testing.T) {
	var u Untagged
	for _, line := range []string{"reboot 10", "halt", "reboot 11", " ", "reboot 12", ""} {
		u.Add(untaggedEvent(line))
	}
	want := []UntaggedShape{{"reboot <n>", 3, "reboot 10"}, {"halt", 1, "halt"}}
	if diff := cmp.Diff(want, u.Shapes()); diff != "" || u.Lines != 4 || u.More {
		t.Errorf("%d lines, more %v, want 4 and no more (-want +got):\n%s", u.Lines, u.More, diff)
	}
}

func TestUntaggedIsBounded(t *testing.T) {
	var u Untagged
	name := func(i int) string { // no digits, which shapes replace
		return fmt.Sprintf("%c%c%c%c", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26, 'a'+i/17576%26)
	}
	for i := range maxUntagged + 5 {
		u.Add(untaggedEvent(name(i)))
	}
	if n := len(u.Shapes()); n != maxUntagged || !u.More || u.Lines != maxUntagged+5 {
		t.Errorf("%d shapes of %d lines, more %v, want the bound", n, u.Lines, u.More)
	}
}
