package lifters

import (
	"net/netip"
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

func ipv6Specs() []Spec {
	return []Spec{{Name: "ipv6_link_local_leak", Kinds: []event.Kind{event.KindIPv6Leak}, build: linkLocalLeak,
		Evidence: []string{"addr", "mac_oui", "iid_kind", "vector", "on_iface", "attacker_v4", "observed_at"}}}
}

func linkLocalLeak(b *binding) matchFunc {
	addrs := []*field{b.field("addr"), b.field("src_ip")}
	shown := b.shows("mac_oui", "iid_kind", "vector", "on_iface", "attacker_v4", "observed_at")
	return func(ev *event.Event, h *engine.Hit) bool {
		addr := firstText(ev, addrs)
		if !isLinkLocal(addr) {
			return false
		}
		h.Extra("addr", event.StringValue(addr))
		show(ev, h, shown)
		return true
	}
}

// isLinkLocal reports whether addr is in fe80::/10, whatever its zone.
func isLinkLocal(addr string) bool {
	// The first group of such an address always has four digits, fe8. to
	// feb.: the cheap test spares parsing, and its error, on all others.
	if len(addr) < len("fe80::") || !hasPrefixFold(addr, "fe") || strings.IndexByte("89ab", lowerByte(addr[2])) < 0 {
		return false
	}
	addr, _, _ = strings.Cut(addr, "%")
	ip, err := netip.ParseAddr(addr)
	return err == nil && ip.IsLinkLocalUnicast()
}
