package stix

import (
	"ttpctl/internal/event"
)

// observableSpace is the name space that STIX 2.1 (section 2.9) gives for the ids
// of observables; a test holds the ids of the specification's own examples to it.
var observableSpace = event.UUID{0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7}

// ourSpace returns the name space of all other ids:
// UUIDv5(NAMESPACE_URL, "ttpctl:stix:v1").
func ourSpace() event.UUID { return event.NamedUUID(event.URLSpace(), "ttpctl:stix:v1") }

// Names makes ids. They are written into memory that it uses again, so that an id
// costs one allocation, of its text.
type names struct {
	ours, observables *event.Namer
	buf, text         []byte
}

func newNames() names {
	return names{ours: event.NewNamer(ourSpace()), observables: event.NewNamer(observableSpace)}
}

// id returns the id of an object of ours that what names.
func (n *names) id(kind string, what ...string) string {
	var parts [8]string
	return n.write(kind, n.ours.UUID(append(append(parts[:0], kind), what...)...))
}

// observable returns the id of an observable whose contributing properties are
// contributing, a JSON object in canonical form (RFC 8785).
func (n *names) observable(kind string, contributing []byte) string {
	return n.write(kind, n.observables.UUID(string(contributing)))
}

// value is observable where `value` is the one contributing property.
func (n *names) value(kind, value string) string {
	n.buf = append(event.AppendQuoted(append(n.buf[:0], `{"value":`...), value), '}')
	return n.observable(kind, n.buf)
}

// file is observable of a file with one hash, and perhaps a name.
func (n *names) file(algorithm, hash, name string) string {
	n.buf = event.AppendQuoted(append(n.buf[:0], `{"hashes":{`...), algorithm)
	n.buf = append(event.AppendQuoted(append(n.buf, ':'), hash), '}')
	if name != "" {
		n.buf = event.AppendQuoted(append(n.buf, `,"name":`...), name)
	}
	n.buf = append(n.buf, '}')
	return n.observable("file", n.buf)
}

func (n *names) write(kind string, u event.UUID) string {
	n.text, _ = u.AppendText(append(append(n.text[:0], kind...), "--"...))
	return string(n.text)
}
