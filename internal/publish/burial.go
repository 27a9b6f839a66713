package publish

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"ttpctl/internal/escape"
	"ttpctl/internal/store"
)

// burials returns the messages that tell of dead letters.
func burials(dead []store.DeadLetter) []store.Message {
	ms := make([]store.Message, len(dead))
	for i := range dead {
		d := &dead[i]
		sum := sha256.Sum256(d.Body)
		// Texts and a number always have a JSON form.
		body, _ := json.Marshal(store.Burial{
			Source: d.Source, Where: d.Where, Reason: escape.Terminal(d.Reason), Bytes: len(d.Body), SHA256: hex.EncodeToString(sum[:]),
		})
		ms[i] = store.Message{Topic: store.Buried, Body: body}
	}
	return ms
}
