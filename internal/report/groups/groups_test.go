package groups

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"ttpctl/internal/attack"
	"ttpctl/internal/report"
)

// Where all techniques are as common as each other, a group has each with the same
// chance, and the tail is that of a binomial.
func TestChance(t *testing.T) {
	c := chanceOf(2, map[string]int{"a": 3, "b": 3, "c": 3, "d": 3}, []string{"a", "b", "c"})
	want := []float64{1, 7. / 8, 4. / 8, 1. / 8}
	for k, p := range want {
		if math.Abs(c.tail[k]-p) > 1e-6 {
			t.Errorf("tail of %d = %v, want %v", k, c.tail[k], p)
		}
	}
	if len(c.tail) != len(want) || math.Abs(c.expected-1.5) > 1e-6 {
		t.Errorf("expected %v, want 1.5; tail %v", c.expected, c.tail)
	}
	if c := chanceOf(2, map[string]int{"a": 90, "b": 3, "c": 3, "d": 3}, []string{"a"}); c.tail[1] < 0.99 {
		t.Errorf("what everyone does is shared with probability %v, want nearly 1", c.tail[1])
	}
}

// A group's own techniques point to it, and what everyone does to nobody.
func TestCompare(t *testing.T) {
	c := attack.Load()
	var own []string
	for x := range c.Techniques() {
		for _, id := range x.Groups {
			if id == "G0106" { // Rocke, who mines on Linux
				own = append(own, x.ID)
			}
		}
	}
	r := Compare(c, Groups, own)
	first := &r.Groups[0]
	if first.ID != "G0106" || first.Q > 1e-6 || len(first.Shared) != len(own) || first.Known != len(own) || r.StandOut() == 0 {
		t.Errorf("Rocke's techniques give %+v, want Rocke", first)
	}
	for i := 1; i < len(r.Groups); i++ {
		if r.Groups[i].P < r.Groups[i-1].P || r.Groups[i].Q < r.Groups[i-1].Q || r.Groups[i].Q < r.Groups[i].P || len(r.Groups[i].Shared) == 0 {
			t.Errorf("group %d: %+v after %+v", i, r.Groups[i], r.Groups[i-1])
		}
	}
	common := Compare(c, Groups, []string{"T1105", "T1082", "T1083"})
	if common.StandOut() != 0 || !strings.HasPrefix(common.Verdict(), "no group stands out") {
		t.Errorf("what everyone does: %s", common.Verdict())
	}
}

func TestRetired(t *testing.T) {
	c := attack.Load()
	now, before := Compare(c, Groups, []string{"T1685.006"}), Compare(c, Groups, []string{"T1070.002", "T1685.006"})
	if strings.Join(now.Seen, " ") != strings.Join(before.Seen, " ") || len(now.Seen)+len(now.Other) != 1 {
		t.Errorf("T1070.002 is compared as %v %v, want its successor", before.Seen, before.Other)
	}
}

func TestNothing(t *testing.T) {
	r := Compare(attack.Load(), Groups, []string{"T9999", "\x1b[2J", ""})
	var b bytes.Buffer
	if err := r.Rows(5).Result(report.Meta{}).Write("table", &b, report.TextOptions{}); err != nil || len(r.Groups) != 0 || r.StandOut() != 0 || !strings.HasPrefix(r.Verdict(), "no technique") {
		t.Errorf("%v %d groups, %s", err, len(r.Groups), r.Verdict())
	}
}

func TestRows(t *testing.T) {
	r := Compare(attack.Load(), Groups, []string{"T1105", "T1496.001"})
	for format, want := range map[string]string{"table": "Rocke", "json": `"schema": "ttpctl.groups/v1"`, "csv": "group_id,name,shared,expected,known,bits,p,q,techniques"} {
		var b bytes.Buffer
		if err := r.Rows(0).Result(report.Meta{}).Write(format, &b, report.TextOptions{Width: 120}); err != nil || !strings.Contains(b.String(), want) {
			t.Errorf("%s: %v\n%.300s", format, err, b.String())
		}
	}
	if got := r.Rows(1).Table.Len(); got != 1 {
		t.Errorf("%d rows, want 1", got)
	}
}

// What is reported of a piece of software, or of a campaign, points to it, and what
// all do to none of them.
func TestOtherKinds(t *testing.T) {
	c := attack.Load()
	for kind, id := range map[string]string{Software: "S0599", Campaigns: "C0045"} { // Kinsing; ShadowRay
		var own []string
		for _, s := range attack.Subjects() {
			if s.ID == id {
				own = s.Techniques
			}
		}
		r := Compare(c, kind, own)
		first := &r.Groups[0]
		if first.ID != id || first.Q > 1e-3 || len(first.Shared) != len(own) || first.Known != len(own) || r.StandOut() == 0 || len(r.Other) > 0 {
			t.Errorf("%s: the techniques of %s give %+v", kind, id, first)
		}
		for _, g := range r.Groups {
			if (g.ID[0] == 'C') != (kind == Campaigns) || (g.Kind != "") != (kind == Software) {
				t.Errorf("%s: %+v", kind, g)
			}
		}
		if common := Compare(c, kind, []string{"T1105", "T1082", "T1083"}); common.StandOut() != 0 || len(common.Groups) == 0 {
			t.Errorf("%s: what everyone does: %s", kind, common.Verdict())
		}
		var b bytes.Buffer
		if err := r.Rows(3).Result(report.Meta{}).Write("csv", &b, report.TextOptions{}); err != nil || !strings.Contains(b.String(), "\n"+id+",") {
			t.Errorf("%s: %v\n%s", kind, err, b.String())
		}
	}
}
