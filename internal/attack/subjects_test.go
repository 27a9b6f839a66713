package attack

import (
	"slices"
	"strings"
	"testing"
)

func TestSubjects(t *testing.T) {
	c := Load()
	all := Subjects()
	count := map[Kind]int{}
	for i, s := range all {
		count[s.Kind]++
		if s.Name == "" || len(s.Techniques) == 0 || !slices.IsSorted(s.Techniques) || i > 0 && all[i-1].ID >= s.ID {
			t.Errorf("subject %+v", s)
		}
		for _, id := range s.Techniques {
			if x, ok := c.Technique(Enterprise, id); !ok || x.Status != Active {
				t.Errorf("%s uses %s, which is not in use", s.ID, id)
			}
		}
	}
	if len(count) != 3 || count[Malware] < 700 || count[Tool] < 80 || count[Campaign] < 50 {
		t.Errorf("%v, want some of each kind", count)
	}
	if lines := strings.Count(subjectsText, "\n") - strings.Count(subjectsText, "#"); lines != len(all) {
		t.Errorf("%d subjects of %d lines", len(all), lines)
	}
}

// Nearly all techniques of the enterprise domain that are in use have the id of
// MITRE's own object, and no others have one.
func TestSTIX(t *testing.T) {
	with, without := 0, 0
	for x := range Load().Techniques() {
		switch inUse := x.Domain == Enterprise && x.Status == Active; {
		case inUse && x.STIX == "":
			without++
		case inUse:
			with++
		case x.STIX != "":
			t.Errorf("%s of %s, %s: id %s", x.ID, x.Domain, x.Status, x.STIX)
		}
	}
	if with < 690 || without > 5 {
		t.Errorf("%d techniques with an id, %d without", with, without)
	}
}
