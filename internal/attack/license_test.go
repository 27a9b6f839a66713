package attack

import (
	"os"
	"strings"
	"testing"
)

// MITRE's licence authorises a copy only if it reproduces the designation and the
// licence: the binary, the embedded data and the source tree each must.
func TestNoticeShipsWithEveryCopy(t *testing.T) {
	const designation = "© 2026 The MITRE Corporation. This work is reproduced and distributed with the permission of The MITRE Corporation."
	if Copyright != designation {
		t.Errorf("Copyright = %q, want %q", Copyright, designation)
	}
	if !strings.Contains(License(), "non-exclusive, royalty-free license") {
		t.Errorf("License() = %q, want the licence of ATT&CK", License())
	}
	notice, err := os.ReadFile("../../NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"License()": License(), "catalogue.txt": catalogueText, "NOTICE": string(notice),
	} {
		if !strings.Contains(text, designation) {
			t.Errorf("%s lacks the copyright designation", name)
		}
	}
	if !strings.Contains(string(notice), License()) {
		t.Error("NOTICE does not hold the licence as embedded")
	}
}
