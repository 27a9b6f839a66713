package lifters

import (
	"crypto/sha256"
	"strings"
)

// maxWallets bounds how many candidates for an address one text has checked:
// a mail made of nothing else must not cost seconds.
const maxWallets = 4096

// findWallet returns the first Bitcoin or Monero address in text. Their
// checksums are verified, so that no hash, id or other long word passes for
// one.
func findWallet(text string) (address string, ok bool) {
	start, checks := 0, 0
	for i := 0; i <= len(text); i++ {
		if i < len(text) && isAlnum(text[i]) {
			continue
		}
		if token := text[start:i]; mayBeWallet(token) {
			if isWallet(token) {
				return token, true
			}
			if checks++; checks == maxWallets {
				return "", false
			}
		}
		start = i + 1
	}
	return "", false
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= lowerByte(c) && lowerByte(c) <= 'z'
}

// mayBeWallet is a cheap test of length and first character.
func mayBeWallet(token string) bool {
	if len(token) < minLegacyLen || len(token) > moneroIntegratedLen {
		return false
	}
	return strings.IndexByte("13bB48", token[0]) >= 0
}

func isWallet(token string) bool {
	switch token[0] {
	case '1', '3':
		return isLegacyBitcoin(token)
	case 'b', 'B':
		return isSegwitBitcoin(token)
	}
	return isMonero(token)
}

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// Lengths of legacy addresses, 25 bytes in base58, in characters.
const (
	minLegacyLen = 26
	maxLegacyLen = 35
)

// isLegacyBitcoin checks base58check: version, 20 bytes of hash, and the
// first 4 bytes of the double SHA-256 of both.
func isLegacyBitcoin(s string) bool {
	if len(s) > maxLegacyLen {
		return false
	}
	var raw [25]byte
	for i := range len(s) {
		carry := strings.IndexByte(base58, s[i])
		if carry < 0 {
			return false
		}
		for j := len(raw) - 1; j >= 0; j-- {
			carry += int(raw[j]) * 58
			raw[j], carry = byte(carry), carry>>8
		}
		if carry != 0 {
			return false
		}
	}
	once := sha256.Sum256(raw[:21])
	twice := sha256.Sum256(once[:])
	return (raw[0] == 0 || raw[0] == 5) && string(raw[21:]) == string(twice[:4])
}

const bech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// Constants that a bech32 checksum comes to: BIP 173, and BIP 350 (bech32m)
// for witness versions from 1.
const (
	bech32Final  = 1
	bech32mFinal = 0x2bc830a3
)

// isSegwitBitcoin checks a main-net segwit address: bc1, the witness version,
// the program, and six characters of checksum, all in one case.
func isSegwitBitcoin(s string) bool {
	const hrp = "bc1"
	if len(s) > 90 || !hasPrefixFold(s, hrp) || s != strings.ToLower(s) && s != strings.ToUpper(s) {
		return false
	}
	chk := uint32(1)
	for _, v := range [...]byte{3, 3, 0, 2, 3} { // "bc" expanded: high bits, 0, low bits
		chk = bech32Step(chk, v)
	}
	for i := len(hrp); i < len(s); i++ {
		v := strings.IndexByte(bech32, lowerByte(s[i]))
		if v < 0 {
			return false
		}
		chk = bech32Step(chk, byte(v))
	}
	version := strings.IndexByte(bech32, lowerByte(s[len(hrp)]))
	program := (len(s) - len(hrp) - 1 - 6) * 5 / 8
	if version == 0 {
		return chk == bech32Final && (program == 20 || program == 32)
	}
	return chk == bech32mFinal && version <= 16 && program >= 2 && program <= 40
}

// bech32Step is one step of the BCH code of BIP 173.
func bech32Step(chk uint32, v byte) uint32 {
	generator := [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3}
	top := chk >> 25
	chk = chk&0x1ffffff<<5 ^ uint32(v)
	for i, g := range generator {
		if top>>i&1 == 1 {
			chk ^= g
		}
	}
	return chk
}
