package rulesdir

import (
	"path/filepath"
	"slices"
	"strings"
)

// PackLayer is the layer of --rules that means the embedded pack. A directory
// of that name is ./pack.
const PackLayer = "pack"

// PackName is where the rules of the embedded pack seem to stand when they lie
// beside others: no file of a user's is called so.
const PackName = "<pack>"

// Layers is the value of --rules: directories, files, globs and the pack,
// the lowest layer first. None means the embedded pack alone. What a layer does
// to those below it is engine.Compile's to decide.
type Layers []string

// Type implements pflag.Value.
func (l *Layers) Type() string { return "path" }

// String implements pflag.Value.
func (l *Layers) String() string { return strings.Join(*l, " ") }

// Set implements pflag.Value: it lays name on top, where it counts from now on
// if it was a layer before.
func (l *Layers) Set(name string) error {
	if name == "" {
		return nil
	}
	others := slices.DeleteFunc(slices.Clone(*l), func(other string) bool { return placeOf(other) == placeOf(name) })
	*l = append(others, name)
	return nil
}

// placeOf returns what a layer is, however it is spelled.
func placeOf(layer string) string {
	if layer == PackLayer {
		return PackName
	}
	return filepath.Clean(layer)
}

// Append, Replace and GetSlice implement pflag.SliceValue.
func (l *Layers) Append(name string) error { return l.Set(name) }

func (l *Layers) Replace(names []string) error {
	*l = nil
	for _, name := range names {
		if err := l.Set(name); err != nil {
			return err
		}
	}
	return nil
}

func (l *Layers) GetSlice() []string { return *l }

// Given reports whether l is anything but the embedded pack alone.
func (l Layers) Given() bool { return len(l) > 0 && !slices.Equal(l, Layers{PackLayer}) }

// OrPack returns the layers, at least one.
func (l Layers) OrPack() []string {
	if len(l) == 0 {
		return []string{PackLayer}
	}
	return l
}

// Where names the layers to people.
func (l Layers) Where() string {
	switch {
	case !l.Given():
		return "the embedded pack"
	case len(l) == 1:
		return l[0]
	}
	return "the layers " + strings.Join(l, ", ")
}

// Arguments are what validate wants to check the same rules.
func (l Layers) Arguments() string {
	switch {
	case !l.Given():
		return ""
	case len(l) == 1:
		return " " + l[0]
	}
	return " --rules " + strings.Join(l, " --rules ")
}

// Files returns the files that the layers name.
func (l Layers) Files() []string {
	return Paths(slices.DeleteFunc(slices.Clone(l), func(name string) bool { return name == PackLayer })...)
}
