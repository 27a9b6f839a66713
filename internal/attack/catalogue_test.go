package attack

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDefaultCounts(t *testing.T) {
	c := Load()
	type key struct {
		d Domain
		s Status
	}
	got := make(map[key]int)
	pairs, subs := 0, 0
	for tech := range c.Techniques() {
		got[key{tech.Domain, tech.Status}]++
		pairs += len(tech.Tactics)
		if tech.Sub {
			subs++
		}
	}
	want := map[key]int{
		{Enterprise, Active}: 697, {Enterprise, Revoked}: 149, {Enterprise, Deprecated}: 12,
		{Mobile, Active}: 124, {Mobile, Revoked}: 53, {Mobile, Deprecated}: 13,
		{ICS, Active}: 97, {ICS, Revoked}: 9, {ICS, Deprecated}: 12,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("techniques by domain and status (-want +got):\n%s", diff)
	}
	if n := len(c.techniques); n != 1166 {
		t.Errorf("%d techniques, want 1166", n)
	}
	if pairs != 1446 {
		t.Errorf("%d (tactic, technique) pairs, want 1446", pairs)
	}
	if len(c.tactics) != 41 || len(c.groups) != 193 {
		t.Errorf("%d tactics, %d groups, want 41, 193", len(c.tactics), len(c.groups))
	}
}

func TestTechnique(t *testing.T) {
	tests := []Technique{
		{
			ID: "T1110.001", Name: "Password Guessing", Domain: Enterprise, Tactics: []string{"TA0006"},
			Parent: "T1110", Sub: true, Status: Active,
			URL:       "https://attack.mitre.org/techniques/T1110/001",
			Platforms: Containers | ESXi | IaaS | IdentityProvider | Linux | MacOS | NetworkDevices | OfficeSuite | SaaS | Windows,
			Groups:    []string{"G0007", "G0016", "G1055"},
			STIX:      "09c4c11e-4fa1-4f8c-8dad-3cf8e69ad119",
		},
		{
			ID: "T1070.002", Name: "Clear Linux or Mac System Logs", Domain: Enterprise, Tactics: []string{"TA0005"},
			Parent: "T1070", Sub: true, Status: Revoked, RevokedBy: "T1685.006", Successor: "T1685.006",
			URL: "https://attack.mitre.org/techniques/T1070/002",
		},
		{
			ID: "T0839", Name: "Module Firmware", Domain: ICS, Tactics: []string{"TA0110", "TA0106"},
			Status: Revoked, RevokedBy: "T1693.002", Successor: "T1693.002",
			URL: "https://attack.mitre.org/techniques/T0839",
		},
		{
			ID: "T1150", Name: "Plist Modification", Domain: Enterprise, Tactics: []string{"TA0003", "TA0004", "TA0005"},
			Status: Revoked, RevokedBy: "T1547.011", Successor: "T1647",
			URL: "https://attack.mitre.org/techniques/T1150",
		},
	}
	for _, want := range tests {
		got, ok := Load().Technique(want.Domain, want.ID)
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("Technique(%q, %q) = %v (-want +got):\n%s", want.Domain, want.ID, ok, diff)
		}
	}
}

func TestTechniqueUnknown(t *testing.T) {
	tests := []struct {
		domain Domain
		id     string
	}{
		{Enterprise, "T9999"}, {Enterprise, ""}, {Enterprise, "T1110.0"}, {Enterprise, "t1110"}, {Enterprise, "TA0006"},
		{ICS, "T1110"}, {Enterprise, "T0800"}, {"", "T1110"}, {"enterprise", "T1110"}, {Enterprise, "\xff\x00"},
	}
	for _, tt := range tests {
		if got, ok := Load().Technique(tt.domain, tt.id); ok {
			t.Errorf("Technique(%q, %q) = %v, want none", tt.domain, tt.id, got)
		}
	}
}

