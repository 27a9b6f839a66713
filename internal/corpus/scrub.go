package corpus

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"ttpctl/internal/event"
	"ttpctl/internal/sorting"
)

// Placeholder stands for a scrubbed address. It is a host name that can never
// exist (RFC 6761), so that a download still reads as one; it neither begins
// nor ends with a character of an address, so that its neighbours cannot make
// one with it.
const Placeholder = "scrubbed.test"

// A Form is a way to write an address.
type Form string

// The forms that are found. What each takes is said in scrub_v4.go,
// scrub_v6.go and scrub_coded.go.
const (
	Dotted  Form = "dotted"  // 203.0.113.9, also with - or [.] for the dots, or fewer parts
	Decimal Form = "decimal" // 3405803785
	Hex     Form = "hex"     // 0xcb007109, 0xcb.0x0.0x71.0x9, cb007109, \xcb\x00\x71\x09
	Octal   Form = "octal"   // 031300070411, 0313.0.0161.011
	IPv6    Form = "ipv6"    // any spelling, with brackets, and IPv4 inside
	Escaped Form = "escaped" // %32%30%33, \x32\x30, &#50;, 20"3", with NUL bytes between
	Base64  Form = "base64"  // in base64, also of base64
	HexText Form = "hextext" // the bytes of the text in hex digits
)

// Forms returns the forms in the order of their declaration.
func Forms() []Form {
	return []Form{Dotted, Decimal, Hex, Octal, IPv6, Escaped, Base64, HexText}
}

// Bounds of scrubbing one text.
const (
	maxCoded  = 3 // levels of encoding within encoding
	maxRounds = 4 // until nothing is found; beyond, the whole text is replaced
)

// A Scrubber replaces excluded addresses in texts and counts what it finds.
// What it returns holds no excluded address in any [Form]. It takes time
// linear in the text. It belongs to one goroutine.
type Scrubber struct {
	Counts map[Form]int // addresses replaced, by the form they had

	x    *Exclusions
	hits []int // by entry of x: rows dropped and addresses found
}

// NewScrubber returns a Scrubber for the addresses of x.
func NewScrubber(x *Exclusions) *Scrubber {
	return &Scrubber{Counts: map[Form]int{}, x: x, hits: make([]int, x.Len())}
}

// Unmatched returns the entries that nothing has matched so far.
func (s *Scrubber) Unmatched() []string {
	var names []string
	for i, n := range s.hits {
		if n == 0 {
			names = append(names, entryName(s.x.list[i]))
		}
	}
	return names
}

func entryName(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// excluded reports whether ip is, and counts the entries that say so.
func (s *Scrubber) excluded(ip netip.Addr) bool {
	return s.x.visit(ip, func(i int) { s.hits[i]++ })
}

// Drops reports whether ev comes from an excluded address, known by its text or
// by the attacker's id that is derived from it.
func (s *Scrubber) Drops(ev *event.Event) bool {
	if ip, err := netip.ParseAddr(ev.AttackerIP); err == nil && s.excluded(ip) {
		return true
	}
	i, ok := s.x.attackers[ev.Attacker(nil)]
	if ok {
		s.hits[i]++
	}
	return ok
}

// Event scrubs every text of ev's payload.
func (s *Scrubber) Event(ev *event.Event) {
	for _, id := range event.FieldsOf(ev.Kind) {
		if v := ev.Value(id); v != nil && !id.Field().Derived {
			ev.Set(id, s.value(*v))
		}
	}
}

func (s *Scrubber) value(v event.Value) event.Value {
	switch v.Kind {
	case event.String:
		v.Str = s.Text(v.Str)
	case event.Number:
		if v.Num >= minDecimal && v.Num < 1<<32 && v.Num == float64(uint32(v.Num)) && s.excluded(addr4(uint32(v.Num))) {
			s.Counts[Decimal]++
			v.Num = 0
		}
	case event.List, event.Object:
		list := make([]event.Value, len(v.List))
		for i := range v.List {
			list[i] = s.value(v.List[i])
		}
		v.List = list
		keys := slices.Clone(v.Keys)
		for i := range keys {
			keys[i] = s.Text(keys[i])
		}
		v.Keys = keys
	}
	return v
}

// Text returns text without excluded addresses.
func (s *Scrubber) Text(text string) string {
	out, _ := s.scrub(text, 0)
	return out
}

// A span is a part of a text to be replaced.
type span struct {
	start, end int
	with       string
	form       Form
}

// scrub replaces until nothing is found: a replacement may join what stood
// apart. Within a code it replaces once: the text around it is looked at again
// anyway, and rounds within rounds would not be linear. Addresses within codes
// are counted as the code.
func (s *Scrubber) scrub(text string, level int) (out string, changed bool) {
	if level > 0 {
		spans := s.find(text, level)
		return s.replace(text, spans, level), len(spans) > 0
	}
	for range maxRounds {
		spans := s.find(text, level)
		if len(spans) == 0 {
			return text, changed
		}
		text, changed = s.replace(text, spans, level), true
	}
	if len(s.find(text, level)) > 0 {
		return Placeholder, true
	}
	return text, changed
}

// find returns what is to be replaced in text, as it stands and as it reads
// without escapes, in order and without overlaps.
func (s *Scrubber) find(text string, level int) []span {
	if len(text) < minAddress {
		return nil
	}
	spans := s.findIn(nil, text, level)
	for plain, at := range unescaped(text) {
		for _, sp := range s.findIn(nil, plain, level) {
			sp.start, sp.end = at[sp.start].start, at[sp.end-1].end
			if sp.form != Base64 && sp.form != HexText {
				sp.form = Escaped
			}
			spans = append(spans, sp)
		}
	}
	return disjoint(spans)
}

// minAddress is the length of the shortest text that can be an address, "::".
const minAddress = 2

func (s *Scrubber) findIn(dst []span, text string, level int) []span {
	dst = s.findV4(dst, text)
	dst = s.findV6(dst, text)
	dst = s.findBytes(dst, text)
	if level < maxCoded {
		dst = s.findBase64(dst, text, level)
		dst = s.findHexText(dst, text, level)
	}
	return dst
}

// disjoint sorts spans and joins those that overlap, the form of the first
// standing for all.
func disjoint(spans []span) []span {
	sorting.By(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end)) })
	out := spans[:0]
	for _, sp := range spans {
		if n := len(out); n > 0 && sp.start < out[n-1].end {
			last := &out[n-1]
			if sp.start != last.start || sp.end != last.end {
				last.with = Placeholder
			}
			last.end = max(last.end, sp.end)
			continue
		}
		out = append(out, sp)
	}
	return out
}

func (s *Scrubber) replace(text string, spans []span, level int) string {
	var b strings.Builder
	b.Grow(len(text) + len(spans)*len(Placeholder))
	at := 0
	for _, sp := range spans {
		b.WriteString(text[at:sp.start])
		b.WriteString(sp.with)
		at = sp.end
		if level == 0 {
			s.Counts[sp.form]++
		}
	}
	b.WriteString(text[at:])
	return b.String()
}
