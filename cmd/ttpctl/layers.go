package main

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/store"
	"ttpctl/rules"
)

// packLayer is the layer of --rules that means the embedded pack. A directory
// of that name is ./pack.
const packLayer = "pack"

// packName is where the rules of the embedded pack seem to stand when they lie
// beside others: no file of a user's is called so.
const packName = "<pack>"

// ruleLayers is the value of --rules: directories, files, globs and the pack,
// the lowest layer first. None means the embedded pack alone. What a layer does
// to those below it is engine.Compile's to decide.
type ruleLayers []string

// Type implements pflag.Value.
func (l *ruleLayers) Type() string { return "path" }

// String implements pflag.Value.
func (l *ruleLayers) String() string { return strings.Join(*l, " ") }

// Set implements pflag.Value: it lays name on top, where it counts from now on
// if it was a layer before.
func (l *ruleLayers) Set(name string) error {
	if name == "" {
		return nil
	}
	others := slices.DeleteFunc(slices.Clone(*l), func(other string) bool { return placeOf(other) == placeOf(name) })
	*l = append(others, name)
	return nil
}

// placeOf returns what a layer is, however it is spelled.
func placeOf(layer string) string {
	if layer == packLayer {
		return packName
	}
	return filepath.Clean(layer)
}

// Append, Replace and GetSlice implement pflag.SliceValue.
func (l *ruleLayers) Append(name string) error { return l.Set(name) }

func (l *ruleLayers) Replace(names []string) error {
	*l = nil
	for _, name := range names {
		if err := l.Set(name); err != nil {
			return err
		}
	}
	return nil
}

func (l *ruleLayers) GetSlice() []string { return *l }

// given reports whether l is anything but the embedded pack alone.
func (l ruleLayers) given() bool { return len(l) > 0 && !slices.Equal(l, ruleLayers{packLayer}) }

// orPack returns the layers, at least one.
func (l ruleLayers) orPack() []string {
	if len(l) == 0 {
		return []string{packLayer}
	}
	return l
}

// where names the layers to people.
func (l ruleLayers) where() string {
	switch {
	case !l.given():
		return "the embedded pack"
	case len(l) == 1:
		return l[0]
	}
	return "the layers " + strings.Join(l, ", ")
}

// arguments are what validate wants to check the same rules.
func (l ruleLayers) arguments() string {
	switch {
	case !l.given():
		return ""
	case len(l) == 1:
		return " " + l[0]
	}
	return " --rules " + strings.Join(l, " --rules ")
}

// embeddedPack returns the pack in the binary, whose rules seem to stand in
// dir.
func embeddedPack(dir string) *store.Embedded {
	pack, err := fs.Sub(rules.Files, "ttp")
	if err == nil {
		var e *store.Embedded
		if e, err = store.NewEmbedded(dir, pack); err == nil {
			return e
		}
	}
	panic("ttpctl: the embedded pack: " + err.Error()) // it is part of the program
}

// packSources returns the rules of the embedded pack: alone, under the names
// that they have in this repository.
func packSources(alone bool) []engine.Source {
	dir := packName
	if alone {
		dir = "rules/ttp"
	}
	return embeddedPack(dir).Sources()
}
