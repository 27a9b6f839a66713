package publish

import (
	"bytes"
	"os"

	"ttpctl/internal/hint"
)

// ReadSecret returns what a webhook signs with: the content of the file that is
// called name, without the space around it.
func ReadSecret(name string) ([]byte, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, hint.Errorf("", "--webhook-secret-file %s: %w", name, hint.PathReason(err))
	}
	secret := bytes.TrimSpace(data)
	if len(secret) == 0 {
		return nil, hint.Errorf("", "--webhook-secret-file %s: it is empty", name)
	}
	return secret, nil
}
