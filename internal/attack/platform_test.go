package attack

import (
	"slices"
	"testing"
)

func TestPlatforms(t *testing.T) {
	tests := []struct {
		id   string
		want []string
	}{
		{"T1595", []string{"PRE"}},
		{"T1053.003", []string{"ESXi", "Linux", "macOS"}},
		{"T1601", []string{"Network Devices"}},
		{"T1453", nil}, // mobile
		{"T1562", nil}, // revoked
	}
	for _, tt := range tests {
		got, _ := Load().Find(tt.id)
		if names := got.Platforms.Names(); !slices.Equal(names, tt.want) {
			t.Errorf("platforms of %s = %q, want %q", tt.id, names, tt.want)
		}
	}
}

// TestPlatformLetters: what one writes the other reads, whatever the order.
func TestPlatformLetters(t *testing.T) {
	letters, err := PlatformLetters([]string{"Windows", "Network Devices", "Linux"})
	if err != nil || letters != "lnw" {
		t.Fatalf("PlatformLetters = %q, %v", letters, err)
	}
	if p, err := platformsOf(letters); err != nil || p != Linux|NetworkDevices|Windows {
		t.Errorf("platformsOf(%q) = %b, %v", letters, p, err)
	}
	for _, names := range [][]string{{"Amiga"}, {"Linux", "Linux"}} {
		if letters, err := PlatformLetters(names); err == nil {
			t.Errorf("PlatformLetters(%q) = %q, want an error", names, letters)
		}
	}
}
