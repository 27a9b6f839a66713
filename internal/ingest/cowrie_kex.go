package ingest

import (
	"crypto/md5"
	"encoding/hex"
	"io"
	"slices"

	"ttpctl/internal/event"
	"ttpctl/internal/lines"
)

// A kexReader computes the hassh of an SSH client from the lists of
// algorithms that a line holds: the MD5 of kexAlgs;encCS;macCS;compCS, each
// joined by commas (https://github.com/salesforce/hassh).
type kexReader struct {
	list  *lines.JSON
	where [4][2]int // ranges of the lists in the line, beside kexLists
}

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
	sum := md5.New()
	for i, at := range k.where {
		if at[0] == at[1] || l[at[0]] != '[' {
			return ""
		}
		k.list.Reset(l[at[0]:at[1]], text[at[0]:at[1]])
		var v event.Value
		if k.list.Value(&v) != nil {
			return ""
		}
		if i > 0 {
			io.WriteString(sum, ";")
		}
		for n := range v.List {
			if n > 0 {
				io.WriteString(sum, ",")
			}
			io.WriteString(sum, v.List[n].Str)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}
