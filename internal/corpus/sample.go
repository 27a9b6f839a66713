package corpus

import (
	"cmp"
	"context"
	"encoding/binary"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/sorting"
)

// maxOfShape bounds how many hits of one shape are sampled of one rule: more
// of the same teach nothing.
const maxOfShape = 10

// A Sample is a hit to be judged by a person.
type Sample struct {
	RuleID string
	Label  string // of the row
	File   string
	Line   int
	Kind   string
	Text   string
	// Start and End are the bytes of Text that the pattern matched; equal when
	// Text does not show them.
	Start, End int
	Evidence   string // of a hit without a match to show
	Shape      string

	rank uint64 // by lot: the lowest are taken
}

// A Sampler draws hits of each rule, stratified by shape: as many shapes as
// possible first, then more of each. The draw depends on the seed, the rules
// and the labels, not on the order of rows. It belongs to one goroutine.
type Sampler struct {
	judge  *engine.Judge
	seed   uint64
	size   int
	wanted []string                       // rules, nil = all
	strata map[string]map[string]*stratum // by rule, then shape
}

type stratum struct {
	rank    uint64
	samples []Sample // by rank
}

// NewSampler returns a Sampler of at most size hits a rule.
func NewSampler(snap *engine.Snapshot, now time.Time, seed uint64, size int, rules []string) *Sampler {
	s := &Sampler{
		judge: engine.NewJudge(snap, now), seed: seed, size: size, wanted: rules,
		strata: map[string]map[string]*stratum{},
	}
	s.judge.KeepSessions()
	return s
}

// Read adds the rows of corpora, which must carry labels.
func (s *Sampler) Read(ctx context.Context, corpora []Corpus) error {
	dec := newDecoder(nil, s.judge.Snapshot().Ruleset().Catalogue())
	w := &worker{dec: dec}
	var bad rowErrors
	seen := map[string]labelPlace{}
	err := readAll(ctx, corpora, func(b *block) error {
		for n, l := range b.lines {
			w.row.reset()
			w.row.File, w.row.Line = corpora[b.corpus].Name, n
			reason := w.read(l)
			if first, dup := seen[w.row.Label]; reason == "" && dup {
				reason = duplicate(corpora[first.corpus].Name, int(first.line))
			}
			if reason != "" {
				if err := bad.add(RowError{w.row.File, n, reason}); err != nil {
					return err
				}
				continue
			}
			seen[strings.Clone(w.row.Label)] = labelPlace{int32(b.corpus), int32(n)}
			s.add(&w.row)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(seen) == 0 && bad.err() == nil {
		return ErrNoRows
	}
	return bad.err()
}

func (s *Sampler) add(row *Row) {
	tags := s.judge.Tags(&row.Event)
	last, shape := "", ""
	for i := range tags {
		t := &tags[i]
		if t.RuleID == last || s.wanted != nil && !slices.Contains(s.wanted, t.RuleID) {
			continue
		}
		if last = t.RuleID; shape == "" {
			shape = shownShape(&row.Event)
		}
		s.keep(row, t, shape)
	}
}

// keep offers a hit to its stratum.
func (s *Sampler) keep(row *Row, t *event.Tag, shape string) {
	strata := s.strata[t.RuleID]
	if strata == nil {
		strata = map[string]*stratum{}
		s.strata[t.RuleID] = strata
	}
	st := strata[shape]
	if st == nil {
		st = &stratum{rank: s.lot(t.RuleID, shape)}
		if len(strata) >= s.size && !s.makeRoom(strata, st.rank) {
			return
		}
		strata[shape] = st
	}
	rank := s.lot(t.RuleID, row.Label)
	at, _ := slices.BinarySearchFunc(st.samples, rank, func(x Sample, r uint64) int { return cmp.Compare(x.rank, r) })
	if at >= maxOfShape {
		return
	}
	st.samples = slices.Insert(st.samples, at, newSample(row, t, shape, rank))
	st.samples = st.samples[:min(len(st.samples), maxOfShape)]
}

// makeRoom drops the stratum of the highest rank if rank is lower.
func (s *Sampler) makeRoom(strata map[string]*stratum, rank uint64) bool {
	worst, top := "", rank
	for shape, st := range strata {
		if st.rank > top {
			worst, top = shape, st.rank
		}
	}
	if top == rank {
		return false
	}
	delete(strata, worst)
	return true
}

func (s *Sampler) lot(ruleID, name string) uint64 { return lot(s.seed, ruleID, name) }

// lot draws a number for two names, always the same under one seed.
func lot(seed uint64, id, name string) uint64 {
	h := fnv.New64a()
	var start [8]byte
	binary.LittleEndian.PutUint64(start[:], seed)
	h.Write(start[:])
	h.Write([]byte(id))
	h.Write([]byte{0})
	h.Write([]byte(name))
	// FNV leaves the high bits of short names alike; this is MurmurHash3's
	// finalizer.
	v := h.Sum64()
	v ^= v >> 33
	v *= 0xff51afd7ed558ccd
	v ^= v >> 33
	v *= 0xc4ceb9fe1a85ec53
	return v ^ v>>33
}

func newSample(row *Row, t *event.Tag, shape string, rank uint64) Sample {
	x := Sample{
		RuleID: t.RuleID, Label: row.Label, File: row.File, Line: row.Line,
		Kind: row.Event.SourceKind, Text: event.CutText(row.text(), 8*maxText), Shape: shape, rank: rank,
	}
	m := matched(t.Evidence)
	if at := strings.Index(x.Text, m); m != "" && at >= 0 {
		x.Start, x.End = at, at+len(m)
	} else {
		x.Evidence = event.CutText(string(t.Evidence), 2*maxText)
	}
	return x
}

// Samples returns what was drawn: by rule, one of each shape, then a second of
// each, and so on up to the size.
func (s *Sampler) Samples() []Sample {
	var all []Sample
	for _, id := range slices.Sorted(maps.Keys(s.strata)) {
		strata := sorting.Values(maps.Values(s.strata[id]), func(a, b *stratum) int {
			return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.samples[0].Shape, b.samples[0].Shape))
		})
		left := s.size
		for round := range maxOfShape {
			for _, st := range strata {
				if round < len(st.samples) && left > 0 {
					all = append(all, st.samples[round])
					left--
				}
			}
		}
	}
	return all
}
