package corpus

import (
	"cmp"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"ttpctl/internal/event"
	"ttpctl/internal/sorting"
)

// ErrNoExclusions is an empty list of exclusions, with which nothing that
// comes from real attackers may be turned into a corpus.
var ErrNoExclusions = errors.New("no address is excluded: an operator's own address must never end up in a corpus")

// Exclusions are the addresses that must not end up in a corpus: the
// operator's own, above all. They are immutable and safe for concurrent use.
type Exclusions struct {
	list []netip.Prefix // canonical, sorted, each once
	// find holds the lists' indexes by prefix, sizes the prefix lengths in use of
	// IPv4 and IPv6: an address is looked up once for each length.
	find  map[netip.Prefix]int
	sizes [2][]int
	// attackers are the derived ids of the addresses, for events that name no
	// address. Ranges of more than maxEnumerated addresses are not in it.
	attackers map[string]int
	large     []netip.Prefix
}

// maxEnumerated bounds the ranges whose attacker ids are computed, in
// addresses: a /16 of IPv4.
const maxEnumerated = 1 << 16

// A Word is a list of exclusions as given, and where: a flag or a variable.
type Word struct{ Origin, Text string }

// ParseExclusions reads lists of addresses and ranges, IPv4 and IPv6, separated
// by commas or blanks. @file names a file of them, one a line or several, with
// comments behind #; readFile reads it. Names are refused: what one resolves to
// today says nothing about yesterday's log. Every bad entry is reported.
func ParseExclusions(words []Word, readFile func(name string) ([]byte, error)) (*Exclusions, error) {
	x := &Exclusions{find: map[netip.Prefix]int{}, attackers: map[string]int{}}
	var errs []error
	for _, w := range words {
		errs = append(errs, x.addList(w.Origin, w.Text, readFile)...)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if len(x.list) == 0 {
		return nil, ErrNoExclusions
	}
	sorting.By(x.list, func(a, b netip.Prefix) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
	})
	x.list = slices.Compact(x.list)
	x.index()
	return x, nil
}

func (x *Exclusions) addList(origin, text string, readFile func(string) ([]byte, error)) (errs []error) {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r' }) {
		name, isFile := strings.CutPrefix(word, "@")
		if !isFile {
			if err := x.add(word); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", origin, err))
			}
			continue
		}
		data, err := readFile(name)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %s: %w", origin, name, err))
			continue
		}
		errs = append(errs, x.addFile(name, data)...)
	}
	return errs
}

func (x *Exclusions) addFile(name string, data []byte) (errs []error) {
	n := 0
	for l := range strings.Lines(string(data)) {
		n++
		l, _, _ = strings.Cut(l, "#")
		none := func(string) ([]byte, error) { return nil, errors.New("a file of exclusions names no other file") }
		errs = append(errs, x.addList(fmt.Sprintf("%s:%d", name, n), l, none)...)
	}
	return errs
}

// add adds one address or range.
func (x *Exclusions) add(word string) error {
	text := strings.TrimSuffix(strings.TrimPrefix(word, "["), "]")
	if ip, err := netip.ParseAddr(text); err == nil {
		ip = ip.Unmap().WithZone("")
		x.list = append(x.list, netip.PrefixFrom(ip, ip.BitLen()))
		return nil
	}
	if p, err := netip.ParsePrefix(text); err == nil {
		x.list = append(x.list, unmapPrefix(p).Masked())
		return nil
	}
	if strings.Trim(text, "0123456789abcdefABCDEF:./") != "" && !strings.ContainsAny(text, ":/") {
		return fmt.Errorf("%q is a host name: names are not resolved, write its addresses", event.CutText(word, 64))
	}
	return fmt.Errorf("%q is neither an address nor a range", event.CutText(word, 64))
}

func unmapPrefix(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

func (x *Exclusions) index() {
	for i, p := range x.list {
		x.find[p] = i
		family := &x.sizes[0]
		if p.Addr().Is6() {
			family = &x.sizes[1]
		}
		if !slices.Contains(*family, p.Bits()) {
			*family = append(*family, p.Bits())
		}
		if p.Addr().BitLen()-p.Bits() > 16 {
			x.large = append(x.large, p)
			continue
		}
		n := 0
		for a := p.Addr(); p.Contains(a) && n < maxEnumerated; a = a.Next() {
			x.attackers[event.AttackerUUID(a).String()] = i
			n++
		}
	}
}

// Len returns the number of different entries.
func (x *Exclusions) Len() int { return len(x.list) }

// Large returns the ranges that cannot be told by attacker ids.
func (x *Exclusions) Large() []string {
	var names []string
	for _, p := range x.large {
		names = append(names, p.String())
	}
	return names
}

// visit calls f with the index of every entry that holds ip, and reports
// whether there was one.
func (x *Exclusions) visit(ip netip.Addr, f func(i int)) bool {
	ip = ip.Unmap().WithZone("")
	family := 0
	if ip.Is6() {
		family = 1
	}
	found := false
	for _, bits := range x.sizes[family] {
		if p, err := ip.Prefix(bits); err == nil {
			if i, ok := x.find[p]; ok {
				f(i)
				found = true
			}
		}
	}
	if v4, ok := embedded(ip); ok && x.visit(v4, f) {
		return true
	}
	return found
}

// embedded returns the IPv4 address inside an IPv6 one: IPv4-compatible
// (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056).
func embedded(ip netip.Addr) (netip.Addr, bool) {
	if !ip.Is6() {
		return netip.Addr{}, false
	}
	b := ip.As16()
	low := netip.AddrFrom4([4]byte(b[12:16]))
	switch {
	case [12]byte(b[:12]) == [12]byte{} && (b[12] != 0 || b[13] != 0):
		return low, true
	case [12]byte(b[:12]) == [12]byte{0, 0x64, 0xff, 0x9b}:
		return low, true
	case b[0] == 0x20 && b[1] == 0x02:
		return netip.AddrFrom4([4]byte(b[2:6])), true
	}
	return netip.Addr{}, false
}

// hashIterations makes guessing the list costly: there are only 2^32 IPv4
// addresses, and a plain hash of one would give it away at once (OWASP's figure
// for PBKDF2-HMAC-SHA256).
const hashIterations = 600_000

// Hash returns PBKDF2-HMAC-SHA256 over the canonical, sorted entries, each on a
// line, in hex. The salt is the corpus's own hash, so that a build repeats byte
// for byte and two corpora never share a value.
func (x *Exclusions) Hash(corpusSHA256 string) (string, error) {
	var b strings.Builder
	for _, p := range x.list {
		b.WriteString(p.String())
		b.WriteByte('\n')
	}
	key, err := pbkdf2.Key(sha256.New, b.String(), []byte(corpusSHA256), hashIterations, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("hash of the exclusions: %w", err)
	}
	return hex.EncodeToString(key), nil
}

// ExcludeFiles returns the files that lists of exclusions name.
func ExcludeFiles(lists []string) []string {
	var files []string
	for _, text := range lists {
		for word := range strings.SplitSeq(text, ",") {
			if name, ok := strings.CutPrefix(strings.TrimSpace(word), "@"); ok {
				files = append(files, name)
			}
		}
	}
	return files
}
