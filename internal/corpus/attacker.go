package corpus

import (
	"bytes"
	"encoding/json"
	"net/netip"
)

// AttackerIP returns the attacker_ip of an event's line. It costs next to
// nothing for lines that have none.
func AttackerIP(line []byte) (netip.Addr, bool) {
	if !bytes.Contains(line, []byte("attacker_ip")) && !bytes.Contains(line, []byte(`\u`)) {
		return netip.Addr{}, false
	}
	var ev struct {
		AttackerIP string `json:"attacker_ip"`
	}
	// A member of a wrong type elsewhere does not hide the address.
	_ = json.Unmarshal(line, &ev)
	ip, err := netip.ParseAddr(ev.AttackerIP)
	return ip, err == nil
}
