package dossier

import (
	"fmt"
	"io"
	"net/netip"
	"strings"
	"unicode/utf8"

	"ttpctl/internal/lines"
)

// Bounds of a table of countries.
const (
	maxPrefixes    = 1 << 20
	maxCountry     = 64       // bytes
	maxCountryLine = 64 << 10 // bytes
)

// Countries say where addresses are. They do not change and are safe for
// concurrent use.
type Countries struct {
	prefixes map[netip.Prefix]string
	bits     [129]bool // lengths that there are, of IPv4 as of IPv6
}

// ReadCountries reads a table, an address or a prefix and a country a line, apart
// by a comma, a tab or blanks. # begins a comment anywhere, and a first line that is
// no address is a heading.
func ReadCountries(r io.Reader) (*Countries, error) {
	c := &Countries{prefixes: map[netip.Prefix]string{}}
	for l, err := range lines.Small(r, maxCountryLine) {
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", l.N, err)
		}
		line, _, _ := strings.Cut(l.Text, "#")
		line = strings.TrimSpace(line)
		at := strings.IndexAny(line, ",;\t ")
		if at < 0 {
			return nil, fmt.Errorf("line %d: want a prefix and a country", l.N)
		}
		p, err := parsePrefix(strings.Trim(line[:at], `"`))
		country := strings.Trim(line[at:], ",;\t \"")
		switch {
		case err != nil && l.N == 1:
			continue
		case err != nil:
			return nil, fmt.Errorf("line %d: the first word is no address and no prefix", l.N)
		case country == "" || len(country) > maxCountry || !utf8.ValidString(country):
			return nil, fmt.Errorf("line %d: the country is empty, too long or no UTF-8", l.N)
		case len(c.prefixes) == maxPrefixes:
			return nil, fmt.Errorf("line %d: more than %d prefixes", l.N, maxPrefixes)
		}
		c.prefixes[p], c.bits[p.Bits()] = country, true
	}
	return c, nil
}

func parsePrefix(word string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(word); err == nil {
		return p.Masked(), nil
	}
	ip, err := netip.ParseAddr(word)
	if err != nil {
		return netip.Prefix{}, err
	}
	ip = ip.Unmap().WithZone("")
	return netip.PrefixFrom(ip, ip.BitLen()), nil
}

// Of returns the country of an address, "" if the table does not say.
func (c *Countries) Of(address string) string {
	if c == nil {
		return ""
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	for bits := ip.BitLen(); bits >= 0; bits-- {
		if !c.bits[bits] {
			continue
		}
		if p, err := ip.Prefix(bits); err == nil {
			if country := c.prefixes[p]; country != "" {
				return country
			}
		}
	}
	return ""
}
