package event

import (
	"encoding/binary"
	"net/netip"
)

// Anchors derives who the attacker behind an address is, for events that come in
// a row: most are of an address that came a moment ago. Its zero value is ready for
// use; it belongs to one goroutine.
type Anchors struct {
	recent []attacker
	name   []byte
	slab   Slab
}

// An attacker is what an address gives.
type attacker struct {
	key           [2]uint64 // the address, IPv4 as IPv4-mapped
	address, uuid string    // "" = none is here
}

// recentAttackers is how many addresses an Anchors knows, a power of two. Each may
// hold on to a slab: 1 MiB in all.
const recentAttackers = 256

// Attacker returns the canonical text of an address, which must be valid, and the
// attacker_uuid that it gives.
func (a *Anchors) Attacker(ip netip.Addr) (address, uuid string) {
	bytes := ip.As16()
	key := [2]uint64{binary.LittleEndian.Uint64(bytes[:8]), binary.LittleEndian.Uint64(bytes[8:])}
	if a.recent == nil {
		a.recent = make([]attacker, recentAttackers)
	}
	// Whoever picks addresses that share a place makes us derive them anew, no more.
	at := (key[0]*0x9e3779b97f4a7c15 + key[1]) * 0x9e3779b97f4a7c15 >> 32 % recentAttackers
	known := &a.recent[at]
	if known.address == "" || known.key != key {
		*known = a.derive(ip)
		known.key = key
	}
	return known.address, known.uuid
}

func (a *Anchors) derive(ip netip.Addr) (x attacker) {
	a.name = ip.Unmap().WithZone("").AppendTo(append(a.name[:0], namespaceAttacker[:]...))
	x.address = a.slab.String(a.name[nameSpace:])
	u := newUUIDv5(namespaceAttacker, a.name)
	a.name, _ = u.AppendText(a.name[:0])
	x.uuid = a.slab.String(a.name)
	return x
}
