package main

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"ttpctl/internal/hint"
	"ttpctl/internal/lines"
	"ttpctl/internal/settings"
)

// configLimit bounds a config file, in bytes.
const configLimit = 1 << 20

// readConfig reads the config file at path, which must exist, or for "" the
// one at its usual place, which need not. Its keys are flags of root and of the
// commands below it.
func (a *app) readConfig(ctx context.Context, path string, root *cobra.Command) (map[string]settings.Setting, error) {
	named := path != ""
	if !named {
		path = a.configPath()
	}
	if path == "" {
		return nil, nil
	}
	data, err := lines.ReadFile(ctx, path, configLimit)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case !named && errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, cannotRun("--config names another file", "config: %s: %w", path, hint.PathReason(err))
	case len(data) > configLimit:
		return nil, cannotRun("", "config: %s: larger than %d bytes", path, configLimit)
	}
	return settings.Parse(path, data, settable(root))
}

// configPath returns the config file's usual place, "" when the environment
// names no home. As the XDG specification has it, a relative
// XDG_CONFIG_HOME counts as none.
func (a *app) configPath() string {
	dir := a.getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) {
		home := a.getenv("HOME")
		if home == "" {
			return ""
		}
		dir = filepath.Join(home, ".config")
	}
	return filepath.Join(dir, "ttpctl", "config.yaml")
}
