package corpus

import "net/netip"

// maxV6 is the length of the longest spelling of an IPv6 address, one with an
// IPv4 tail.
const maxV6 = len("0000:0000:0000:0000:0000:ffff:255.255.255.255")

func inV6(c byte) bool { return isHex(c) || c == ':' || c == '.' }

// findV6 finds IPv6 addresses: within each run of their characters every part
// that is one and is excluded, the longest first. Taking parts errs on the safe
// side: 2001:db8::9:80 may be an address and a port.
func (s *Scrubber) findV6(dst []span, t string) []span {
	for i := 0; i < len(t); {
		if !inV6(t[i]) {
			i++
			continue
		}
		end, colons := i, 0
		for end < len(t) && inV6(t[end]) {
			if t[end] == ':' {
				colons++
			}
			end++
		}
		if colons >= 2 {
			dst = s.v6InRun(dst, t, i, end)
		}
		i = end
	}
	return dst
}

func (s *Scrubber) v6InRun(dst []span, t string, start, end int) []span {
	for i := start; i < end; i++ {
		if i > start && isHex(t[i-1]) || t[i] == '.' || t[i] == ':' && (i+1 >= end || t[i+1] != ':') {
			continue
		}
		if n := s.v6At(t[i:min(end, i+maxV6)]); n > 0 {
			sp := span{i, i + n, Placeholder, IPv6}
			if i > 0 && t[i-1] == '[' && sp.end < len(t) && t[sp.end] == ']' {
				sp.start, sp.end = i-1, sp.end+1
			}
			dst = append(dst, sp)
			i += n - 1
		}
	}
	return dst
}

// v6At returns the length of the longest excluded address that run begins
// with, or 0. Only what has the colons of an address is parsed.
func (s *Scrubber) v6At(run string) int {
	longest := 0
	colons, double := 0, false
	for n := 1; n <= len(run); n++ {
		if run[n-1] == ':' {
			colons++
			if n > 1 && run[n-2] == ':' {
				if double {
					break
				}
				double = true
			}
		}
		if colons > 8 {
			break
		}
		if !double && colons < 6 || n < len(run) && isHex(run[n]) && isHex(run[n-1]) {
			continue // too few groups, or within one
		}
		if run[n-1] == '.' || run[n-1] == ':' && run[n-2] != ':' {
			continue
		}
		if ip, err := netip.ParseAddr(run[:n]); err == nil && ip.Is6() && s.excluded(ip) {
			longest = n
		}
	}
	return longest
}
