package publish

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/bus"
)

func TestBusOutput(t *testing.T) {
	b := &bus.Bus{}
	all, fired := b.Subscribe(">"), b.Subscribe("ttp.rule.fired.T1007")
	o := open(t, "bus", "", Options{Bus: b})
	m := tagged(1, someTag())
	send(t, o, m, suppressed, taggedMessages(1)[0])
	want := []string{"ttp.tagged", "ttp.rule.fired.T1007", "ttp.rule.suppressed", "ttp.tagged", "ttp.rule.fired.T1000"}
	if diff := cmp.Diff(want, subjects(t, all, 5)); diff != "" {
		t.Errorf("subjects (-want +got):\n%s", diff)
	}
	if e, err := fired.Next(t.Context()); err != nil || string(e.Data) != string(m.Body) || e.Subject != "ttp.rule.fired.T1007" {
		t.Errorf("Next() = %+v, %v, want the tag", e, err)
	}
	if _, err := Open("bus", "", Options{}); err == nil {
		t.Error("Open() without a bus: no error")
	}
}

// subjects returns those of the next n envelopes.
func subjects(t *testing.T, s *bus.Subscription, n int) (all []string) {
	t.Helper()
	for range n {
		e, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e.Subject)
	}
	return all
}