func TestFindPicksDomain(t *testing.T) {
	tests := []struct {
		id   string
		want Domain
	}{
		{"T1110", Enterprise}, {"T1398", Mobile}, {"T0800", ICS}, {"T1691.001", ICS},
	}
	for _, tt := range tests {
		got, ok := Load().Find(tt.id)
		if !ok || got.Domain != tt.want {
			t.Errorf("Find(%q) = %q, %v, want %q", tt.id, got.Domain, ok, tt.want)
		}
	}
	if got, ok := Load().Find("T9999"); ok {
		t.Errorf("Find(T9999) = %v, want none", got)
	}
}

// No id of release 19.1 is in two domains, but ids are unique in a domain only.
func TestSharedID(t *testing.T) {
	c := mustParse(t, "T1001\te\ta\t\t\t\t\t\tE", "T1001\tm\tr\tT1002\t\t\t\t\tM", "T1001\ti\ta\t\t\t\t\t\tI",
		"T1002\te\td\t\t\t\t\t\tE2", "T1002\tm\ta\t\t\t\t\t\tM2")
	if got, _ := c.Find("T1001"); got.Domain != Enterprise {
		t.Errorf("Find(T1001).Domain = %q, want %q", got.Domain, Enterprise)
	}
	for _, d := range Domains() {
		if got, ok := c.Technique(d, "T1001"); !ok || got.Domain != d {
			t.Errorf("Technique(%q, T1001) = %v, %v", d, got, ok)
		}
	}
	if got, _ := c.Technique(Mobile, "T1001"); got.Successor != "T1002" {
		t.Errorf("Technique(mobile, T1001).Successor = %q, want T1002 of mobile", got.Successor)
	}
}

func TestTechniquesSorted(t *testing.T) {
	all := slices.Collect(Load().Techniques())
	if !slices.IsSortedFunc(all, func(a, b Technique) int { return compare(&a, &b) }) {
		t.Error("Techniques() is not sorted by id and domain")
	}
	n := 0
	for range Load().Techniques() {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("left Techniques() after %d, want 3", n)
	}
}

func TestSubTechniques(t *testing.T) {
	tests := []struct {
		parent string
		want   []string
	}{
		{"T1110", []string{"T1110.001", "T1110.002", "T1110.003", "T1110.004"}},
		{"T1692", []string{"T1692.001", "T1692.002"}},
		{"T1105", nil}, {"T1110.001", nil}, {"T111", nil}, {"T", nil}, {"", nil}, {"T9999", nil},
	}
	for _, tt := range tests {
		var got []string
		for s := range Load().SubTechniques(tt.parent) {
			got = append(got, s.ID)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("SubTechniques(%q) = %q, want %q", tt.parent, got, tt.want)
		}
	}
	for range Load().SubTechniques("T1110") {
		break // a loop may leave early
	}
}

func TestHasTactic(t *testing.T) {
	tests := []struct {
		technique, tactic string
		want              bool
	}{
		{"T1110", "TA0006", true}, {"T1029", "TA0010", true}, {"T1029", "TA0011", false},
		{"T1053.003", "TA0004", true}, {"T1070.003", "TA0005", true}, {"T1685", "TA0112", true},
		{"T9999", "TA0006", false}, {"T1110", "", false}, {"T1425", "", false},
	}
	for _, tt := range tests {
		if got := Load().HasTactic(tt.technique, tt.tactic); got != tt.want {
			t.Errorf("HasTactic(%q, %q) = %v, want %v", tt.technique, tt.tactic, got, tt.want)
		}
	}
}

func TestTactic(t *testing.T) {
	tests := []Tactic{
		{"TA0005", "Stealth", "stealth", Enterprise, 7, Active},
		{"TA0112", "Defense Impairment", "defense-impairment", Enterprise, 8, Active},
		{"TA0030", "Defense Evasion", "defense-evasion", Mobile, 5, Active},
		{"TA0038", "Network Effects", "network-effects", Mobile, 0, Deprecated},
		{"TA0105", "Impact", "impact", ICS, 12, Active},
	}
	for _, want := range tests {
		got, ok := Load().Tactic(want.ID)
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("Tactic(%q) = %v (-want +got):\n%s", want.ID, ok, diff)
		}
	}
	for _, id := range []string{"", "TA9999", "stealth", "T1110"} {
		if got, ok := Load().Tactic(id); ok {
			t.Errorf("Tactic(%q) = %v, want none", id, got)
		}
	}
}

