package sqldb

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

const (
	// keySize bounds what an index holds of an id, in bytes: of two they fit into an
	// entry of an index of MariaDB (3,072 bytes of at most four a character) and of
	// PostgreSQL (2,704).
	keySize = 380
	// keyHead is how much of a longer id begins its key.
	keyHead = 280
)

// Key returns what stands for an id in columns that are searched and compared:
// the id, but of one that is too long for an index its beginning and its hash. An
// id that attackers choose may have megabytes.
func Key(id string) string {
	if len(id) <= keySize && len(Escape(id)) <= keySize {
		return id
	}
	head := id[:min(len(id), keyHead)]
	for !utf8.ValidString(head) && len(head) > keyHead-utf8.UTFMax {
		head = head[:len(head)-1] // within a character
	}
	head = strings.Map(func(r rune) rune {
		if r == 0 || r == utf8.RuneError || string(r) == mark {
			return '?'
		}
		return r
	}, head)
	sum := sha256.Sum256([]byte(id))
	return head + "…sha256:" + hex.EncodeToString(sum[:])
}

// key is Key where text is indexed so.
func (tx *Tx) key(id string) string {
	if !tx.dialect.Escapes {
		return id
	}
	return Key(id)
}
