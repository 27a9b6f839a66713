package program

import (
	_ "embed"
	"fmt"
	"net/netip"
	"strings"
)

//go:embed hosts.list
var hostList string

// hostClasses reads the list of hosts that mean something by themselves.
func hostClasses(list string) (map[string]HostClass, error) {
	classes := map[string]HostClass{}
	for line := range strings.Lines(list) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		class, ok := HostClassOf(words[0])
		if !ok {
			return nil, fmt.Errorf("hosts.list: unknown class %q", words[0])
		}
		for _, name := range words[1:] {
			classes[name] = class
		}
	}
	return classes, nil
}

// host returns the canonical spelling of a host and its class: addresses in the form that netip gives them, names in lower case.
func (a *Analyzer) host(word string) (string, HostClass) {
	if word == "" {
		return "", NoHost
	}
	if strings.ContainsAny(word, "$`") {
		return word, UnknownHost
	}
	name := strings.TrimSuffix(strings.TrimPrefix(word, "["), "]")
	if ip, ok := address(name); ok {
		class := a.t.hosts[name]
		text := name
		if b := ip.AppendTo(a.buf[:0]); string(b) != name {
			a.buf = b
			text = a.out.Bytes(b)
			class = a.t.hosts[text]
		}
		if class == NoHost {
			class = Remote
			if ip.IsLoopback() || ip.IsUnspecified() {
				class = Loopback // 0.0.0.0 reaches the machine itself
			}
		}
		return text, class
	}
	name = strings.TrimSuffix(a.lower(name), ".")
	for rest := name; ; {
		if class := a.t.hosts[rest]; class != NoHost {
			return name, class
		}
		_, after, ok := strings.Cut(rest, ".")
		if !ok || !strings.Contains(after, ".") {
			return name, Remote
		}
		rest = after
	}
}

// lower returns s in lower case without an allocation when it is so already.
func (a *Analyzer) lower(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			a.buf = append(a.buf[:0], s...)
			for k := i; k < len(s); k++ {
				if c := s[k]; 'A' <= c && c <= 'Z' {
					a.buf[k] = c | 0x20
				}
			}
			return a.out.Bytes(a.buf)
		}
	}
	return s
}

// address reads an IP address in any spelling that the C library's resolver takes: inet_aton's for version 4 (1 to 4 numbers, decimal, octal or
// hexadecimal), with a zone or mapped for version 6.
func address(s string) (netip.Addr, bool) {
	if strings.IndexByte(s, ':') >= 0 {
		ip, err := netip.ParseAddr(s)
		return ip.Unmap().WithZone(""), err == nil
	}
	if s == "" || !digit(s[0]) {
		return netip.Addr{}, false
	}
	var parts [4]uint64
	n := 0
	for rest, more := s, true; more; n++ {
		var part string
		part, rest, more = strings.Cut(rest, ".")
		value, ok := number(part)
		if !ok || n == 4 {
			return netip.Addr{}, false
		}
		parts[n] = value
	}
	return aton(parts[:n])
}

// aton joins the numbers of an address: the last one fills what the others leave.
func aton(parts []uint64) (netip.Addr, bool) {
	last := len(parts) - 1
	if parts[last] >= 1<<(8*(4-last)) || last == 0 && parts[0] < 1<<24 {
		return netip.Addr{}, false // a small number alone is a port or a count
	}
	ip := parts[last]
	for i, p := range parts[:last] {
		if p > 255 {
			return netip.Addr{}, false
		}
		ip |= p << (8 * (3 - i))
	}
	return netip.AddrFrom4([4]byte{byte(ip >> 24), byte(ip >> 16), byte(ip >> 8), byte(ip)}), true
}

// number reads a C integer of at most 32 bits.
func number(s string) (value uint64, ok bool) {
	base := uint64(10)
	switch {
	case len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x':
		base, s = 16, s[2:]
	case len(s) > 1 && s[0] == '0':
		base, s = 8, s[1:]
	}
	for i := range len(s) {
		d := uint64(16)
		switch c := s[i]; {
		case digit(c):
			d = uint64(c - '0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			d = uint64(c|0x20-'a') + 10
		}
		if d >= base {
			return 0, false
		}
		if value = value*base + d; value > 1<<32-1 {
			return 0, false
		}
	}
	return value, s != ""
}
