package store

import "sync"

// Notices tells each trouble once, and once that it is over. It is safe for
// concurrent use.
type Notices struct {
	Notify func(Notice) // nil = nobody listens

	mu   sync.Mutex
	told map[string]string // by subject
}

// Tell notes how subject is and reports whether it is well.
func (n *Notices) Tell(subject string, err error) bool {
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
	if changed && n.Notify != nil {
		n.Notify(Notice{subject, err})
	}
	return err == nil
}
