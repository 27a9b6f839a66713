package event

import "slices"

// A FieldSet is a set of payload fields: what a decoder needs to keep.
// Whoever makes one fills it before handing it out; from then on nobody
// changes it, and any number of goroutines may read it.
type FieldSet struct {
	fields []bool // by FieldID
	kinds  [NumKinds]bool
}

// newFieldSet returns an empty set.
func NewFieldSet() *FieldSet { return &FieldSet{fields: make([]bool, len(fields.fields))} }

// AllFields returns the set of every field of every kind.
func AllFields() *FieldSet {
	s := NewFieldSet()
	for _, k := range Kinds() {
		s.AddAll(k)
	}
	return s
}

// add adds field id and its kind.
func (s *FieldSet) Add(id FieldID) {
	s.fields[id] = true
	s.kinds[id.Field().Kind] = true
}

// addKind adds kind k without any of its fields.
func (s *FieldSet) AddKind(k Kind) { s.kinds[k] = true }

// addAll adds kind k and every field of it.
func (s *FieldSet) AddAll(k Kind) {
	s.AddKind(k)
	for _, id := range FieldsOf(k) {
		s.fields[id] = true
	}
}

// Has reports whether field id is in the set.
func (s *FieldSet) Has(id FieldID) bool { return s.fields[id] }

// Kind reports whether any rule reads events of kind k.
func (s *FieldSet) Kind(k Kind) bool { return s.kinds[k] }

// Equal reports whether s and o are the same set.
func (s *FieldSet) Equal(o *FieldSet) bool {
	return s.kinds == o.kinds && slices.Equal(s.fields, o.fields)
}

// Join adds what o holds.
func (s *FieldSet) Join(o *FieldSet) {
	for id, has := range o.fields {
		s.fields[id] = s.fields[id] || has
	}
	for k, has := range o.kinds {
		s.kinds[k] = s.kinds[k] || has
	}
}
