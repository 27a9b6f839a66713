package corpus

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"

	"ttpctl/internal/event"
	"ttpctl/internal/sorting"
)

// A RowSource yields observed events as rows: a log, a database. A Row and all
// that it holds is valid during the call only. An error of yield ends it and is
// returned.
type RowSource interface {
	Rows(ctx context.Context, yield func(*Row) error) error
}

// Each gives every row of sources to add.
func Each(ctx context.Context, sources []RowSource, add func(*Row)) error {
	for _, src := range sources {
		err := src.Rows(ctx, func(r *Row) error {
			add(r)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// EventRows is a [RowSource] of recorded events.
type EventRows struct {
	File string // where they are from
	Each func(ctx context.Context, yield func(*event.Event) error) error
}

// Rows implements [RowSource].
func (e *EventRows) Rows(ctx context.Context, yield func(*Row) error) error {
	return e.Each(ctx, func(ev *event.Event) error { return yield(&Row{File: e.File, Event: *ev}) })
}

// DefaultMaxRows is how many rows a Builder keeps, unless told otherwise.
const DefaultMaxRows = 200_000

// A Builder makes corpora of observed rows: those of excluded addresses are
// dropped, excluded addresses scrubbed out of the rest, and of each shape the
// first row is kept, with a count. It belongs to one goroutine.
type Builder struct {
	Scrub *Scrubber
	Count Tallies

	max  int
	rows map[[16]byte]*built
}

// Tallies say what became of the rows that a Builder was given.
type Tallies struct {
	Read       int `json:"read"`
	Dropped    int `json:"dropped"`    // from excluded addresses
	Unhandled  int `json:"unhandled"`  // of unknown kinds
	Duplicates int `json:"duplicates"` // of a shape that was there already
	LeftOut    int `json:"left_out"`   // of new shapes, when no more could be kept
	Kept       int `json:"kept"`
}

// built is a row as it is kept.
type built struct {
	cohort, shape, line string
	count               int
}

// NewBuilder returns a Builder that keeps at most max rows, 0 = DefaultMaxRows.
func NewBuilder(x *Exclusions, max int) *Builder {
	return &Builder{Scrub: NewScrubber(x), max: cmp.Or(max, DefaultMaxRows), rows: map[[16]byte]*built{}}
}

// Add takes one row.
func (b *Builder) Add(row *Row) {
	b.Count.Read++
	ev := &row.Event
	switch {
	case b.Scrub.Drops(ev):
		b.Count.Dropped++
		return
	case ev.Kind == event.KindUnknown:
		b.Count.Unhandled++
		return
	}
	b.Scrub.Event(ev)
	shape := eventShape(ev)
	sum := sha256.Sum256([]byte(shape))
	key := [16]byte(sum[:16])
	if r, ok := b.rows[key]; ok {
		r.count++
		b.Count.Duplicates++
		return
	}
	if len(b.rows) >= b.max {
		b.Count.LeftOut++
		return
	}
	b.Count.Kept++
	b.rows[key] = &built{
		cohort: CohortOf(ev.Kind), shape: shape, count: 1,
		line: rowHead(ev, ev.Kind.String()+"_"+hex.EncodeToString(key[:8])),
	}
}

// rowHead returns a row's line up to its count.
func rowHead(ev *event.Event, label string) string {
	line := append([]byte(`{"label":`), event.AppendQuoted(nil, label)...)
	line = append(line, `,"source_kind":`...)
	line = event.AppendQuoted(line, ev.SourceKind)
	line = append(line, `,"payload":`...)
	line = appendPayload(line, ev)
	return string(append(line, `,"count":`...))
}

// Cohorts returns the cohorts that there are rows for.
func (b *Builder) Cohorts() []string {
	var names []string
	for _, c := range Cohorts() {
		for _, r := range b.rows {
			if r.cohort == c {
				names = append(names, c)
				break
			}
		}
	}
	return names
}

// Write writes the rows of a cohort, of all for "", the commonest first, and
// returns their number and the SHA-256 of what it wrote, in hex.
func (b *Builder) Write(w io.Writer, cohort string) (rows int, sum string, err error) {
	var list []*built
	for _, r := range b.rows {
		if cohort == "" || r.cohort == cohort {
			list = append(list, r)
		}
	}
	sorting.By(list, func(a, b *built) int { return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.shape, b.shape)) })
	h := sha256.New()
	bw := bufio.NewWriter(io.MultiWriter(w, h))
	for _, r := range list {
		bw.WriteString(r.line)
		bw.WriteString(strconv.Itoa(r.count))
		bw.WriteString("}\n")
	}
	err = bw.Flush()
	return len(list), hex.EncodeToString(h.Sum(nil)), err
}

// ManifestSchema names the document that holds a Manifest.
const ManifestSchema = "ttpctl.corpus-manifest/v1"

// A Manifest says how a corpus came about. It never holds the exclusions.
type Manifest struct {
	Schema         string       `json:"schema"`
	ToolVersion    string       `json:"tool_version"`
	Corpus         string       `json:"corpus"` // base name of the file
	CorpusSHA256   string       `json:"corpus_sha256"`
	Rows           int          `json:"rows"`
	Sources        []string     `json:"sources"`
	Build          Tallies      `json:"build"` // of the whole run
	Scrubbed       map[Form]int `json:"scrubbed"`
	Exclusions     int          `json:"exclusions"`
	ExclusionsHash string       `json:"exclusions_hash"`
	HashMethod     string       `json:"exclusions_hash_method"`
}

// Manifest returns the manifest of what Write wrote.
func (b *Builder) Manifest(toolVersion, name, sum string, rows int, sources []string) (*Manifest, error) {
	hash, err := b.Scrub.x.Hash(sum)
	if err != nil {
		return nil, err
	}
	m := &Manifest{
		Schema: ManifestSchema, ToolVersion: toolVersion, Corpus: name, CorpusSHA256: sum, Rows: rows,
		Build: b.Count, Scrubbed: b.Scrub.Counts, Exclusions: b.Scrub.x.Len(), ExclusionsHash: hash,
		HashMethod: fmt.Sprintf("PBKDF2-HMAC-SHA256, %d iterations, salt = corpus_sha256, over the sorted canonical entries, each with a line end", hashIterations),
	}
	// Names of files are told by people, and may be an address.
	clean := NewScrubber(b.Scrub.x)
	for _, s := range sources {
		m.Sources = append(m.Sources, clean.Text(strings.ToValidUTF8(s, "\uFFFD")))
	}
	return m, nil
}
