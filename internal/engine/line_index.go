package engine

import (
	"strings"

	"ttpctl/internal/engine/glob"
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
	sought   bool // what the effect searches for, and not its target
}

// key returns by what the effect is looked up.
func (a *lineAtom) key() *effectKey {
	if a.sought {
		return &a.effect.sought
	}
	return &a.effect.key
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
	if score := a.key().score(); score > 0 {
		return score
	}
	switch a.effect.verb {
	case program.Runs, program.Reads, program.Writes, program.Removes, program.Connects, program.Sets:
		return scoreVerb
	}
	return scoreRare
}

// An effectKey is what an index can look up an effect by, beside its verb: the
// effect has one of all these. The zero one is nothing: any effect may do.
type effectKey struct {
	bases []string // the base name of its target
	dirs  []string // a directory that its target is or lies below
	hosts []string
	words prefilter.Set // what its target contains, once folded
	// single says that a target with wildcards may mean one of the paths.
	single bool
}

func (k *effectKey) isZero() bool {
	return len(k.bases)+len(k.dirs)+len(k.hosts) == 0 && k.words.IsZero()
}

// score is that of the weakest part, 0 of nothing.
func (k *effectKey) score() int {
	if k.isZero() {
		return 0
	}
	score := scoreKeyed
	if len(k.dirs) > 0 {
		score = scoreDir
	}
	if !k.words.IsZero() {
		score = min(score, k.words.Score())
	}
	return score
}

func (k *effectKey) appendKey(dst []byte) []byte {
	dst = append(dst, 'e')
	for _, list := range [][]string{k.bases, k.dirs, k.hosts, k.words.Literals()} {
		dst = appendList(dst, list)
	}
	if k.single {
		dst = append(dst, '*')
	}
	return dst
}

// target sets the key from what the target must be.
func (k *effectKey) target(w *wordTest) {
	if !k.isZero() || w.kept {
		return
	}
	var key effectKey
	var words []prefilter.Set
	for _, n := range w.names {
		if word, literal := n.Literal(); literal {
			key.bases = append(key.bases, baseName(word))
		} else {
			words = append(words, prefilter.Literal(longestPlain(n.String())))
		}
	}
	for _, p := range w.paths {
		key.single = key.single || p.Single()
		if base, ok := p.Base(); ok {
			key.bases = append(key.bases, base)
			continue
		}
		plain := prefilter.Literal(longestPlain(p.String()))
		if dirs := p.Dirs(); len(dirs) > 0 && (plain.Weak() || strings.Contains(dirs[0][1:], "/")) {
			key.dirs = append(key.dirs, dirs...)
		} else {
			words = append(words, plain)
		}
	}
	for i := range w.patterns {
		words = append(words, w.patterns[i].need)
	}
	if len(words) > 0 {
		if key.words = prefilter.Union(words...); key.words.Weak() {
			return
		}
	}
	*k = key
}

// host sets the key from names of hosts; named says that no class will do.
func (k *effectKey) host(w *wordTest, named bool) {
	if !named || !k.isZero() || len(w.patterns) > 0 {
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
	k.hosts = keys
}

func baseName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

func (a *lineAtom) appendKey(dst []byte) []byte {
	switch {
	case a.pathed:
		return append(dst, '/')
	case a.effect == nil:
		return appendList(appendList(append(dst, 'p'), a.programs), a.heads)
	}
	dst = append(dst, 'v', byte(a.effect.verb))
	if a.sought {
		dst = append(dst, '?')
	}
	return a.key().appendKey(dst)
}

// A lineIndex finds atoms by what the commands of a line show.
type lineIndex struct {
	programs map[string][]uint32
	heads    map[string][]uint32 // by what a name begins with
	pathed   []uint32            // of what asks for a name with a path
	verbs    [program.NumVerbs]*verbIndex
}

// A verbIndex holds the atoms of one verb: those that any effect shows, and those
// that a host, a target or what is searched for does.
type verbIndex struct {
	any            []uint32
	hosts          map[string][]uint32
	target, sought pathIndex
}

// A pathIndex holds the atoms that paths show. Those of single may be shown by any
// path with wildcards.
type pathIndex struct {
	single      []uint32
	bases, dirs map[string][]uint32
	patterns    []prefilter.Pattern
	words       *prefilter.Automaton // of patterns; nil = there are none
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
		v = &verbIndex{}
		ix.verbs[a.effect.verb] = v
	}
	switch k := a.key(); {
	case k.isZero():
		v.any = append(v.any, id)
	case a.sought:
		v.sought.add(k, id)
	default:
		v.hosts = listed(v.hosts, k.hosts, id)
		v.target.add(k, id)
	}
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

func (x *pathIndex) add(k *effectKey, id uint32) {
	if k.single {
		x.single = append(x.single, id)
	}
	x.bases = listed(x.bases, k.bases, id)
	x.dirs = listed(x.dirs, k.dirs, id)
	for _, l := range k.words.Literals() {
		x.patterns = append(x.patterns, prefilter.Pattern{Literal: l, ID: id})
	}
}

// build makes the automata, once all atoms are added.
func (ix *lineIndex) build() {
	for _, v := range ix.verbs {
		if v != nil {
			v.target.build()
			v.sought.build()
		}
	}
}

func (x *pathIndex) build() {
	if len(x.patterns) > 0 {
		x.words, x.patterns = prefilter.Build(x.patterns), nil
	}
}

// mark marks the atoms that the line shows.
func (ix *lineIndex) mark(l *analysis, sc *Scratch) {
	m := &sc.marks
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
				v.mark(&c.Effects[k], sc)
			}
		}
	}
}

func (v *verbIndex) mark(e *program.Effect, sc *Scratch) {
	mark(&sc.marks, v.any)
	if len(v.hosts) > 0 {
		mark(&sc.marks, v.hosts[e.Host])
	}
	v.target.mark(e.Target, isTyped(e) && glob.Expands(e.Target), sc)
	for _, what := range e.For {
		v.sought.mark(what, glob.Expands(what), sc)
	}
}

func (x *pathIndex) mark(path string, typed bool, sc *Scratch) {
	m := &sc.marks
	if typed {
		mark(m, x.single)
	}
	if len(x.bases) > 0 {
		mark(m, x.bases[baseName(path)])
	}
	if x.words != nil && path != "" {
		sc.fold = prefilter.AppendFold(sc.fold[:0], path)
		x.words.Scan(sc.fold, m)
	}
	if len(x.dirs) == 0 {
		return
	}
	for i := 1; i <= len(path); i++ {
		if i == len(path) || path[i] == '/' {
			mark(m, x.dirs[path[:i]])
		}
	}
}

func mark(m *prefilter.Marks, ids []uint32) {
	for _, id := range ids {
		m.Add(id)
	}
}
