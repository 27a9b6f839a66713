package engine

// A FieldSet is a set of payload fields: what a decoder need keep. It is
// immutable once handed out, and safe for concurrent use.
type FieldSet struct {
	fields []bool // by FieldID
	kinds  [NumKinds]bool
}

func newFieldSet() *FieldSet { return &FieldSet{fields: make([]bool, len(fields.fields))} }

// AllFields returns the set of every field of every kind.
func AllFields() *FieldSet {
	s := newFieldSet()
	for _, k := range Kinds() {
		s.addKind(k)
	}
	return s
}

func (s *FieldSet) add(id FieldID) {
	s.fields[id] = true
	s.kinds[id.Field().Kind] = true
}

func (s *FieldSet) addKind(k Kind) {
	s.kinds[k] = true
	for _, id := range FieldsOf(k) {
		s.fields[id] = true
	}
}

// Has reports whether field id is in the set.
func (s *FieldSet) Has(id FieldID) bool { return s.fields[id] }

// Kind reports whether any rule reads events of kind k.
func (s *FieldSet) Kind(k Kind) bool { return s.kinds[k] }
