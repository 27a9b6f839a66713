package live

import (
	"context"
	"slices"

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
	fresh  int  // of tags, stored since somebody looked last
	more   bool // than it looked at
}

// batch is how many tags are counted at once.
const batch = 512

// read puts the report together from the tags that were stored last.
func (b *Board) read(ctx context.Context, snap *engine.Snapshot) (*reading, error) {
	builder := dossier.New(dossier.Config{Catalogue: b.cfg.Catalogue, Stored: true})
	r := &reading{}
	var tags []event.Tag
	err := b.cfg.Tags.Each(ctx, store.Filter{}, b.most, func(t *store.StoredTag) error {
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
	fired := builder.Rules()
	page := &html.Page{
		Dossier: builder.Dossier(), Meta: b.meta(snap), Database: b.cfg.Database, Scores: b.scores.of(ctx, b, fired, snap.Ruleset()),
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
	r.pieces, err = page.Pieces()
	return r, err
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
