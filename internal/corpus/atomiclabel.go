package corpus

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"regexp"
	"strings"
	"sync"
)

// An AtomicLabel says of one test whether its command lines can show its
// technique at all.
type AtomicLabel struct {
	GUID   string `json:"guid"`
	Shown  bool   `json:"shown"`
	Reason string `json:"reason,omitempty"` // why not; for people
}

// AtomicLabels are labels by guid.
type AtomicLabels map[string]AtomicLabel

// ReadAtomicLabels reads a file of labels. All bad lines are reported, as
// [RowError]s.
func ReadAtomicLabels(ctx context.Context, file Corpus) (AtomicLabels, error) {
	labels := AtomicLabels{}
	err := readObjects(ctx, []Corpus{file}, func(_ linePlace, l AtomicLabel) error {
		switch _, dup := labels[l.GUID]; {
		case l.GUID == "":
			return errors.New("guid is missing")
		case dup:
			return fmt.Errorf("%s has a label already", quoteShort(l.GUID))
		case l.Shown == (l.Reason != ""):
			return errors.New("a reason belongs to what cannot be shown, and to nothing else")
		}
		labels[l.GUID] = l
		return nil
	})
	return labels, err
}

// testNames is what gives a test away: technique ids, and the names of the
// project and its directories.
var testNames = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\bT1\d{3}(?:[._-]?\d{3})?|redcanary(?:co)?|atomic[ _-]?red[ _-]?team|atomics?|ExternalPayloads`)
})

// scrubAtomic returns the commands of t with each name that gives a test away
// replaced by one that looks chosen by lot, the same throughout the test: a
// rule must know the behaviour, not the test.
func scrubAtomic(t *AtomicTest) []string {
	var commands []string
	for _, c := range t.Commands {
		commands = append(commands, testNames().ReplaceAllStringFunc(c, func(name string) string {
			return drawnName(t.GUID + t.Name + strings.ToLower(name))
		}))
	}
	return commands
}

// drawnName returns a word of eight letters that follows from key.
func drawnName(key string) string {
	h := fnv.New64a()
	h.Write([]byte(key))
	name := make([]byte, 0, 8)
	for n := h.Sum64(); len(name) < cap(name); n /= 75 {
		name = append(name, "bdfgklmnprstvwz"[n%15], "aeiou"[n/15%5])
	}
	return string(name)
}
