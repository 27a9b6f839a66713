package corpus

import (
	"math"
	"net/netip"
)

// minDecimal is the least value of a plain number that is taken for an
// address: 1.0.0.0. What is below lies in 0.0.0.0/8, which no host has, and is
// in every log.
const minDecimal = 1 << 24

func addr4(v uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}

// A group is one number of an IPv4 address, as inet_aton(3) reads it, and as
// somebody who knows no octal does.
type group struct {
	end          int
	value, plain uint64 // beyond 2^32 saturated
	form         Form
}

// tooLarge is a value that is no part of an address.
const tooLarge = math.MaxUint32 + 1

// readGroup reads the number that begins at t[i], which is a digit.
func readGroup(t string, i int) group {
	if t[i] == '0' && i+2 < len(t) && (t[i+1] == 'x' || t[i+1] == 'X') && isHex(t[i+2]) {
		g := group{form: Hex}
		for i += 2; i < len(t) && isHex(t[i]); i++ {
			g.value = saturate(g.value<<4 | hexValue(t[i]))
		}
		g.end, g.plain = i, g.value
		return g
	}
	g := group{form: Dotted}
	start, octal, eight := i, true, uint64(0)
	for ; i < len(t) && isDigit(t[i]); i++ {
		d := uint64(t[i] - '0')
		g.plain = saturate(g.plain*10 + d)
		octal = octal && d < 8
		eight = saturate(eight<<3 | d)
	}
	g.end, g.value = i, g.plain
	if octal && t[start] == '0' && eight != g.plain {
		g.value, g.form = eight, Octal
	}
	return g
}

func saturate(v uint64) uint64 { return min(v, tooLarge) }

func hexValue(c byte) uint64 {
	switch {
	case isDigit(c):
		return uint64(c - '0')
	case c >= 'a':
		return uint64(c-'a') + 10
	}
	return uint64(c-'A') + 10
}

// dot returns the length of what stands for a dot at t[i]: also the dash and
// underscore of host names (ec2-203-0-113-9) and what reports write to defang
// an address.
func dot(t string, i int) int {
	if i >= len(t) {
		return 0
	}
	switch t[i] {
	case '.', '-', '_':
		return 1
	case '[', '(', '{':
		if i+2 < len(t) && t[i+1] == '.' && (t[i+2] == ']' || t[i+2] == ')' || t[i+2] == '}') {
			return 3
		}
		if i+4 < len(t) && t[i+1:i+4] == "dot" {
			return 5
		}
	}
	return 0
}

// findV4 finds IPv4 addresses. Every number that is not part of a longer one
// may begin one: after 1. in 1.203.0.113.9, too.
func (s *Scrubber) findV4(dst []span, t string) []span {
	last := -1 // a number that ended a short form is not looked at again
	for i := 0; i < len(t); i++ {
		if !isHex(t[i]) {
			continue
		}
		if i > 0 && isHex(t[i-1]) {
			if !isDigit(t[i]) || isDigit(t[i-1]) {
				continue
			}
		} else if n := s.bareHex(t, i); n > 0 {
			dst = append(dst, span{i, i + n, Placeholder, Hex})
			i += n - 1
			continue
		}
		if !isDigit(t[i]) || i < last {
			continue
		}
		if end, form := s.v4At(t, i); end > 0 {
			dst = append(dst, span{i, end, Placeholder, form})
			last = end
		}
	}
	return dst
}

// v4At returns the end of the excluded address that begins at t[i], or 0.
func (s *Scrubber) v4At(t string, i int) (end int, form Form) {
	var gs [4]group
	n := 0
	dotted := true
	for at := i; n < len(gs); {
		gs[n] = readGroup(t, at)
		n++
		sep := dot(t, gs[n-1].end)
		at = gs[n-1].end + sep
		if sep == 0 || at >= len(t) || !isDigit(t[at]) {
			break
		}
		dotted = dotted && t[at-1] == '.' && sep == 1
	}
	if n == len(gs) {
		if form, ok := s.fourParts(&gs); ok {
			return gs[3].end, form
		}
	} else if n > 1 && dotted && !(i > 1 && t[i-1] == '.' && isDigit(t[i-2])) {
		if s.fewParts(gs[:n]) {
			return gs[n-1].end, Dotted
		}
	}
	return s.onePart(&gs[0])
}

