package api

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/moment"
	"ttpctl/internal/sorting"
	"ttpctl/internal/store"
)

// Bounds of a page of tags.
const (
	defaultTags = 100
	maxTags     = 1000
)

// A page is some tags, those stored last first.
type page struct {
	Tags []json.RawMessage `json:"tags"`
	Next *string           `json:"next"` // the cursor of the page that follows, null = there is none
}

// getTags answers with one page of the stored tags.
func (s *Server) getTags(c *call) error {
	q := c.URL.Query()
	f, err := s.filter(q)
	if err != nil {
		return err
	}
	limit, err := limitOf(q.Get("limit"))
	if err != nil {
		return err
	}
	if cursor := q.Get("cursor"); cursor != "" {
		if f.Before, err = strconv.ParseInt(cursor, 10, 64); err != nil || f.Before <= 0 {
			return failure(http.StatusBadRequest, "cursor is none that this server gave")
		}
	}
	p := page{Tags: []json.RawMessage{}}
	last := int64(0)
	err = s.cfg.Tags.Each(c.Context(), f, limit+1, func(t *store.StoredTag) error {
		if len(p.Tags) == limit {
			p.Next = new(strconv.FormatInt(last, 10))
			return nil
		}
		p.Tags, last = append(p.Tags, t.AppendJSON(nil)), t.Seq
		return nil
	})
	if err != nil {
		return storeProblem(err)
	}
	return answer(c.w, p)
}

func limitOf(text string) (int, error) {
	if text == "" {
		return defaultTags, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxTags {
		return 0, failure(http.StatusBadRequest, "limit is not between 1 and %d", maxTags)
	}
	return n, nil
}

// A shownTechnique is how often a technique was seen.
type shownTechnique struct {
	Tactic       string    `json:"tactic"`
	Technique    string    `json:"technique_id"`
	SubTechnique *string   `json:"sub_technique_id"`
	Name         string    `json:"name"`
	Hits         int       `json:"hits"` // once for each session and rule
	Tags         int       `json:"tags"`
	Rules        int       `json:"rules"`
	Confidence   float64   `json:"confidence"` // the highest
	First        time.Time `json:"first_seen"`
	Last         time.Time `json:"last_seen"`
}

// getTechniques answers with the distinct techniques of the stored tags, the
// most frequent first.
func (s *Server) getTechniques(c *call) error {
	f, err := s.filter(c.URL.Query())
	if err != nil {
		return err
	}
	counts, err := s.cfg.Tags.Techniques(c.Context(), f)
	if err != nil {
		return storeProblem(err)
	}
	sorting.By(counts, func(a, b store.TechniqueCount) int { return cmp.Compare(b.Hits, a.Hits) })
	list := struct {
		Techniques []shownTechnique `json:"techniques"`
	}{[]shownTechnique{}}
	for _, n := range counts {
		t := shownTechnique{
			Tactic: n.Tactic, Technique: n.Technique, Name: s.cfg.Catalogue.FullName(cmp.Or(n.SubTechnique, n.Technique)),
			Hits: n.Hits, Tags: n.Tags, Rules: n.Rules, Confidence: n.Confidence, First: n.First, Last: n.Last,
		}
		if n.SubTechnique != "" {
			t.SubTechnique = &n.SubTechnique
		}
		list.Techniques = append(list.Techniques, t)
	}
	return answer(c.w, list)
}

// filter returns the filter of a query, whose parameters mean what the flags of
// report do.
func (s *Server) filter(q url.Values) (f store.Filter, err error) {
	f.Rules, f.Sessions = words(q["rule"]), words(q["session"])
	f.Identity, f.Campaign = q.Get("identity"), q.Get("campaign")
	for _, id := range words(q["attacker"]) {
		f.Attackers = append(f.Attackers, store.AttackerOf(id))
	}
	if f.Techniques, err = techniques(s.cfg.Catalogue, words(q["technique"])); err != nil {
		return f, err
	}
	if f.Tactics, err = tactics(s.cfg.Catalogue, words(q["tactic"])); err != nil {
		return f, err
	}
	for _, at := range []struct {
		name string
		to   *time.Time
	}{{"since", &f.Since}, {"until", &f.Until}} {
		var ok bool
		if *at.to, ok = moment.Ago(q.Get(at.name), s.cfg.Now()); q.Get(at.name) != "" && !ok {
			return f, failure(http.StatusBadRequest, "%s is no time", at.name).help("for example 2026-11-22T03:00:00Z, 2026-11-22, 36h or 7d")
		}
	}
	if !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until) {
		return f, failure(http.StatusBadRequest, "since is not before until")
	}
	if text := q.Get("min_confidence"); text != "" {
		if f.MinConfidence, err = strconv.ParseFloat(text, 64); err != nil || !(f.MinConfidence >= 0 && f.MinConfidence <= 1) {
			return f, failure(http.StatusBadRequest, "min_confidence is outside [0, 1]")
		}
	}
	f.AllVersions, err = flag(q.Get("all_versions"))
	return f, err
}

func flag(text string) (bool, error) {
	switch text {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, failure(http.StatusBadRequest, "all_versions is neither true nor false")
}

func techniques(c *attack.Catalogue, ids []string) ([]string, error) {
	for _, id := range ids {
		if _, ok := c.Find(id); ok {
			continue
		}
		p := failure(http.StatusBadRequest, "a technique is unknown").help("ids are written like T1110 and T1110.001")
		if near := c.Suggest(id); len(near) > 0 {
			p.Help = "nearest: " + strings.Join(near, ", ")
		}
		return nil, p
	}
	return ids, nil
}

func tactics(c *attack.Catalogue, names []string) (ids []string, err error) {
	for _, name := range names {
		id := c.FindTactic(name)
		if id == "" {
			return nil, failure(http.StatusBadRequest, "a tactic is unknown").help("there are " + strings.Join(c.Shortnames(), ", "))
		}
		ids = append(ids, id)
	}
	return ids, nil
}
