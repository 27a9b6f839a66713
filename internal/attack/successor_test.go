package attack

import (
	"os"
	"strings"
	"testing"
)

func TestSuccessor(t *testing.T) {
	tests := []struct{ name, id, want string }{
		{"moved sub-technique", "T1070.002", "T1685.006"},
		{"T1562", "T1562", "T1685"},
		{"T1562.001", "T1562.001", "T1685"},
		{"T1562.002", "T1562.002", "T1685.001"},
		{"T1562.003", "T1562.003", "T1690"},
		{"T1562.004", "T1562.004", "T1686"},
		{"T1562.006", "T1562.006", "T1685"},
		{"T1562.007", "T1562.007", "T1686.001"},
		{"T1562.008", "T1562.008", "T1685.002"},
		{"T1562.009", "T1562.009", "T1688"},
		{"T1562.010", "T1562.010", "T1689"},
		{"T1562.011", "T1562.011", "T1685.003"},
		{"T1562.012", "T1562.012", "T1685.004"},
		{"T1562.013", "T1562.013", "T1686.002"},
		{"chain", "T1150", "T1647"},
		{"chain back to a sibling", "T1073", "T1574.001"},
		{"ICS", "T0803", "T1691.001"},
		{"chain that ends deprecated", "T1431", ""},
		{"revoked without replacement", "T1454", ""},
		{"deprecated", "T0808", ""},
		{"active", "T1110", ""},
		{"unknown", "T9999", ""},
	}
	for _, tt := range tests {
		if got := Load().Successor(tt.id); got != tt.want {
			t.Errorf("%s: Successor(%q) = %q, want %q", tt.name, tt.id, got, tt.want)
		}
	}
}

func TestSuccessorLoop(t *testing.T) {
	c := mustParse(t, "T1001\te\tr\tT1002\t\t\t\t\tA", "T1002\te\tr\tT1001\t\t\t\t\tB",
		"T1003\te\tr\tT1003\t\t\t\t\tC", "T1004\te\tr\tT1009\t\t\t\t\tD", "T1005\te\tr\tT1006\t\t\t\t\tE", "T1006\te\ta\t\t\t\t\t\tF")
	for id, want := range map[string]string{"T1001": "", "T1002": "", "T1003": "", "T1004": "", "T1005": "T1006"} {
		if got := c.Successor(id); got != want {
			t.Errorf("Successor(%q) = %q, want %q", id, got, want)
		}
	}
}

func TestSuccessorsAreActive(t *testing.T) {
	catalogue := Load()
	for tech := range catalogue.Techniques() {
		if tech.Successor == "" {
			continue
		}
		if s, ok := catalogue.Find(tech.Successor); !ok || s.Status != Active || tech.Status != Revoked {
			t.Errorf("%s (%s) has successor %q (%s)", tech.ID, tech.Status, tech.Successor, s.Status)
		}
	}
}

// The tables say in a column of their own where each revoked technique ends up; it
// must agree with the chains walked here, except that the tables also name ends that
// are deprecated.
func TestSuccessorsAgreeWithTables(t *testing.T) {
	text, err := os.ReadFile("../../../shared/data/attack/techniques.tsv")
	if err != nil {
		t.Skip("shared/data absent")
	}
	catalogue, columns := Load(), make(map[string]int)
	for number, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		fields := strings.Split(line, "\t")
		if number == 0 {
			for i, name := range fields {
				columns[name] = i
			}
			continue
		}
		id, end := fields[columns["id"]], fields[columns["replaced_by_active"]]
		want := end
		if last, _ := catalogue.Find(end); last.Status != Active {
			want = ""
		}
		if got := catalogue.Successor(id); got != want {
			t.Errorf("Successor(%q) = %q, want %q", id, got, want)
		}
	}
}
