package program

import (
	"slices"
	"strings"
	"sync"
)

// A Grammar is a way to read words as options and operands.
type Grammar uint8

// The grammars; see the package comment.
const (
	GNU Grammar = iota
	POSIX
	LongDash
	KeyValue
	Dashless
	Find
	numGrammars
)

var grammarNames = [numGrammars]string{"gnu", "posix", "longdash", "keyvalue", "dashless", "find"}

// String returns the grammar as rows spell it.
func (g Grammar) String() string { return grammarNames[g] }

// A Row is what the table says of one program. Safe for concurrent use; nothing in it may be changed.
type Row struct {
	ID        int    // its place in the table
	Name      string // by which rules and effects know the program
	Aliases   []string
	Grammar   Grammar
	Classes   []string // with their @
	Versioned bool     // the name may carry a version: python3.11
	Partial   bool     // it has more options than the row tells, so that none is wrong
	Source    string   // of the facts
	File      string   // of the table, with Line

	Line  int
	text  string // the indented lines
	table *Table
	once  sync.Once
	form  *Form
	err   error
}

// Form returns how the program itself, without a subcommand, reads its words. It is never nil; of a row that is broken it is empty.
func (r *Row) Form() *Form {
	r.once.Do(func() { r.form, r.err = compile(r) })
	return r.form
}

// Is reports whether the program is of that class, named with its @.
func (r *Row) Is(class string) bool { return slices.Contains(r.Classes, class) }

// A Form is how a program, or one of its subcommands, reads its words.
type Form struct {
	Name     string // of the subcommand, deeper ones joined by a blank; empty for the program itself
	Outer    *Form  // the form around a subcommand, whose options it has too
	Specs    []Spec
	Operands []Operands
	Subs     []*Form  // in the order of the row
	Effects  []string // names of effect functions

	short   [128]uint16 // index in Specs + 1 by letter
	long    []longName  // sorted
	names   lookup      // of the same, indexes in Specs
	subs    lookup      // indexes in Subs
	effects []effectFunc

	inner    int // how many operands end the options, for the last of them is a command; 0 = none does
	finished bool
}

// A Spec is one option.
type Spec struct {
	Names []string // with their dashes
	// Hashes are NameHash of Names, Bits their NameBit.
	Hashes []uint16
	Bits   uint64

	Value Takes
	Role  Role // of the value
}

// Takes says whether an option takes a value.
type Takes uint8

// An option takes none, has to have one (attached or the next word), or may have one (attached).
const (
	NoValue Takes = iota
	NeedsValue
	MayValue
)

// Operands are the roles of operands in order: First, then any number of Rest when Many, then Last.
type Operands struct {
	With  []string // in force when one of these options was given; nil: always
	First []Role
	Rest  Role
	Many  bool
	Last  []Role
}

type longName struct {
	name string
	spec uint16 // index in Specs
}

// Sub returns the subcommand of that name directly below f, or nil.
func (f *Form) Sub(name string) *Form {
	if i, ok := f.subs.get(name); ok {
		return f.Subs[i]
	}
	return nil
}

// Option returns the option of that exact name, with its dashes, in f or around it.
func (f *Form) Option(name string) *Spec {
	for ; f != nil; f = f.Outer {
		for i := range f.Specs {
			if slices.Contains(f.Specs[i].Names, name) {
				return &f.Specs[i]
			}
		}
	}
	return nil
}

// letter returns the short option of that letter in f or around it.
func (f *Form) letter(c byte) *Spec {
	for ; f != nil && c < 128; f = f.Outer {
		if i := f.short[c]; i > 0 {
			return &f.Specs[i-1]
		}
	}
	return nil
}

// word returns the long option of that name, or, when abbreviations count, the only one that begins with it. name has its dashes.
func (f *Form) word(name string, abbreviated bool) (*Spec, string) {
	for ; f != nil; f = f.Outer {
		if spec, ok := f.names.get(name); ok {
			return &f.Specs[spec], name
		}
		if !abbreviated {
			continue
		}
		i, _ := slices.BinarySearchFunc(f.long, name, func(l longName, s string) int { return strings.Compare(l.name, s) })
		if i < len(f.long) && strings.HasPrefix(f.long[i].name, name) {
			if i+1 == len(f.long) || !strings.HasPrefix(f.long[i+1].name, name) || f.long[i+1].spec == f.long[i].spec {
				return &f.Specs[f.long[i].spec], f.long[i].name
			}
		}
	}
	return nil, name
}

// dashWord is word of a name in full. Those of one letter are not among the long ones.
func (f *Form) dashWord(name string) *Spec {
	if len(name) == 2 && name[0] == '-' && name[1] < 128 {
		return nil
	}
	spec, _ := f.word(name, false)
	return spec
}

// NameHashes is how many NameHash has.
const NameHashes = 1 << 10

// NameHash is one of NameHashes numbers of an option's name, of which the lower bits are as good as the upper ones.
func NameHash(name string) uint16 {
	if name == "" {
		return 0
	}
	h := uint32(len(name))<<16 | uint32(name[len(name)-1])<<8 | uint32(name[len(name)/2])
	h *= 0x9e3779b1
	return uint16((h ^ h>>15) >> 11 % NameHashes)
}

// NameBit is the bit of a name in a set of names.
func NameBit(name string) uint64 { return 1 << (NameHash(name) % 64) }
