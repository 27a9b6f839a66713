package lifters

import (
	"math/bits"
	"strings"

	"golang.org/x/crypto/sha3"
)

// A Monero address is base58 in blocks: 8 bytes make 11 characters, the bytes
// left over fewer. It holds a network byte, two keys of 32 bytes, in an
// integrated address a payment id of 8, and the first 4 bytes of the Keccak-256
// of all that. https://docs.getmonero.org/cryptography/base58/
const (
	moneroLen           = 95
	moneroIntegratedLen = 106
	moneroBlock         = 11
	moneroChecksum      = 4
)

// Network bytes of the main net: standard and integrated addresses begin with
// 4, subaddresses with 8.
const (
	moneroStandard   = 18
	moneroIntegrated = 19
	moneroSubaddress = 42
)

// moneroBytes is how many bytes a block of so many characters holds; 0 = no
// block has that length.
func moneroBytes(chars int) int {
	return [...]int{0, 0, 1, 2, 0, 3, 4, 5, 0, 6, 7, 8}[chars]
}

func isMonero(s string) bool {
	if len(s) != moneroLen && len(s) != moneroIntegratedLen {
		return false
	}
	raw := make([]byte, 0, moneroIntegratedLen)
	for rest := s; rest != ""; {
		n := min(len(rest), moneroBlock)
		block, ok := decodeMonero(rest[:n])
		if !ok {
			return false
		}
		raw, rest = append(raw, block...), rest[n:]
	}
	body, sum := raw[:len(raw)-moneroChecksum], raw[len(raw)-moneroChecksum:]
	switch body[0] {
	case moneroStandard, moneroSubaddress:
		if len(s) != moneroLen {
			return false
		}
	case moneroIntegrated:
		if len(s) != moneroIntegratedLen {
			return false
		}
	default:
		return false
	}
	h := sha3.NewLegacyKeccak256()
	h.Write(body)
	return string(h.Sum(nil)[:moneroChecksum]) == string(sum)
}

// decodeMonero decodes one block; ok is false when a character is no base58 or
// the number is too large for the block.
func decodeMonero(block string) (b []byte, ok bool) {
	var n uint64
	for i := range len(block) {
		digit := strings.IndexByte(base58, block[i])
		high, low := bits.Mul64(n, 58)
		sum, carry := bits.Add64(low, uint64(max(digit, 0)), 0)
		if digit < 0 || high != 0 || carry != 0 {
			return nil, false
		}
		n = sum
	}
	size := moneroBytes(len(block))
	if size == 0 || size < 8 && n>>(8*size) != 0 {
		return nil, false
	}
	for i := size - 1; i >= 0; i-- {
		b = append(b, byte(n>>(8*i)))
	}
	return b, true
}
