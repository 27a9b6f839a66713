package corpus

import (
	"errors"
	"io/fs"
	"net/netip"
	"strings"
	"testing"

	"ttpctl/internal/event"
)

// mustExclude returns the exclusions of a comma-separated list.
func mustExclude(t testing.TB, list string) *Exclusions {
	t.Helper()
	x, err := ParseExclusions([]Word{{"--exclude-ip", list}}, func(string) ([]byte, error) { return nil, fs.ErrNotExist })
	if err != nil {
		t.Fatalf("ParseExclusions(%q) = %v", list, err)
	}
	return x
}

func TestParseExclusions(t *testing.T) {
	read := func(name string) ([]byte, error) {
		if name != "own.txt" {
			return nil, fs.ErrNotExist
		}
		return []byte("# ours\n203.0.113.77 # office\n\n2001:db8:77::/48, 198.51.100.200\r\n"), nil
	}
	x, err := ParseExclusions([]Word{
		{"--exclude-ip", "203.0.113.9"}, {"TTPCTL_CORPUS_EXCLUDE_IPS", "192.0.2.0/24,203.0.113.9,[2001:db8::9]"},
		{"DECNET_TTP_CORPUS_EXCLUDE_IPS", " ::ffff:198.51.100.7 , fe80::1%eth0 "}, {"--exclude-ip", "@own.txt"},
	}, read)
	if err != nil {
		t.Fatalf("ParseExclusions() = %v", err)
	}
	if x.Len() != 8 {
		t.Errorf("Len() = %d, want 8: the lists are merged", x.Len())
	}
	tests := []struct {
		ip   string
		want bool
	}{
		{"203.0.113.9", true}, {"203.0.113.8", false}, {"192.0.2.255", true}, {"192.0.3.0", false},
		{"2001:db8::9", true}, {"2001:db8::a", false}, {"198.51.100.7", true}, {"fe80::1%wg0", true},
		{"::ffff:203.0.113.9", true}, {"64:ff9b::cb00:7109", true}, {"2002:cb00:7109::1", true}, {"::203.0.113.9", true},
		{"203.0.113.77", true}, {"2001:db8:77:1::5", true}, {"2001:db8:78::5", false}, {"198.51.100.200", true},
	}
	for _, tt := range tests {
		if got := x.visit(netip.MustParseAddr(tt.ip), func(int) {}); got != tt.want {
			t.Errorf("visit(%s) = %v, want %v", tt.ip, got, tt.want)
		}
	}
}

func TestParseExclusionsRefuses(t *testing.T) {
	tests := []struct{ list, want string }{
		{"", "own address"},
		{" , ", "own address"},
		{"bastion.example.com", "is a host name"},
		{"localhost", "is a host name"},
		{"203.0.113.9,office", "is a host name"},
		{"203.0.113.999", "neither an address nor a range"},
		{"203.0.113.0/33", "neither an address nor a range"},
		{"203.0.113", "neither an address nor a range"},
		{"2001:db8::/129", "neither an address nor a range"},
		{"@missing.txt", "file does not exist"},
	}
	for _, tt := range tests {
		_, err := ParseExclusions([]Word{{"--exclude-ip", tt.list}}, func(string) ([]byte, error) { return nil, fs.ErrNotExist })
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ParseExclusions(%q) = %v, want an error with %q", tt.list, err, tt.want)
		}
	}
	if _, err := ParseExclusions(nil, nil); !errors.Is(err, ErrNoExclusions) {
		t.Errorf("ParseExclusions(nil) = %v, want ErrNoExclusions", err)
	}
}

func TestDrops(t *testing.T) {
	s := NewScrubber(mustExclude(t, "203.0.113.9,198.51.100.0/24,10.0.0.0/8"))
	tests := []struct {
		name string
		ev   event.Event
		want bool
	}{
		{"by address", event.Event{AttackerIP: "203.0.113.9"}, true},
		{"by mapped address", event.Event{AttackerIP: "::ffff:203.0.113.9"}, true},
		{"by range", event.Event{AttackerIP: "10.9.8.7"}, true},
		{"by id", event.Event{AttackerUUID: "3a90f681-a007-5d06-8036-a9c1661decb1"}, true},
		{"by id of a range", event.Event{AttackerUUID: event.AttackerUUID(netip.MustParseAddr("198.51.100.200")).String()}, true},
		{"another address", event.Event{AttackerIP: "203.0.113.10"}, false},
		{"another id", event.Event{AttackerUUID: "a-2"}, false},
	}
	for _, tt := range tests {
		if got := s.Drops(&tt.ev); got != tt.want {
			t.Errorf("%s: Drops() = %v, want %v", tt.name, got, tt.want)
		}
	}
	if got := s.x.Large(); len(got) != 1 || got[0] != "10.0.0.0/8" {
		t.Errorf("Large() = %v, want the range that is too large to enumerate", got)
	}
	if got := s.Unmatched(); len(got) != 0 {
		t.Errorf("Unmatched() = %v, want none", got)
	}
}

func TestExclusionsHash(t *testing.T) {
	a, b := mustExclude(t, "203.0.113.9,192.0.2.0/24"), mustExclude(t, "192.0.2.0/24,203.0.113.9,203.0.113.9")
	ha, err := a.Hash("aa")
	if err != nil {
		t.Fatal(err)
	}
	if hb, _ := b.Hash("aa"); ha != hb || len(ha) != 64 {
		t.Errorf("Hash() = %s and %s, want one value of 64 digits: order and repetition do not matter", ha, hb)
	}
	if hc, _ := a.Hash("bb"); ha == hc {
		t.Errorf("Hash() is %s for two corpora, want them salted apart", ha)
	}
}
