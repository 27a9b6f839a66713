package engine

import (
	"strings"

	"ttpctl/internal/engine/prefilter"
	"ttpctl/internal/engine/program"
)

// A lineAtom is what one command of a line must show: a program of these
// names, or one that begins so; a name with a path; or an effect.
type lineAtom struct {
	programs []string
	heads    []string // at most maxHead bytes each
	pathed   bool
	effect   *effectTest
}

// maxHead is how much of the plain text before the first star of a program's
// name is looked up.
const maxHead = 3

// Scores of line atoms, on the scale of prefilter: a path or a host by name is
// rarer than a program, and that is rarer than what many programs do.
const (
	scoreKeyed   = 36
	scoreDir     = 22
	scoreProgram = 18
	scorePathed  = 12
	scoreVerb    = 8
	scoreRare    = 14 // of a verb that few lines show
)

func (a *lineAtom) score() int {
	switch {
	case a.pathed:
		return scorePathed
	case a.effect == nil:
		return scoreProgram
	}
	switch a.effect.key.kind {
	case byBase, byHost:
		return scoreKeyed
	case byDir:
		return scoreDir
	}
	switch a.effect.verb {
	case program.Runs, program.Reads, program.Writes, program.Removes, program.Connects, program.Sets:
		return scoreVerb
	}
	return scoreRare
}

// An effectKey is what an index can look up an effect by, beside its verb.
type effectKey struct {
	kind keyKind
	keys []string // the effect has one of them
}

type keyKind uint8

const (
	byVerb keyKind = iota // by nothing else
	byBase                // the base name of its target
	byDir                 // a directory that its target is or lies below
	byHost                // its host
)

// target sets the key from what the target must be.
func (k *effectKey) target(w *wordTest) {
	if k.kind != byVerb || len(w.patterns) > 0 || w.kept {
		return
	}
	if keys, ok := w.bases(); ok {
		*k = effectKey{byBase, keys}
	} else if keys, ok := w.dirs(); ok {
		*k = effectKey{byDir, keys}
	}
}

// host sets the key from names of hosts; named says that no class will do.
func (k *effectKey) host(w *wordTest, named bool) {
	if !named || k.kind != byVerb || len(w.patterns) > 0 {
		return
	}
	var keys []string
	for _, n := range w.names {
		host, literal := n.Literal()
		if !literal {
			return
		}
		keys = append(keys, host)
	}
	if len(keys) > 0 {
		*k = effectKey{byHost, keys}
	}
}

func (t *wordTest) bases() (keys []string, ok bool) {
	for _, n := range t.names {
		word, literal := n.Literal()
		if !literal {
			return nil, false
		}
		keys = append(keys, baseName(word))
	}
	for _, p := range t.paths {
		base, single := p.Base()
		if !single {
			return nil, false
		}
		keys = append(keys, base)
	}
	return keys, len(keys) > 0
}

func (t *wordTest) dirs() (keys []string, ok bool) {
	for _, p := range t.paths {
		dir, known := p.Dir()
		if !known {
			return nil, false
		}
		keys = append(keys, dir)
	}
	return keys, len(keys) > 0 && len(t.names) == 0
}

func baseName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// A lineIndex finds the ids of rules by what the commands of a line show.
type lineIndex struct {
	programs map[string][]uint32
	heads    map[string][]uint32 // by what a name begins with
	pathed   []uint32            // of what asks for a name with a path
	verbs    [program.NumVerbs]*verbIndex
}

// A verbIndex holds the ids of one verb: those that any effect admits, and
// those that a key does. An effect whose target has wildcards admits all.
type verbIndex struct {
	any, all           []uint32
	bases, dirs, hosts map[string][]uint32
}

func (ix *lineIndex) add(a *lineAtom, id uint32) {
	switch {
	case a.pathed:
		ix.pathed = append(ix.pathed, id)
		return
	case a.effect == nil:
		ix.programs = listed(ix.programs, a.programs, id)
		ix.heads = listed(ix.heads, a.heads, id)
		return
	}
	v := ix.verbs[a.effect.verb]
	if v == nil {
		v = &verbIndex{bases: map[string][]uint32{}, dirs: map[string][]uint32{}, hosts: map[string][]uint32{}}
		ix.verbs[a.effect.verb] = v
	}
	v.add(&a.effect.key, id)
}

// listed adds id under each of the keys.
func listed(m map[string][]uint32, keys []string, id uint32) map[string][]uint32 {
	if m == nil && len(keys) > 0 {
		m = map[string][]uint32{}
	}
	for _, key := range keys {
		m[key] = append(m[key], id)
	}
	return m
}

func (v *verbIndex) add(k *effectKey, id uint32) {
	v.all = append(v.all, id)
	into := map[string][]uint32(nil)
	switch k.kind {
	case byBase:
		into = v.bases
	case byDir:
		into = v.dirs
	case byHost:
		into = v.hosts
	default:
		v.any = append(v.any, id)
	}
	for _, key := range k.keys {
		into[key] = append(into[key], id)
	}
}

// admit marks the ids of the rules that the line may match.
func (ix *lineIndex) admit(l *analysis, m *prefilter.Marks) {
	for i := range l.Commands {
		c := &l.Commands[i]
		if ix.programs != nil {
			mark(m, ix.programs[c.Program])
		}
		for n := 1; len(ix.heads) > 0 && n <= min(maxHead, len(c.Program)); n++ {
			mark(m, ix.heads[c.Program[:n]])
		}
		if c.Path != "" {
			mark(m, ix.pathed)
		}
		for k := range c.Effects {
			if v := ix.verbs[c.Effects[k].Verb]; v != nil {
				v.admit(&c.Effects[k], m)
			}
		}
	}
}

func (v *verbIndex) admit(e *program.Effect, m *prefilter.Marks) {
	mark(m, v.any)
	if isTyped(e) {
		mark(m, v.all)
		return
	}
	if len(v.bases) > 0 {
		mark(m, v.bases[baseName(e.Target)])
	}
	if len(v.hosts) > 0 {
		mark(m, v.hosts[e.Host])
	}
	if len(v.dirs) == 0 {
		return
	}
	for i := 1; i <= len(e.Target); i++ {
		if i == len(e.Target) || e.Target[i] == '/' {
			mark(m, v.dirs[e.Target[:i]])
		}
	}
}

func mark(m *prefilter.Marks, ids []uint32) {
	for _, id := range ids {
		m.Add(id)
	}
}
