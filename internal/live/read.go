package live

import (
	"context"
	"errors"
	"slices"
	"time"

	"ttpctl/internal/corpus"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/report/dossier"
	"ttpctl/internal/report/html"
	"ttpctl/internal/store"
)

// A reading is a report, and what it was made of.
type reading struct {
	pieces *html.LiveReport
	hits   []html.Hit
	newest int64 // Seq of the newest tag
	tags   int
	fresh  int           // of tags, stored since somebody looked last
	more   bool          // than it looked at
	once   time.Duration // that it took and the next one will not
}

// batch is how many tags are counted at once.
const batch = 512

// read puts the report together from the tags that were stored last.
func (b *Board) read(ctx context.Context, snap *engine.Snapshot) (*reading, error) {
	builder, err := b.builder(ctx)
	if err != nil {
		return nil, err
	}
	r := &reading{}
	var tags []event.Tag
	err = b.cfg.Tags.Each(ctx, store.Filter{}, b.most, func(t *store.StoredTag) error {
		r.newest = max(r.newest, t.Seq)
		if b.lastSeq > 0 && t.Seq > b.lastSeq {
			r.fresh++
		}
		if r.tags++; len(r.hits) < mostHits {
			r.hits = append(r.hits, b.hit(t))
		}
		if tags = append(tags, t.Tag); len(tags) == batch {
			builder.Tag(tags)
			tags = tags[:0]
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	builder.Tag(tags)
	r.more = r.tags == b.most
	begin := b.cfg.Now()
	scores := b.scores.of(ctx, b, builder.Rules(), snap.Ruleset())
	r.once = b.cfg.Now().Sub(begin)
	page := &html.Page{
		Dossier: builder.Dossier(), Meta: b.meta(snap), Database: "the database of this server", Scores: scores,
		RuleName: func(id string) string {
			if rule := snap.Ruleset().Rule(id); rule != nil {
				return rule.Name
			}
			return ""
		},
	}
	if r.more {
		page.Dossier.Limits = append(page.Dossier.Limits, "Of the tags in the database the "+report.Grouped(r.tags)+" that were stored last are shown: ttpctl report html shows all.")
	}
	if b.manyKept {
		page.Dossier.Limits = append(page.Dossier.Limits, "More lines of sessions are kept than this page reads: ttpctl report html shows sessions as they were typed.")
	}
	r.pieces, err = page.Pieces()
	return r, err
}

// mostKept is how many pieces of sessions that were kept as they were typed a report
// reads, and mostTyped how many bytes: attackers choose how large a piece is. They come
// with the oldest first: of more it reads none.
const (
	mostKept  = 10_000
	mostTyped = 32 << 20
)

// errMany ends a reading of more than that.
var errMany = errors.New("many")

// builder returns a builder that knows the sessions that were kept, if these are not
// too many.
func (b *Board) builder(ctx context.Context) (*dossier.Builder, error) {
	empty := func() *dossier.Builder {
		return dossier.New(dossier.Config{Catalogue: b.cfg.Catalogue, Stored: true})
	}
	out, n, typed := empty(), 0, 0
	if b.cfg.Sessions == nil || b.manyKept {
		return out, nil
	}
	err := b.cfg.Sessions.Each(ctx, "", func(l *store.KeptLines) error {
		typed += len(l.Lines)
		if n++; n > mostKept || typed > mostTyped {
			return errMany
		}
		return out.Kept(l)
	})
	if errors.Is(err, errMany) {
		b.manyKept = true
		return empty(), nil
	}
	return out, err
}

// A scoring keeps the scores of rules while they are the same rules.
type scoring struct {
	ruleset string
	asked   map[string]bool
	scores  []corpus.RuleScore
}

// of returns the scores of the rules that fired. Each rule is scored once.
func (s *scoring) of(ctx context.Context, b *Board, fired []string, rs *engine.Ruleset) []corpus.RuleScore {
	if b.cfg.Score == nil {
		return nil
	}
	if hash := rs.Hash(); hash != s.ruleset || s.asked == nil {
		*s = scoring{ruleset: hash, asked: map[string]bool{}}
	}
	var missing []string
	for _, id := range fired {
		if !s.asked[id] {
			s.asked[id] = true
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return s.scores
	}
	scores, err := b.cfg.Score(ctx, missing, rs)
	if err != nil {
		b.fail(ctx, "scoring the rules", err)
		return s.scores
	}
	s.scores = append(slices.Clip(s.scores), scores...)
	return s.scores
}
