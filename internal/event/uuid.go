package event

import (
	"crypto/sha1"
	"encoding/binary"
	"net/netip"
	"strconv"
)

// A UUID is an RFC 9562 UUID in network byte order.
type UUID [16]byte

// The name spaces of derived ids (EVENTS.md sections 1 and 2). Each is
// UUIDv5(NAMESPACE_URL, name); a test derives them anew.
var (
	namespaceURL      = UUID{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}
	namespaceTag      = UUID{0x1c, 0xa3, 0x1f, 0x08, 0x55, 0x22, 0x5a, 0xae, 0x83, 0x71, 0xfe, 0x81, 0xf0, 0xe3, 0x9d, 0xe3}
	namespaceAttacker = UUID{0xe5, 0xa5, 0x21, 0x53, 0xeb, 0x4f, 0x50, 0x78, 0x95, 0xdb, 0x99, 0xdf, 0x58, 0x72, 0x97, 0xb8}
	namespaceIdentity = UUID{0xfe, 0x97, 0x93, 0xc1, 0x68, 0x31, 0x5c, 0x73, 0xb7, 0x8f, 0xee, 0x06, 0x26, 0x17, 0xeb, 0x66}
)

// AppendText appends u in the usual form of 36 characters, lower case.
func (u UUID) AppendText(dst []byte) ([]byte, error) {
	var b [36]byte
	le := binary.LittleEndian
	le.PutUint64(b[0:], hexDigits(le.Uint32(u[0:])))
	middle, next := hexDigits(le.Uint32(u[4:])), hexDigits(le.Uint32(u[8:]))
	le.PutUint32(b[9:], uint32(middle))
	le.PutUint32(b[14:], uint32(middle>>32))
	le.PutUint32(b[19:], uint32(next))
	le.PutUint32(b[24:], uint32(next>>32))
	le.PutUint64(b[28:], hexDigits(le.Uint32(u[12:])))
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return append(dst, b[:]...), nil
}

// hexDigits returns the hexadecimal digits of four bytes, the first lowest, all at
// once: the bytes go apart, then their halves, and a half of ten or more, to which 6
// carries into the bits above, is a letter.
func hexDigits(bytes uint32) uint64 {
	const ones = 0x0101010101010101
	x := uint64(bytes)
	x = (x | x<<16) & 0x0000ffff0000ffff
	x = (x | x<<8) & 0x00ff00ff00ff00ff
	x = (x>>4 | x<<8) & (ones * 0x0f)
	return x + ones*'0' + (x+ones*6)>>4&ones*('a'-'0'-10)
}

// String returns u in the usual form of 36 characters, lower case.
func (u UUID) String() string {
	b, _ := u.AppendText(make([]byte, 0, 36))
	return string(b)
}

// newUUIDv5 returns the name-based UUID (version 5) of name in ns. name must
// have 16 spare bytes in front, which are overwritten with ns: the hash then
// needs no second buffer.
func newUUIDv5(ns UUID, name []byte) UUID {
	copy(name, ns[:])
	sum := sha1.Sum(name)
	u := UUID(sum[:16])
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	return u
}

// NamedUUID returns the name-based UUID (version 5) of name in ns.
func NamedUUID(ns UUID, name string) UUID {
	return newUUIDv5(ns, append(make([]byte, nameSpace, nameSpace+len(name)), name...))
}

// A Namer makes name-based UUIDs (version 5) of names in parts, in one name space and
// without an allocation each. It belongs to one goroutine.
type Namer struct {
	space UUID
	name  []byte
}

// NewNamer returns a namer in the name space ns.
func NewNamer(ns UUID) *Namer { return &Namer{space: ns, name: make([]byte, nameSpace, 256)} }

// UUID returns the UUID of parts, between which NUL stands: [NamedUUID] of a single
// one.
func (n *Namer) UUID(parts ...string) UUID {
	n.name = n.name[:nameSpace]
	for i, p := range parts {
		if i > 0 {
			n.name = append(n.name, 0)
		}
		n.name = append(n.name, p...)
	}
	return newUUIDv5(n.space, n.name)
}

// URLSpace returns the name space of the name spaces that are derived from a URL or
// a name of ours (RFC 9562, section 6.6).
func URLSpace() UUID { return namespaceURL }

// nameSpace is the room that newUUIDv5 needs in front of a name.
const nameSpace = 16

// TagUUID returns a tag's identity. Its six inputs and no others decide it,
// ever: replay safety rests on it. sub is "" when there is none. buf is working
// memory of the caller's, which grows as needed.
func TagUUID(buf *[]byte, sourceKind, sourceID, ruleID string, ruleVersion int, technique, sub string) UUID {
	b := append((*buf)[:0], namespaceTag[:]...)
	b = append(b, sourceKind...)
	b = append(b, '|')
	b = append(b, sourceID...)
	b = append(b, '|')
	b = append(b, ruleID...)
	b = append(b, '|')
	b = strconv.AppendInt(b, int64(ruleVersion), 10)
	b = append(b, '|')
	b = append(b, technique...)
	b = append(b, '|')
	b = append(b, sub...)
	*buf = b
	return newUUIDv5(namespaceTag, b)
}

// AttackerUUID returns the attacker_uuid of an address: IPv4-mapped unwrapped,
// zone dropped, RFC 5952 text.
func AttackerUUID(ip netip.Addr) UUID {
	b := make([]byte, nameSpace, nameSpace+48)
	return newUUIDv5(namespaceAttacker, ip.Unmap().WithZone("").AppendTo(b))
}

// IdentityUUID returns the identity_uuid of an attacker that nobody resolved
// to an identity.
func IdentityUUID(attackerUUID string) UUID {
	return newUUIDv5(namespaceIdentity, append(make([]byte, nameSpace), attackerUUID...))
}
