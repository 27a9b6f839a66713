package event

import (
	"encoding/binary"
	"net/netip"
	"testing"
)

func TestAnchor(t *testing.T) {
	ip := netip.MustParseAddr("203.0.113.9")
	const derived = "3a90f681-a007-5d06-8036-a9c1661decb1"
	tests := []struct {
		attacker, identity string
		ip                 netip.Addr
		want               string
		ok                 bool
	}{
		{"", "", ip, derived, true},
		{"given", "", ip, "given", true},
		{"", "given", ip, "", true},
		{"", "", netip.Addr{}, "", false},
	}
	var a Anchors
	for _, tt := range tests {
		ev := Event{AttackerUUID: tt.attacker, IdentityUUID: tt.identity}
		if ok := ev.Anchor(tt.ip, "203.0.113.9"); ok != tt.ok || ev.Attacker(&a) != tt.want {
			t.Errorf("Anchor(%v) of %q, %q = %v with attacker %q, want %v with %q", tt.ip, tt.attacker, tt.identity, ok, ev.Attacker(nil), tt.ok, tt.want)
		}
	}
}

// Whatever came before, an address gives what it gives by itself, and one that
// came a moment ago costs no allocation.
func TestAttacker(t *testing.T) {
	var a Anchors
	check := func(ip netip.Addr) {
		t.Helper()
		address, uuid := a.Attacker(ip)
		if want := ip.Unmap().WithZone("").String(); address != want {
			t.Fatalf("Attacker(%v) has address %q, want %q", ip, address, want)
		}
		if want := AttackerUUID(ip).String(); uuid != want {
			t.Fatalf("Attacker(%v) has uuid %q, want %q", ip, uuid, want)
		}
		ev := Event{}
		if !ev.Anchor(ip, ip.String()) || ev.AttackerIP != address || ev.Attacker(&a) != uuid {
			t.Fatalf("Anchor(%v) makes %q of %q, want %q of %q", ip, ev.Attacker(&a), ev.AttackerIP, uuid, address)
		}
	}
	for i := range uint32(5_000) {
		v4 := binary.BigEndian.AppendUint32(nil, i%700*2_654_435_761)
		v6 := append(append([]byte{0x20, 0x01}, make([]byte, 10)...), v4...)
		ip4, _ := netip.AddrFromSlice(v4)
		ip6, _ := netip.AddrFromSlice(v6)
		check(ip4)
		check(netip.AddrFrom16(ip4.As16()))
		check(ip6.WithZone("eth0"))
	}
	ip := netip.MustParseAddr("203.0.113.9")
	check(ip)
	if n := testing.AllocsPerRun(100, func() { a.Attacker(ip) }); n != 0 {
		t.Errorf("an address that came before allocates %v times, want never", n)
	}
}
