package store

import (
	"cmp"
	"sync"

	"ttpctl/internal/engine"
)

// notices tells each trouble once, and once that it is over. It is safe for
// concurrent use.
type notices struct {
	notify func(Notice) // nil = nobody listens

	mu   sync.Mutex
	told map[string]string // by subject
}

// tell notes how subject is and reports whether it is well.
func (n *notices) tell(subject string, err error) bool {
	text := ""
	if err != nil {
		text = err.Error()
	}
	n.mu.Lock()
	changed := n.told[subject] != text
	switch {
	case err == nil:
		delete(n.told, subject)
	case n.told == nil:
		n.told = map[string]string{subject: text}
	default:
		n.told[subject] = text
	}
	n.mu.Unlock()
	if changed && n.notify != nil {
		n.notify(Notice{subject, err})
	}
	return err == nil
}

func compareNames(a, b engine.Source) int { return cmp.Compare(a.Name, b.Name) }
