// Package settings reads a configuration file: flat YAML, whose keys are named as the
// flags of the commands, and whose values are scalars or lists of scalars. Every error
// names the line. A [Size] is a setting too: bytes, as people write them.
//
// For example, of the file
//
//	color: never
//	exclude-ip: [192.0.2.1, 192.0.2.2]
//
// Parse returns two settings, the second with two values.
package settings

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"ttpctl/internal/hint"
)

// A Setting is one key of the file.
type Setting struct {
	Values []string
	Where  string // config: file:line
}

// Parse reads flat YAML: keys named as flags, values scalars or lists
// of scalars. known are the keys that it may have.
func Parse(path string, data []byte, known []string) (map[string]Setting, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, hint.Errorf("", "config: %s: %w", path, err)
	}
	if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
		return nil, nil
	}
	m := doc.Content[0]
	if m.Kind != yaml.MappingNode {
		return nil, hint.Errorf("write lines such as `color: never`", "config: %s:%d: not a mapping", path, m.Line)
	}
	all := make(map[string]Setting, len(m.Content)/2)
	for i := 0; i+1 < len(m.Content); i += 2 {
		key, where := m.Content[i], fmt.Sprintf("%s:%d", path, m.Content[i].Line)
		values, ok := scalars(m.Content[i+1])
		switch _, twice := all[key.Value]; {
		case !slices.Contains(known, key.Value):
			unknown := hint.UnknownWord("key", key.Value, known)
			return nil, hint.Errorf(hint.Meant("", key.Value, known, "known: "+strings.Join(known, ", ")), "config: %s: %w", where, unknown)
		case twice:
			return nil, hint.Errorf("", "config: %s: %s: set twice", where, key.Value)
		case !ok:
			return nil, hint.Errorf("", "config: %s: %s: neither a value nor a list of values", where, key.Value)
		}
		all[key.Value] = Setting{values, "config: " + where}
	}
	return all, nil
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
