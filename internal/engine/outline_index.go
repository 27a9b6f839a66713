package engine

import (
	"maps"
	"slices"
	"strings"

	"ttpctl/internal/engine/prefilter"
	"ttpctl/internal/engine/program"
	"ttpctl/internal/event"
)

// indexPrefix parts the keys of indexes from rule_ids.
const indexPrefix = "index/"

// indexKey begins the line with the index of kind k.
func indexKey(k event.Kind) string { return indexPrefix + k.String() }

// writeIndex outlines the index of rs for one kind, without the searchers, whose words
// it holds in their order. An index that finds nothing is made in no time.
func writeIndex(text *strings.Builder, k event.Kind, rs *Ruleset) {
	ix := gather(k, rs, func(int) bool { return true })
	if ix == nil || len(ix.clauses) == 0 {
		return
	}
	var c codec
	c.kindIndex(ix)
	text.WriteString(indexKey(k) + " " + rs.hash + " ")
	text.Write(append(c.out, '\n'))
}

// index returns what gather would of kind k, nil when there is no outline of it. That
// is of one ruleset: places in it are how rules are named.
func (o *Outlines) index(k event.Kind, rs *Ruleset) *kindIndex {
	if o == nil || slices.ContainsFunc(rs.rules, func(r *Rule) bool { return r.late == nil }) {
		return nil
	}
	words, ok := strings.CutPrefix(o.lines[indexKey(k)], indexKey(k)+" "+rs.hash+" ")
	if !ok {
		return nil
	}
	ix, c := &kindIndex{}, codec{in: words, reading: true}
	c.kindIndex(ix)
	if c.broken || c.in != "" {
		return nil
	}
	return ix
}

func (c *codec) kindIndex(ix *kindIndex) {
	c.ids(&ix.rules)
	c.ids(&ix.always)
	all(c, &ix.clauses, func(list *[]admission) {
		all(c, list, func(a *admission) {
			c.id(&a.id)
			c.id(&a.branch)
			c.ids(&a.others)
		})
	})
	all(c, &ix.fields, func(f *fieldIndexer) {
		c.field(&f.field)
		c.words(&f.words)
		c.patternIndex(&f.patternIndex)
	})
	optional(c, &ix.line, c.lineIndex)
	all(c, &ix.present, func(p *presence) {
		c.field(&p.field)
		c.id(&p.atom)
	})
}

func (c *codec) patternIndex(x *patternIndex) {
	c.id(&x.base)
	all(c, &x.groups, func(g *patternGroup) {
		c.texts(&g.patterns)
		c.ids(&g.atoms)
		c.flag(&g.leading)
	})
	c.ids(&x.always)
}

func (c *codec) lineIndex(ix *lineIndex) {
	c.listing(&ix.programs)
	c.listing(&ix.heads)
	c.listing(&ix.options)
	c.listing(&ix.vias)
	c.ids(&ix.pathed)
	for v := range program.NumVerbs {
		optional(c, &ix.verbs[v], c.verbIndex)
	}
}

func (c *codec) verbIndex(v *verbIndex) {
	c.ids(&v.any)
	for a := range v.actions {
		c.ids(&v.actions[a])
	}
	c.listing(&v.hosts)
	c.pathIndex(&v.target)
	c.pathIndex(&v.sought)
}

func (c *codec) pathIndex(x *pathIndex) {
	c.listing(&x.single)
	c.listing(&x.bases)
	c.listing(&x.dirs)
	c.words(&x.words)
}

func (c *codec) words(x *wordIndex) {
	if !c.reading {
		x.prepare()
	}
	all(c, &x.literals, func(p *prefilter.Pattern) {
		c.text(&p.Literal)
		c.id(&p.ID)
	})
	x.prepared = len(x.literals) > 0
}

// listing is lists by keys, which are sorted.
func (c *codec) listing(m *map[string][]uint32) {
	keys := slices.Sorted(maps.Keys(*m))
	n := len(keys)
	c.number(&n)
	if c.reading && n > 0 {
		*m = make(map[string][]uint32, min(n, len(c.in)))
	}
	for i := range n {
		var key string
		var list []uint32
		if !c.reading {
			key, list = keys[i], (*m)[keys[i]]
		}
		c.text(&key)
		c.ids(&list)
		if c.broken {
			return
		}
		if c.reading {
			(*m)[key] = list
		}
	}
}

func (c *codec) ids(list *[]uint32) { all(c, list, c.id) }

func (c *codec) id(n *uint32) {
	v := int(*n)
	c.number(&v)
	*n = uint32(v)
}
