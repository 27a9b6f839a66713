package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"gopkg.in/yaml.v3"

	"ttpctl/internal/lines"
)

// configLimit bounds a config file, in bytes.
const configLimit = 1 << 20

// A setting is one key of the config file.
type setting struct {
	values []string
	where  string // file:line
}

// readConfig reads the config file at path, which must exist, or for "" the
// one at its usual place, which need not.
func (a *app) readConfig(ctx context.Context, path string, known []string) (map[string]setting, error) {
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
		return nil, cannotRun("--config names another file", "config: %s: %w", path, reason(err))
	case len(data) > configLimit:
		return nil, cannotRun("", "config: %s: larger than %d bytes", path, configLimit)
	}
	return parseConfig(path, data, known)
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

// parseConfig reads flat YAML: keys named as flags, values scalars or lists
// of scalars.
func parseConfig(path string, data []byte, known []string) (map[string]setting, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, cannotRun("", "config: %s: %w", path, err)
	}
	if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
		return nil, nil
	}
	m := doc.Content[0]
	if m.Kind != yaml.MappingNode {
		return nil, cannotRun("write lines such as `color: never`", "config: %s:%d: not a mapping", path, m.Line)
	}
	settings := make(map[string]setting, len(m.Content)/2)
	for i := 0; i+1 < len(m.Content); i += 2 {
		key, where := m.Content[i], fmt.Sprintf("%s:%d", path, m.Content[i].Line)
		values, ok := scalars(m.Content[i+1])
		switch _, twice := settings[key.Value]; {
		case !slices.Contains(known, key.Value):
			return nil, valueError("config: "+where, key.Value, unknownWord("key", key.Value, known))
		case twice:
			return nil, cannotRun("", "config: %s: %s: set twice", where, key.Value)
		case !ok:
			return nil, cannotRun("", "config: %s: %s: neither a value nor a list of values", where, key.Value)
		}
		settings[key.Value] = setting{values, "config: " + where}
	}
	return settings, nil
}

// scalars returns the values of a scalar or of a list of scalars. Aliases are
// neither: nothing in a config file is worth one.
func scalars(n *yaml.Node) ([]string, bool) {
	switch n.Kind {
	case yaml.ScalarNode:
		return []string{n.Value}, n.Tag != "!!null"
	case yaml.SequenceNode:
		var values []string
		for _, item := range n.Content {
			if item.Kind != yaml.ScalarNode {
				return nil, false
			}
			values = append(values, item.Value)
		}
		return values, true
	}
	return nil, false
}
