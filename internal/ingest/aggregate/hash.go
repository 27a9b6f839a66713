package aggregate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	stdhash "hash"
	"strconv"
)

// A hash is an HMAC-SHA-256.
type hash [sha256.Size]byte

// text returns h as events carry it.
func (h hash) text() string { return "hmac-sha256:" + hex.EncodeToString(h[:]) }

// short returns enough of h to tell the passwords of one aggregate apart.
func (h hash) short() uint64 { return binary.BigEndian.Uint64(h[:]) }

// A digest stands for something of any length.
type digest [16]byte

// A hasher hashes passwords under a key, and other things without one.
type hasher struct {
	mac stdhash.Hash
	buf []byte
	out hash // of mac, which would move any other to the heap
}

func newHasher(key []byte) *hasher { return &hasher{mac: hmac.New(sha256.New, key)} }

func (h *hasher) password(text string) hash {
	h.buf = append(h.buf[:0], text...)
	return h.sum()
}

// credential hashes a pair; the length tells where the user name ends.
func (h *hasher) credential(username, password string) hash {
	h.buf = strconv.AppendInt(h.buf[:0], int64(len(username)), 10)
	h.buf = append(h.buf, ':')
	h.buf = append(h.buf, username...)
	h.buf = append(h.buf, ':')
	h.buf = append(h.buf, password...)
	return h.sum()
}

// keepBuf is the capacity in bytes up to which buf is kept: one giant
// password must not stay around.
const keepBuf = 64 << 10

func (h *hasher) sum() hash {
	h.mac.Reset()
	h.mac.Write(h.buf)
	h.mac.Sum(h.out[:0])
	clear(h.buf)
	if cap(h.buf) > keepBuf {
		h.buf = nil
	}
	return h.out
}

// attempt returns what makes two logins the same.
func (h *hasher) attempt(a *attempt) digest {
	result := byte('f')
	if a.Success {
		result = 's'
	}
	h.begin(result)
	if a.has {
		h.buf = append(h.buf, 'p')
		h.buf = append(h.buf, a.password[:]...)
	} else {
		h.buf = append(h.buf, 'k')
	}
	return h.digest(a.Attacker, a.Service, a.Username)
}

// success returns what makes two logins the same access.
func (h *hasher) success(a *attempt) digest {
	h.begin('a')
	return h.digest(a.Attacker, a.Service, a.Username)
}

// access returns what makes two logins use the same thing.
func (h *hasher) access(a *attempt) digest {
	h.begin('w')
	if a.has {
		h.buf = append(h.buf, a.password[:]...)
		return h.digest(a.Username)
	}
	return h.digest(a.Username, "key", a.Key)
}

// day returns what makes two logins those of one attacker, service and day.
func (h *hasher) day(a *attempt) digest {
	h.begin('d')
	h.buf = binary.AppendVarint(h.buf, a.at.day())
	return h.digest(a.Attacker, a.Service)
}

// key returns what stands for k.
func (h *hasher) key(k *dueKey) digest {
	h.begin(byte(k.rank))
	return h.digest(k.sensor, k.service, k.attacker)
}

// begin begins the text of a digest; those of different kinds differ.
func (h *hasher) begin(kind byte) { h.buf = append(h.buf[:0], kind) }

// digest returns the digest of what was begun with and parts.
func (h *hasher) digest(parts ...string) digest {
	for _, p := range parts {
		h.buf = binary.AppendUvarint(h.buf, uint64(len(p)))
		h.buf = append(h.buf, p...)
	}
	sum := sha256.Sum256(h.buf)
	return digest(sum[:len(digest{})])
}

// place returns a short name of an attacker at a sensor, or anywhere.
func (h *hasher) place(attacker, sensor string) uint64 {
	h.begin('p')
	d := h.digest(attacker, sensor)
	return binary.BigEndian.Uint64(d[:])
}
