package attack

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// catalogueText holds one record a line, fields separated by tabs, lists by commas:
//
//	# comment
//	release  19.1
//	TA0005   domain status order shortname name
//	G0016    status name
//	T1070    domain status revoked-by tactics platforms groups stix name
//
// where domain is e, m or i, status a, r or d, and platforms a letter each.
//
//go:embed catalogue.txt
var catalogueText string

const techniquePage = "https://attack.mitre.org/techniques/"

var errFields = errors.New("wrong number of fields")

// parser fills a catalogue. The counts of the text size every slice beforehand, so
// that none grows and lists can share the arena.
type parser struct {
	cat   Catalogue
	arena []string // backs the Tactics and Groups of all techniques
}

func parse(text string) (*Catalogue, error) {
	tactics := strings.Count(text, "\nTA")
	techniques := strings.Count(text, "\nT") - tactics
	p := parser{
		cat: Catalogue{
			tactics:    make([]Tactic, 0, tactics),
			groups:     make([]Group, 0, strings.Count(text, "\nG")),
			techniques: make([]Technique, 0, techniques),
		},
		// A list has one element more than commas; a technique has two lists.
		arena: make([]string, 0, strings.Count(text, ",")+2*techniques),
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		if err := p.record(strings.TrimSuffix(line, "\n")); err != nil {
			return nil, fmt.Errorf("attack catalogue, line %d: %w", number, err)
		}
	}
	c := &p.cat
	if c.release == "" {
		return nil, errors.New("attack catalogue: no release")
	}
	c.fillTags()
	c.fillURLs()
	c.fillSuccessors()
	return c, nil
}

func (p *parser) record(line string) error {
	key, rest, _ := strings.Cut(line, "\t")
	switch {
	case strings.HasPrefix(key, "#"):
		return nil
	case key == "release":
		p.cat.release = rest
		return nil
	case strings.HasPrefix(key, "TA"):
		return p.tactic(key, rest)
	case strings.HasPrefix(key, "T"):
		return p.technique(key, rest)
	case strings.HasPrefix(key, "G"):
		return p.group(key, rest)
	}
	return fmt.Errorf("unknown record %q", key)
}

func (p *parser) tactic(id, rest string) error {
	var f [5]string
	if !split(rest, f[:]) {
		return errFields
	}
	order, err := strconv.Atoi(f[2])
	if err != nil {
		return fmt.Errorf("order: %w", err)
	}
	t := Tactic{ID: id, Order: order, Shortname: f[3], Name: f[4]}
	if t.Domain, err = domainOf(f[0]); err != nil {
		return err
	}
	if t.Status, err = statusOf(f[1]); err != nil {
		return err
	}
	p.cat.tactics = append(p.cat.tactics, t)
	return nil
}

func (p *parser) group(id, rest string) error {
	var f [2]string
	if !split(rest, f[:]) {
		return errFields
	}
	g := Group{ID: id, Name: f[1]}
	var err error
	if g.Status, err = statusOf(f[0]); err != nil {
		return err
	}
	if n := len(p.cat.groups); n > 0 && p.cat.groups[n-1].ID >= id {
		return fmt.Errorf("%s is out of order", id)
	}
	p.cat.groups = append(p.cat.groups, g)
	return nil
}

func (p *parser) technique(id, rest string) error {
	var f [8]string
	if !split(rest, f[:]) {
		return errFields
	}
	t := Technique{ID: id, RevokedBy: f[2], Tactics: p.list(f[3]), Groups: p.list(f[5]), STIX: f[6], Name: f[7]}
	var err error
	if t.Domain, err = domainOf(f[0]); err != nil {
		return err
	}
	if t.Status, err = statusOf(f[1]); err != nil {
		return err
	}
	if t.Platforms, err = platformsOf(f[4]); err != nil {
		return err
	}
	if parent, _, sub := strings.Cut(id, "."); sub {
		t.Parent, t.Sub = parent, true
	}
	if n := len(p.cat.techniques); n > 0 && compare(&p.cat.techniques[n-1], &t) >= 0 {
		return fmt.Errorf("%s is out of order", id)
	}
	p.cat.techniques = append(p.cat.techniques, t)
	return nil
}

// compare is the order of the technique records.
func compare(a, b *Technique) int {
	return cmp.Or(strings.Compare(a.ID, b.ID), a.Domain.rank()-b.Domain.rank())
}

// list cuts a comma-separated list into the arena. The result has no spare
// capacity, so an append by a caller copies instead of writing to a neighbour.
func (p *parser) list(s string) []string {
	if s == "" {
		return nil
	}
	start := len(p.arena)
	for s != "" {
		var item string
		item, s, _ = strings.Cut(s, ",")
		p.arena = append(p.arena, item)
	}
	return p.arena[start:len(p.arena):len(p.arena)]
}

// split cuts s at tabs into exactly the fields of dst.
func split(s string, dst []string) bool {
	last := len(dst) - 1
	for i := range last {
		var found bool
		if dst[i], s, found = strings.Cut(s, "\t"); !found {
			return false
		}
	}
	dst[last] = s
	return strings.IndexByte(s, '\t') < 0
}

func domainOf(letter string) (Domain, error) {
	switch letter {
	case "e":
		return Enterprise, nil
	case "m":
		return Mobile, nil
	case "i":
		return ICS, nil
	}
	return "", fmt.Errorf("unknown domain %q", letter)
}

func statusOf(letter string) (Status, error) {
	switch letter {
	case "a":
		return Active, nil
	case "r":
		return Revoked, nil
	case "d":
		return Deprecated, nil
	}
	return "", fmt.Errorf("unknown status %q", letter)
}

func (c *Catalogue) fillTags() {
	c.tags = make(map[Domain]string)
	for _, d := range Domains() {
		c.tags[d] = strings.TrimSuffix(string(d), "-attack") + "-v" + c.release
	}
}

// fillURLs writes all addresses into one buffer: an address is as long as the fixed
// part and the id, whose dot becomes a slash.
func (c *Catalogue) fillURLs() {
	var b strings.Builder
	b.Grow(len(c.techniques) * (len(techniquePage) + len("T0000.000")))
	for i := range c.techniques {
		id, sub, found := strings.Cut(c.techniques[i].ID, ".")
		b.WriteString(techniquePage)
		b.WriteString(id)
		if found {
			b.WriteByte('/')
			b.WriteString(sub)
		}
	}
	all := b.String()
	for i := range c.techniques {
		n := len(techniquePage) + len(c.techniques[i].ID)
		c.techniques[i].URL, all = all[:n], all[n:]
	}
}

func (c *Catalogue) fillSuccessors() {
	for i := range c.techniques {
		c.techniques[i].Successor = c.follow(&c.techniques[i])
	}
}

// follow walks the RevokedBy chain of t, within its domain where the next id is
// known there. A chain of more steps than there are techniques is a loop.
func (c *Catalogue) follow(t *Technique) string {
	d, next := t.Domain, t.RevokedBy
	for range c.techniques {
		if next == "" {
			return ""
		}
		s, ok := c.Technique(d, next)
		if !ok {
			s, ok = c.Find(next)
		}
		if !ok {
			return ""
		}
		if s.Status == Active {
			return s.ID
		}
		d, next = s.Domain, s.RevokedBy
	}
	return ""
}
