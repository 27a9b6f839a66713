package stix

import (
	"github.com/go-json-experiment/json/jsontext"

	"ttpctl/internal/event"
)

// observableSpace is the name space that STIX 2.1 (section 2.9) gives for the ids
// of observables; a test holds the ids of the specification's own examples to it.
var observableSpace = event.UUID{0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7}

// ourSpace returns the name space of all other ids:
// UUIDv5(NAMESPACE_URL, "ttpctl:stix:v1").
func ourSpace() event.UUID { return event.NamedUUID(event.URLSpace(), "ttpctl:stix:v1") }

// observableID returns the id of an observable whose contributing properties are
// contributing, a JSON object.
func observableID(kind, contributing string) string {
	v := jsontext.Value(contributing)
	if err := v.Canonicalize(); err != nil {
		panic(err) // it is written by this package
	}
	return kind + "--" + event.NamedUUID(observableSpace, string(v)).String()
}

// valueID is observableID where `value` is the one contributing property.
func valueID(kind, value string) string {
	return observableID(kind, `{"value":`+quote(value)+`}`)
}

// id returns the id of an object of ours that what names.
func (b *bundle) id(kind string, what ...string) string {
	name := kind
	for _, w := range what {
		name += "\x00" + w
	}
	return kind + "--" + event.NamedUUID(b.space, name).String()
}

// quote returns s as a JSON string; invalid UTF-8 becomes U+FFFD.
func quote(s string) string {
	b, _ := jsontext.AppendQuote(nil, s)
	return string(b)
}
