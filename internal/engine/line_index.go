package engine

import (
	"maps"
	"slices"
	"strings"

	"ttpctl/internal/engine/glob"
	"ttpctl/internal/engine/prefilter"
	"ttpctl/internal/engine/program"
)

// A lineAtom is what one command of a line must show: a program of these
// names, or one that begins so; an option; a wrapper around it; a name with a path;
// or an effect.
type lineAtom struct {
	programs []string
	heads    []string // at most maxHead bytes each
	options  []string // of which one is given
	vias     []string // of which one is around the command
	pathed   bool
	effect   *effectAtom
}

// An effectAtom is an effect of a verb, and by what it is looked up.
type effectAtom struct {
	verb   program.Verb
	key    effectKey
	sought bool // the key is that of what the effect searches for, and not of its target
}

// maxHead is how much of the plain text before the first star of a program's
// name is looked up.
const maxHead = 3

// Scores of line atoms, on the scale of prefilter: a path or a host by name is
// rarer than a program, and that is rarer than what many programs do.
const (
	scoreKeyed   = 36
	scoreDir     = 22
	scoreVia     = 20
	scoreProgram = 18
	scoreOption  = 15
	scorePathed  = 12
	scoreVerb    = 8
	scoreRare    = 14 // of a verb that few lines show
)

