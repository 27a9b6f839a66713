package ingest

import (
	"crypto/md5"
	"encoding/hex"
	"slices"

	"ttpctl/internal/lines"
)

// A kexReader computes the hassh of an SSH client from the lists of
// algorithms that a line holds: the MD5 of kexAlgs;encCS;macCS;compCS, each
// joined by commas (https://github.com/salesforce/hassh).
type kexReader struct {
	list  *lines.JSON
	where [4][2]int // ranges of the lists in the line, beside kexLists
	text  []byte    // what is hashed
	known map[string]string
}

// Bounds of the hashes that are known: clients are few and come again.
const (
	knownHasshs   = 256
	maxHasshBytes = 4 << 10 // of a text whose hash is kept
)

var kexLists = [4]string{"kexAlgs", "encCS", "macCS", "compCS"}

func (k *kexReader) reset() { k.where = [4][2]int{} }

func (k *kexReader) wants(name string) bool { return slices.Contains(kexLists[:], name) }

// member notes where the list stands: most lines give the hassh itself.
func (k *kexReader) member(j *lines.JSON, name string) error {
	begin, end, err := j.Span()
	k.where[slices.Index(kexLists[:], name)] = [2]int{begin, end}
	return err
}

// hassh returns the hash of the lists in l, or "" unless all are there.
func (k *kexReader) hassh(l []byte, text string) string {
	k.text = k.text[:0]
	for i, at := range k.where {
		if at[0] == at[1] || l[at[0]] != '[' {
			return ""
		}
		k.list.Reset(l[at[0]:at[1]], text[at[0]:at[1]])
		if i > 0 {
			k.text = append(k.text, ';')
		}
		first := true
		err := k.list.List(func() error {
			var name string
			err := k.list.Text(&name)
			if !first {
				k.text = append(k.text, ',')
			}
			k.text, first = append(k.text, name...), false
			return err
		})
		if err != nil {
			return ""
		}
	}
	return k.hash()
}

// hash returns the hash of text.
func (k *kexReader) hash() string {
	if known, ok := k.known[string(k.text)]; ok {
		return known
	}
	sum := md5.Sum(k.text)
	hassh := hex.EncodeToString(sum[:])
	if len(k.text) > maxHasshBytes {
		k.text = nil
		return hassh
	}
	if len(k.known) == knownHasshs || k.known == nil {
		k.known = make(map[string]string)
	}
	k.known[string(k.text)] = hassh
	return hassh
}
