package attack

import (
	"strings"
	"testing"
)

// mustParse parses a catalogue of release 1.0 with these records.
func mustParse(t *testing.T, records ...string) *Catalogue {
	t.Helper()
	c, err := parse("release\t1.0\n" + strings.Join(records, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestParseRejects(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty", "", "no release"},
		{"only a comment", "# release\t1.0\n", "no release"},
		{"unknown record", "release\t1.0\nS0001\ta\tTool\n", `line 2: unknown record "S0001"`},
		{"blank line", "release\t1.0\n\n", "line 2: unknown record"},
		{"tactic cut short", "TA0001\te\ta\t1\tx", "line 1: wrong number of fields"},
		{"tactic with a field more", "TA0001\te\ta\t1\tx\tX\ty", "wrong number of fields"},
		{"tactic order", "TA0001\te\ta\tone\tx\tX", "order"},
		{"tactic domain", "TA0001\tz\ta\t1\tx\tX", `unknown domain "z"`},
		{"tactic status", "TA0001\te\tz\t1\tx\tX", `unknown status "z"`},
		{"group cut short", "G0001\ta", "wrong number of fields"},
		{"group status", "G0001\tz\tX", `unknown status "z"`},
		{"groups unsorted", "G0002\ta\tX\nG0001\ta\tY", "line 2: G0001 is out of order"},
		{"technique cut short", "T1001\te\ta", "wrong number of fields"},
		{"technique domain", "T1001\t\ta\t\t\t\t\t\tX", `unknown domain ""`},
		{"technique status", "T1001\te\tz\t\t\t\t\t\tX", `unknown status "z"`},
		{"technique platform", "T1001\te\ta\t\t\tlz\t\t\tX", "unknown platform 'z'"},
		{"technique platform twice", "T1001\te\ta\t\t\tll\t\t\tX", "unknown platform 'l'"},
		{"techniques unsorted", "T1002\te\ta\t\t\t\t\t\tX\nT1001\te\ta\t\t\t\t\t\tY", "T1001 is out of order"},
		{"domains unsorted", "T1001\tm\ta\t\t\t\t\t\tX\nT1001\te\ta\t\t\t\t\t\tY", "T1001 is out of order"},
		{"technique twice", "T1001\te\ta\t\t\t\t\t\tX\nT1001\te\ta\t\t\t\t\t\tY", "T1001 is out of order"},
	}
	for _, tt := range tests {
		_, err := parse(tt.text)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: parse = %v, want an error with %q", tt.name, err, tt.want)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(catalogueText)))
	for b.Loop() {
		if _, err := parse(catalogueText); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLookups(b *testing.B) {
	c := Load()
	lookups := []struct {
		name string
		f    func() bool
	}{
		{"Technique", func() bool { _, ok := c.Technique(ICS, "T0886"); return ok }},
		{"Find", func() bool { _, ok := c.Find("T1110.001"); return ok }},
		{"Tactic", func() bool { _, ok := c.Tactic("TA0105"); return ok }},
		{"HasTactic", func() bool { return c.HasTactic("T1685", "TA0112") }},
		{"Successor", func() bool { return c.Successor("T1150") != "" }},
		{"Group", func() bool { _, ok := c.Group("G0016"); return ok }},
		{"ReleaseTag", func() bool { return c.ReleaseTag(ICS) != "" }},
	}
	for _, l := range lookups {
		b.Run(l.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !l.f() {
					b.Fatal("not found")
				}
			}
		})
	}
}

func TestLookupsDoNotAllocate(t *testing.T) {
	c := Load()
	allocs := testing.AllocsPerRun(100, func() {
		c.Technique(ICS, "T0886")
		c.Find("T1110.001")
		c.Tactic("TA0105")
		c.HasTactic("T1685", "TA0112")
		c.Successor("T1150")
		c.Group("G0016")
		c.ReleaseTag(ICS)
		for range c.SubTechniques("T1110") {
		}
	})
	if allocs != 0 {
		t.Errorf("a round of lookups allocates %v times, want 0", allocs)
	}
}
