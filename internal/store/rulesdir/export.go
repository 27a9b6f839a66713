package rulesdir

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"ttpctl/internal/engine"
	"ttpctl/internal/hint"
	"ttpctl/internal/store"
)

// Path returns the file that a rule has in dir.
func Path(dir string, r *engine.Rule) string { return filepath.Join(dir, store.SourceName(r.ID)) }

// Stale returns the rules that dir lacks, or, with force, has with other
// content; without force such a file is an error. What is no regular file is
// never written through.
func Stale(dir string, rules []*engine.Rule, force bool) (stale []*engine.Rule, err error) {
	for _, r := range rules {
		same, err := holds(Path(dir, r), r.Source.Text(), force)
		if err != nil {
			return nil, err
		}
		if !same {
			stale = append(stale, r)
		}
	}
	return stale, nil
}

// holds reports whether the file at path has the content data.
func holds(path string, data []byte, force bool) (bool, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, hint.Errorf("", "%s: %w", path, errors.Unwrap(err))
	case !info.Mode().IsRegular():
		return false, hint.Errorf("remove it, or name another directory", "%s: %w", path, errNotRegular)
	}
	old, err := os.ReadFile(path)
	if err != nil {
		return false, hint.Errorf("", "%s: %w", path, errors.Unwrap(err))
	}
	same := bytes.Equal(old, data)
	if !same && !force {
		return false, hint.Errorf("--force replaces it; an empty directory takes all", "%s: has other content", path)
	}
	return same, nil
}