func TestTacticsInMatrixOrder(t *testing.T) {
	tests := []struct {
		domain Domain
		want   string
	}{
		{Enterprise, "TA0043 TA0042 TA0001 TA0002 TA0003 TA0004 TA0005 TA0112 TA0006 TA0007 TA0008 TA0009 TA0011 TA0010 TA0040"},
		{Mobile, "TA0027 TA0041 TA0028 TA0029 TA0030 TA0031 TA0032 TA0033 TA0035 TA0037 TA0036 TA0034 TA0038 TA0039"},
		{ICS, "TA0108 TA0104 TA0110 TA0111 TA0103 TA0102 TA0109 TA0100 TA0101 TA0107 TA0106 TA0105"},
		{"enterprise", ""},
	}
	for _, tt := range tests {
		var ids []string
		for tactic := range Load().Tactics(tt.domain) {
			ids = append(ids, tactic.ID)
		}
		if got := strings.Join(ids, " "); got != tt.want {
			t.Errorf("Tactics(%q) = %v, want %v", tt.domain, got, tt.want)
		}
	}
}

func TestGroup(t *testing.T) {
	tests := []struct {
		id   string
		want Group
	}{
		{"G0001", Group{"G0001", "Axiom", Active}},
		{"G0057", Group{"G0057", "APT34", Revoked}},
		{"G9999", Group{}}, {"", Group{}},
	}
	for _, tt := range tests {
		got, ok := Load().Group(tt.id)
		if got != tt.want || ok != (tt.want != Group{}) {
			t.Errorf("Group(%q) = %v, %v, want %v", tt.id, got, ok, tt.want)
		}
	}
}

func TestReferencesResolve(t *testing.T) {
	c := Load()
	for tech := range c.Techniques() {
		place := -1
		for _, id := range tech.Tactics {
			i := slices.IndexFunc(c.tactics, func(t Tactic) bool { return t.ID == id })
			if i < 0 || c.tactics[i].Domain != tech.Domain {
				t.Errorf("%s: no tactic %s in %s", tech.ID, id, tech.Domain)
			}
			if i < place {
				t.Errorf("%s: tactics %q are not in matrix order", tech.ID, tech.Tactics)
			}
			place = i
		}
		for _, id := range tech.Groups {
			if _, ok := c.Group(id); !ok {
				t.Errorf("%s: no group %s", tech.ID, id)
			}
		}
		if _, ok := c.Technique(tech.Domain, tech.Parent); tech.Sub && !ok {
			t.Errorf("%s: no parent %s", tech.ID, tech.Parent)
		}
	}
}

func TestAppendLeavesCatalogueAlone(t *testing.T) {
	a, _ := Load().Find("T1110")
	_ = append(a.Tactics, "TA9999")
	_ = append(a.Groups, "G9999")
	b, _ := Load().Find("T1110")
	c, _ := Load().Find("T1110.001")
	if b.Groups[0] != "G0007" || c.Tactics[0] != "TA0006" {
		t.Errorf("after append: groups %v, tactics of the next technique %v", b.Groups, c.Tactics)
	}
}

func TestRelease(t *testing.T) {
	c := Load()
	if got := c.Release(); got != "19.1" {
		t.Errorf("Release() = %q, want 19.1", got)
	}
	for d, want := range map[Domain]string{
		Enterprise: "enterprise-v19.1", Mobile: "mobile-v19.1", ICS: "ics-v19.1", "ics": "",
	} {
		if got := c.ReleaseTag(d); got != want {
			t.Errorf("ReleaseTag(%q) = %q, want %q", d, got, want)
		}
	}
}
