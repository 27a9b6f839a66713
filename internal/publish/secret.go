package publish

import (
	"bytes"
	"errors"
	"io/fs"
	"os"

	"ttpctl/internal/hint"
)

// ReadSecret returns what a webhook signs with: the content of the file that is
// called name, without the space around it.
func ReadSecret(name string) ([]byte, error) {
	data, err := os.ReadFile(name)
	if broken, ok := errors.AsType[*fs.PathError](err); ok {
		err = broken.Err // the path is named below
	}
	if err != nil {
		return nil, hint.Errorf("", "--webhook-secret-file %s: %w", name, err)
	}
	secret := bytes.TrimSpace(data)
	if len(secret) == 0 {
		return nil, hint.Errorf("", "--webhook-secret-file %s: it is empty", name)
	}
	return secret, nil
}