func (a *lineAtom) score() int {
	switch {
	case a.pathed:
		return scorePathed
	case a.options != nil:
		return scoreOption
	case a.vias != nil:
		return scoreVia
	case a.effect == nil:
		return scoreProgram
	}
	if score := a.effect.key.score(); score > 0 {
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
	// actions are those of which it has one; no other part is known then.
	actions []program.Action
	// single says that a target with wildcards may mean one of the paths.
	single bool
}

func (k *effectKey) isZero() bool {
	return len(k.bases)+len(k.dirs)+len(k.hosts)+len(k.actions) == 0 && k.words.IsZero()
}

// score is that of the weakest part, 0 of nothing.
func (k *effectKey) score() int {
	if k.isZero() {
		return 0
	}
	if len(k.actions) > 0 {
		return scoreRare
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
	for _, a := range k.actions {
		dst = append(dst, byte(a))
	}
	if k.single {
		dst = append(dst, '*')
	}
	return dst
}

// target sets the key from what the target must be.
func (k *effectKey) target(w *wordTest) {
	if (!k.isZero() && k.actions == nil) || w.kept {
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
		if key.words = prefilter.Union(words...); key.words.Score() == 0 {
			return
		}
	}
	*k = key
}

// host sets the key from names of hosts; named says that no class will do.
func (k *effectKey) host(w *wordTest, named bool) {
	if weak := len(k.bases)+len(k.dirs) == 0 && k.words.Weak(); !named || !k.isZero() && !weak || len(w.patterns) > 0 {
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
	*k = effectKey{hosts: keys}
}

func baseName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

func (a *lineAtom) appendKey(dst []byte) []byte {
	switch {
	case a.pathed:
		return append(dst, '/')
	case a.options != nil:
		return appendList(append(dst, 'o'), a.options)
	case a.vias != nil:
		return appendList(append(dst, 'w'), a.vias)
	case a.effect == nil:
		return appendList(appendList(append(dst, 'p'), a.programs), a.heads)
	}
	dst = append(dst, 'v', byte(a.effect.verb))
	if a.effect.sought {
		dst = append(dst, '?')
	}
	return a.effect.key.appendKey(dst)
}

// A lineIndex finds atoms by what the commands of a line show.
type lineIndex struct {
	programs map[string][]uint32
	heads    map[string][]uint32 // by what a name begins with
	options  map[string][]uint32
	vias     map[string][]uint32
	pathed   []uint32 // of what asks for a name with a path
	verbs    [program.NumVerbs]*verbIndex

	// What build makes of these:
	rows   [][]uint32                   // by place in the program table: what programs and heads show of a row
	begins [256]bool                    // with what bytes heads begin
	given  [program.NameHashes][]uint32 // options by the hash of their names, so that a few are marked for others
}

// A verbIndex holds the atoms of one verb: those that any effect shows, and those
// that a host, a target or what is searched for does.
type verbIndex struct {
	any            []uint32
	actions        [program.NumActions][]uint32
	hosts          map[string][]uint32
	target, sought pathIndex
}

// A pathIndex holds the atoms that paths show. Those of single are shown by paths with
// wildcards too, that may stand for one of their base names.
type pathIndex struct {
	single, bases, dirs map[string][]uint32
	words               wordIndex
	// What build makes of single: by the place of a name's last byte, so that of a word
	// that ends in no wildcard only some are asked for.
	typed [typedPlaces][]singleBase
	// And of the others: most names are none of these.
	mayBase, mayDir nameFilter
}

const typedPlaces = 64

func (ix *lineIndex) add(a *lineAtom, id uint32) {
	switch {
	case a.pathed:
		ix.pathed = append(ix.pathed, id)
		return
	case a.options != nil:
		ix.options = listed(ix.options, a.options, id)
		return
	case a.vias != nil:
		ix.vias = listed(ix.vias, a.vias, id)
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
	switch k := &a.effect.key; {
	case k.isZero():
		v.any = append(v.any, id)
	case len(k.actions) > 0:
		for _, a := range k.actions {
			v.actions[a] = append(v.actions[a], id)
		}
	case a.effect.sought:
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
		x.single = listed(x.single, k.bases, id)
	}
	x.bases = listed(x.bases, k.bases, id)
	x.dirs = listed(x.dirs, k.dirs, id)
	for _, l := range k.words.Literals() {
		x.words.literals = append(x.words.literals, prefilter.Pattern{Literal: l, ID: id})
	}
}

// A singleBase is a base name that words with wildcards may stand for, and the atoms
// that it shows.
type singleBase struct {
	name    string
	letters uint64
	ids     []uint32
}

// markTyped marks the atoms of single paths for which a word with wildcards may stand.
// Behind its last slash only a doubled star crosses from one component to another.
func (x *pathIndex) markTyped(word string, m *prefilter.Marks) {
	name := baseName(word)
	all, letters := strings.Contains(name, "**"), glob.Letters(name)
	places := x.typed[:]
	if c := word[len(word)-1]; !all && c != '*' && c != '?' {
		places = places[c%typedPlaces:][:1]
	}
	for _, some := range places {
		for i := range some {
			if s := &some[i]; all || letters&^s.letters == 0 && glob.Covers(name, s.name) {
				mark(m, s.ids)
			}
		}
	}
}

// build makes the searchers, once all atoms are added. table may be nil.
func (ix *lineIndex) build(table *program.Table) {
	for head := range ix.heads {
		ix.begins[head[0]] = true
	}
	for _, name := range slices.Sorted(maps.Keys(ix.options)) {
		h := program.NameHash(name)
		ix.given[h] = append(ix.given[h], ix.options[name]...)
	}
	if table != nil {
		ix.rows = make([][]uint32, len(table.Rows()))
		for _, r := range table.Rows() {
			ix.rows[r.ID] = ix.named(nil, r.Name)
		}
	}
	for _, v := range ix.verbs {
		if v != nil {
			v.target.build()
			v.sought.build()
		}
	}
}

func (x *pathIndex) build() {
	x.words.build()
	for name := range x.bases {
		x.mayBase.add(name)
	}
	for name := range x.dirs {
		x.mayDir.add(name)
	}
	for _, name := range slices.Sorted(maps.Keys(x.single)) {
		if name == "" {
			continue // no word stands for it
		}
		place := &x.typed[name[len(name)-1]%typedPlaces]
		*place = append(*place, singleBase{name, glob.Letters(name), x.single[name]})
	}
}

// mark marks the atoms that the line shows.
func (ix *lineIndex) mark(l *analysis, sc *Scratch) {
	m := &sc.marks
	for i := range l.Commands {
		c := &l.Commands[i]
		if c.Row != nil && c.Row.ID < len(ix.rows) {
			mark(m, ix.rows[c.Row.ID])
		} else {
			sc.named = ix.named(sc.named[:0], c.Program)
			mark(m, sc.named)
		}
		for k := range c.Options {
			ix.markOption(&c.Options[k], m)
		}
		for _, name := range c.Via {
			mark(m, ix.vias[name])
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

// named appends the atoms that the name of a program shows.
func (ix *lineIndex) named(dst []uint32, name string) []uint32 {
	dst = append(dst, ix.programs[name]...)
	if name != "" && ix.begins[name[0]] {
		for n := 1; n <= min(maxHead, len(name)); n++ {
			dst = append(dst, ix.heads[name[:n]]...)
		}
	}
	return dst
}

// markOption marks what an option shows, by each of its names.
func (ix *lineIndex) markOption(o *program.Option, m *prefilter.Marks) {
	own := program.NameHash(o.Name)
	mark(m, ix.given[own])
	if o.Spec == nil {
		return
	}
	for _, h := range o.Spec.Hashes {
		if h != own {
			mark(m, ix.given[h])
		}
	}
}

func (v *verbIndex) mark(e *program.Effect, sc *Scratch) {
	mark(&sc.marks, v.any)
	mark(&sc.marks, v.actions[e.Action])
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
		x.markTyped(path, m)
	}
	if base := baseName(path); x.mayBase.has(base) {
		mark(m, x.bases[base])
	}
	if x.words.searcher != nil && path != "" {
		x.words.searcher.Search(path, m)
	}
	if len(x.dirs) == 0 {
		return
	}
	for i := 1; i <= len(path); i++ {
		if (i == len(path) || path[i] == '/') && x.mayDir.has(path[:i]) {
			mark(m, x.dirs[path[:i]])
		}
	}
}

// A nameFilter says of most names that they are none of those added.
type nameFilter [program.NameHashes / 64]uint64

func (f *nameFilter) add(name string) {
	h := program.NameHash(name)
	f[h/64] |= 1 << (h % 64)
}

func (f *nameFilter) has(name string) bool {
	h := program.NameHash(name)
	return f[h/64]>>(h%64)&1 != 0
}

func mark(m *prefilter.Marks, ids []uint32) {
	for _, id := range ids {
		m.Add(id)
	}
}