func (s *Scrubber) fourParts(gs *[4]group) (Form, bool) {
	form := Dotted
	var value, plain [4]byte
	valueFits, plainFits := true, true
	for i := range gs {
		if gs[i].form != Dotted {
			form = gs[i].form
		}
		valueFits = valueFits && gs[i].value <= 255
		plainFits = plainFits && gs[i].plain <= 255
		value[i], plain[i] = byte(gs[i].value), byte(gs[i].plain)
	}
	ok := valueFits && s.excluded(netip.AddrFrom4(value)) || plainFits && plain != value && s.excluded(netip.AddrFrom4(plain))
	// The address of a reverse look-up reads backwards: 9.113.0.203.in-addr.arpa.
	back := [4]byte{plain[3], plain[2], plain[1], plain[0]}
	return form, ok || plainFits && back != plain && s.reversed(back)
}

// reversed looks only single addresses up: half of the world is some range
// backwards.
func (s *Scrubber) reversed(b [4]byte) bool {
	ip := netip.AddrFrom4(b)
	i, ok := s.x.find[netip.PrefixFrom(ip, ip.BitLen())]
	if ok {
		s.hits[i]++
	}
	return ok
}

// fewParts takes two or three parts, of which the last fills what is left:
// 203.0.28937.
func (s *Scrubber) fewParts(gs []group) bool {
	rest := uint(8 * (5 - len(gs)))
	for _, read := range [...]func(*group) uint64{
		func(g *group) uint64 { return g.value },
		func(g *group) uint64 { return g.plain },
	} {
		var v uint64
		fits := read(&gs[len(gs)-1]) < 1<<rest
		for i := range gs[:len(gs)-1] {
			fits = fits && read(&gs[i]) <= 255
			v = v<<8 | read(&gs[i])
		}
		if v = v<<rest | read(&gs[len(gs)-1]); fits && s.excluded(addr4(uint32(v))) {
			return true
		}
	}
	return false
}

func (s *Scrubber) onePart(g *group) (end int, form Form) {
	form = Decimal
	if g.form != Dotted {
		form = g.form
	}
	for _, v := range [...]uint64{g.value, g.plain} {
		if v < tooLarge && (v >= minDecimal || g.form == Hex) && s.excluded(addr4(uint32(v))) {
			return g.end, form
		}
	}
	return 0, ""
}

// bareHex returns the length of an excluded address in 8 or 32 hexadecimal
// digits without 0x at t[i], where a run of hexadecimal digits begins.
func (s *Scrubber) bareHex(t string, i int) int {
	if i > 0 && isAlnum(t[i-1]) {
		return 0
	}
	n := 0
	for i+n < len(t) && n <= 32 && isHex(t[i+n]) {
		n++
	}
	if n != 8 && n != 32 || i+n < len(t) && isAlnum(t[i+n]) {
		return 0
	}
	var b [16]byte
	for k := range n / 2 {
		b[k] = byte(hexValue(t[i+2*k])<<4 | hexValue(t[i+2*k+1]))
	}
	ip := netip.AddrFrom16(b)
	if n == 8 {
		ip = netip.AddrFrom4([4]byte(b[:4]))
	}
	if !s.excluded(ip) {
		return 0
	}
	return n
}

// findBytes finds the four bytes of an address written as escapes:
// \xcb\x00\x71\x09.
func (s *Scrubber) findBytes(dst []span, t string) []span {
	const one = len(`\xcb`)
	for i := 0; i+4*one <= len(t); i++ {
		var b [4]byte
		n := 0
		for n < 4 && t[i+n*one] == '\\' && t[i+n*one+1] == 'x' && escapedByte(t[i+n*one:]) == one {
			b[n] = byte(hexValue(t[i+n*one+2])<<4 | hexValue(t[i+n*one+3]))
			n++
		}
		if n == 4 && s.excluded(netip.AddrFrom4(b)) {
			dst = append(dst, span{i, i + 4*one, Placeholder, Hex})
			i += 4*one - 1
		}
	}
	return dst
}
