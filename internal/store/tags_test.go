package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
)

func insert(t *testing.T, db *DB, tags ...event.Tag) Inserted {
	t.Helper()
	in, err := db.Tags().Insert(t.Context(), tags)
	if err != nil {
		t.Fatalf("Insert() error = %v", err)
	}
	return in
}

// named returns tag number i with the anchors given.
func named(i int, attacker, identity string) event.Tag {
	tag := someTags(i, 1)[0]
	tag.AttackerUUID, tag.IdentityUUID = attacker, identity
	return tag
}

func TestInsert(t *testing.T) {
	db := tempDB(t)
	low := named(3, "a", "")
	low.Confidence = 0.2999
	edge := named(4, "a", "")
	edge.Confidence = event.Floor
	tags := []event.Tag{named(1, "a", ""), low, named(2, "", "i"), named(1, "b", ""), edge}
	want := Inserted{New: []int{0, 2, 4}, Duplicates: 1, BelowFloor: 1}
	if diff := cmp.Diff(want, insert(t, db, tags...)); diff != "" {
		t.Errorf("Insert() (-want +got):\n%s", diff)
	}
	want = Inserted{Duplicates: 4, BelowFloor: 1}
	if diff := cmp.Diff(want, insert(t, db, tags...)); diff != "" {
		t.Errorf("replay (-want +got):\n%s", diff)
	}
	if in := insert(t, db); len(in.New) != 0 {
		t.Errorf("Insert() of nothing = %v", in)
	}
}

// What is new is told right whatever the pattern of new and known.
func TestInsertPatterns(t *testing.T) {
	const n = 4 * lookAhead
	all := someTags(0, n)
	for _, every := range []int{1, 2, 3, lookAhead - 1, lookAhead, lookAhead + 1, n} {
		db := tempDB(t)
		var known []event.Tag
		var want []int
		for i := range all {
			if i%every == 0 || i/lookAhead == 2 {
				known = append(known, all[i])
			} else {
				want = append(want, i)
			}
		}
		insert(t, db, known...)
		twice := slices.Concat(all, all)
		in := insert(t, db, twice...)
		if !slices.Equal(in.New, want) || in.Duplicates != len(twice)-len(want) {
			t.Errorf("known every %d: %d new, %d duplicates, want %d new", every, len(in.New), in.Duplicates, len(want))
		}
	}
}

func TestInsertRefused(t *testing.T) {
	db := tempDB(t)
	nobody := named(1, "", "")
	over, nan := named(2, "a", ""), named(3, "a", "")
	over.Confidence, nan.Confidence = 1.01, math.NaN()
	for name, c := range map[string]struct {
		tag  event.Tag
		want string
	}{"no anchor": {nobody, "neither attacker_uuid nor identity_uuid"}, "above 1": {over, "1.01"}, "NaN": {nan, "NaN"}} {
		_, err := db.Tags().Insert(t.Context(), []event.Tag{named(9, "a", ""), c.tag})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), db.path) {
			t.Errorf("Insert() with %s: error = %v, want %q", name, err, c.want)
		}
	}
	// The table itself refuses what the code would have.
	for _, bad := range []string{
		`INSERT INTO ttp_tag SELECT 'x', source_kind, source_id, NULL, NULL` + tail7,
		`INSERT INTO ttp_tag SELECT 'x', source_kind, source_id, attacker_uuid, NULL` + strings.Replace(tail7, "confidence", "1.5", 1),
	} {
		insert(t, db, named(1, "a", ""))
		if _, err := db.writer.ExecContext(t.Context(), bad); err == nil || !strings.Contains(err.Error(), "CHECK") {
			t.Errorf("%s: error = %v, want a CHECK", bad, err)
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.Tags().Insert(cancelled, []event.Tag{named(5, "a", "")}); !errors.Is(err, context.Canceled) {
		t.Errorf("Insert(cancelled) error = %v, want %v", err, context.Canceled)
	}
	if all := details(t, db, Scope{}); len(all) != 1 {
		t.Errorf("%d tags after refusals, want the one inserted", len(all))
	}
}

const tail7 = `, session_id, decky_id, tactic, technique_id, sub_technique_id, confidence, rule_id, rule_version,
evidence, attack_release, mitre_url, observed_at, created_at FROM ttp_tag LIMIT 1`

func details(t *testing.T, db *DB, scope Scope) []StoredTag {
	t.Helper()
	tags, err := db.Tags().Details(t.Context(), scope, Page{})
	if err != nil {
		t.Fatalf("Details(%v) error = %v", scope, err)
	}
	return tags
}

// A tag comes out as it went in, to the byte.
func TestTagRoundTrip(t *testing.T) {
	db := tempDB(t)
	bare := named(1, "", "identity")
	bare.SessionID, bare.DeckyID, bare.SubTechnique, bare.ObservedAt = event.OptString{}, event.OptString{}, "", ""
	odd := named(2, "a'b\x00c", "ü")
	odd.SessionID, odd.SourceID, odd.Evidence = event.Some(""), "\xff|'--", []byte(`{"command_text":"\u0000"}`)
	odd.Confidence = 0.3001
	insert(t, db, bare, odd)
	got := details(t, db, Scope{})
	if len(got) != 2 {
		t.Fatalf("%d tags, want 2", len(got))
	}
	for i, want := range []event.Tag{odd, bare} {
		if diff := cmp.Diff(want, got[i].Tag); diff != "" {
			t.Errorf("tag %d (-want +got):\n%s", i, diff)
		}
		if got[i].CreatedAt.IsZero() {
			t.Errorf("tag %d has no created_at", i)
		}
	}
}

// rollupDB holds two attackers that one identity ties together, one that
// stands alone, and findings anchored to identities only.
func rollupDB(t *testing.T) *DB {
	db := tempDB(t)
	loner := event.IdentityUUID("c").String()
	insert(t, db,
		named(1, "a", ""), named(2, "a", "I"), named(3, "b", "I"), named(4, "b", ""),
		named(5, "", "I"), named(6, "c", ""), named(7, "", loner), named(8, "", "J"),
	)
	for campaign, ids := range map[string][]string{"spring": {"I", "J"}, "autumn": {loner, "nobody"}} {
		var links []CampaignLink
		for _, id := range append(ids, ids[0]) {
			links = append(links, CampaignLink{campaign, id})
		}
		if n, err := db.Tags().LinkCampaigns(t.Context(), links); err != nil || n != 2 {
			t.Errorf("LinkCampaigns(%v) = %d, %v, want 2", links, n, err)
		}
	}
	return db
}

func TestRollups(t *testing.T) {
	db := rollupDB(t)
	loner := event.IdentityUUID("c").String()
	for _, c := range []struct {
		scope Scope
		want  []int // numbers of the tags
	}{
		{Scope{}, []int{1, 2, 3, 4, 5, 6, 7, 8}},
		{Scope{ByAttacker, "a"}, []int{1, 2}},
		{Scope{ByIdentity, "I"}, []int{1, 2, 3, 4, 5}},
		{Scope{ByIdentity, "J"}, []int{8}},
		{Scope{ByIdentity, loner}, []int{6, 7}},
		{Scope{ByIdentity, event.IdentityUUID("a").String()}, []int{1, 2}},
		{Scope{BySession, "session-0"}, []int{1, 2, 3, 4, 5, 6, 7, 8}},
		{Scope{ByCampaign, "spring"}, []int{1, 2, 3, 4, 5, 8}},
		{Scope{ByCampaign, "autumn"}, []int{6, 7}},
		{Scope{ByRule, "R0003"}, []int{3}},
		{Scope{ByTechnique, "T1004"}, []int{4}},
		{Scope{ByTechnique, "T1004.001"}, []int{4}},
		{Scope{ByTechnique, "T1004.002"}, nil},
		{Scope{ByAttacker, "nobody"}, nil},
		{Scope{ByAttacker, ""}, nil},
		{Scope{ByCampaign, ""}, nil},
	} {
		var got []int
		for _, tag := range details(t, db, c.scope) {
			var n int
			if _, err := fmt.Sscanf(tag.SourceID, "cmd_%d", &n); err != nil {
				t.Fatal(err)
			}
			got = append(got, n)
		}
		newestFirst := slices.Clone(c.want)
		slices.Reverse(newestFirst)
		if !slices.Equal(got, newestFirst) {
			t.Errorf("Details(%v) = %v, want %v", c.scope, got, newestFirst)
		}
		techniques, err := db.Tags().Techniques(t.Context(), c.scope)
		if err != nil || len(techniques) != len(c.want) {
			t.Errorf("Techniques(%v) = %d (%v), want %d", c.scope, len(techniques), err, len(c.want))
		}
	}
}

func TestTechniques(t *testing.T) {
	db := tempDB(t)
	tags := []event.Tag{named(1, "a", ""), named(2, "a", ""), named(3, "a", "")}
	for i := range tags {
		tags[i].Technique, tags[i].SubTechnique, tags[i].Tactic = "T1059", "T1059.004", "TA0002"
		tags[i].Confidence = 0.5 + float64(i)/10
	}
	tags[1].ObservedAt = "2026-11-22T11:00:00.5+02:00" // 09:00:00.5 UTC
	tags[2].SubTechnique = ""
	insert(t, db, tags...)
	got, err := db.Tags().Techniques(t.Context(), Scope{ByAttacker, "a"})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	want := []TechniqueCount{
		{"TA0002", "T1059", "", 1, 1, 0.7, at, at},
		{"TA0002", "T1059", "T1059.004", 2, 2, 0.6, at.Add(-time.Hour + 500*time.Millisecond), at},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Techniques() (-want +got):\n%s", diff)
	}
}

func TestSubjects(t *testing.T) {
	db := rollupDB(t)
	loner := event.IdentityUUID("c").String()
	for _, c := range []struct {
		by   Dimension
		want map[string]int // tags by id
	}{
		{AllTags, map[string]int{}},
		{ByAttacker, map[string]int{"a": 2, "b": 2, "c": 1}},
		{ByIdentity, map[string]int{"I": 5, "J": 1, loner: 2}},
		{ByCampaign, map[string]int{"spring": 6, "autumn": 2}},
		{BySession, map[string]int{"session-0": 8}},
		{ByRule, map[string]int{"R0001": 1, "R0002": 1, "R0003": 1, "R0004": 1, "R0005": 1, "R0006": 1, "R0007": 1, "R0008": 1}},
		{ByTechnique, map[string]int{"T1001": 1, "T1002": 1, "T1003": 1, "T1004": 1, "T1005": 1, "T1006": 1, "T1007": 1, "T1008": 1}},
	} {
		ss, err := db.Tags().Subjects(t.Context(), c.by)
		if err != nil {
			t.Errorf("Subjects(%d) error = %v", c.by, err)
		}
		got := map[string]int{}
		for _, s := range ss {
			got[s.ID] = s.Tags
			if s.Techniques != s.Tags || s.First.Year() != 2026 || s.Last.Before(s.First) {
				t.Errorf("Subjects(%d): %+v, want as many techniques as tags", c.by, s)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("Subjects(%d) (-want +got):\n%s", c.by, diff)
		}
	}
}

// A technique and its sub-technique are two, here as in the table of tag.
func TestSubjectsTellSubTechniquesApart(t *testing.T) {
	db := tempDB(t)
	tags := []event.Tag{named(1, "a", ""), named(2, "a", ""), named(3, "a", "")}
	for i, sub := range []string{"", "T1110.001", "T1110.001"} {
		tags[i].Technique, tags[i].SubTechnique = "T1110", sub
	}
	insert(t, db, tags...)
	ss, err := db.Tags().Subjects(t.Context(), ByAttacker)
	if err != nil || len(ss) != 1 || ss[0].Techniques != 2 {
		t.Errorf("Subjects(ByAttacker) = %+v, %v, want one attacker with 2 techniques", ss, err)
	}
}

func TestDetailPages(t *testing.T) {
	db := tempDB(t)
	for i := range 5 { // two tags of one instant each
		insert(t, db, someTags(2*i, 2)...)
	}
	var got []string
	page := Page{Limit: 3}
	for {
		tags, err := db.Tags().Details(t.Context(), Scope{}, page)
		if err != nil {
			t.Fatal(err)
		}
		if len(tags) == 0 {
			break
		}
		for _, tag := range tags {
			got = append(got, tag.SourceID)
		}
		page.After = &tags[len(tags)-1]
	}
	var want []string
	for i := range 10 {
		want = append(want, fmt.Sprintf("cmd_%08d", 9-i))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}

// Each rollup that chooses tags finds them by an index, and each index is used.
func TestQueryPlans(t *testing.T) {
	db := rollupDB(t)
	plan := func(statement string, args ...any) string {
		rows, err := db.reader.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+statement, args...)
		if err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		defer rows.Close()
		var b strings.Builder
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			b.WriteString(detail + "\n")
		}
		return b.String()
	}
	used := map[string]bool{}
	for _, c := range []struct {
		by      Dimension
		indexes []string
	}{
		{ByTechnique, []string{"ttp_tag_technique"}},
		{ByAttacker, []string{"ttp_tag_attacker"}},
		{BySession, []string{"ttp_tag_session"}},
		{ByRule, []string{"ttp_tag_rule"}},
		{ByIdentity, []string{"ttp_tag_identity", "ttp_tag_attacker"}},
		{ByCampaign, []string{"ttp_tag_identity", "ttp_tag_attacker"}},
	} {
		for name, p := range map[string]string{
			"techniques": plan(sqlTechniques+scopes[c.by]+sqlGroupTechniques, "T1059"),
			"details":    plan(sqlSelectTags+scopes[c.by]+sqlNewestFirst, "T1059", 1, 1, 1),
		} {
			for _, index := range c.indexes {
				used[index] = true
				if !strings.Contains(p, "USING INDEX "+index) {
					t.Errorf("plan of %s by %d lacks %s:\n%s", name, c.by, index, p)
				}
			}
			if strings.Contains(p, "SCAN ttp_tag\n") {
				t.Errorf("plan of %s by %d reads the whole table:\n%s", name, c.by, p)
			}
		}
	}
	if p := plan(sqlSelectTags+scopes[ByTechnique]+sqlNewestFirst, "T1059", 1, 1, 1); strings.Contains(p, "TEMP B-TREE") {
		t.Errorf("details of a technique are sorted, not read in order:\n%s", p)
	}
	rows, err := db.reader.QueryContext(t.Context(), `SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'ttp_tag' AND sql IS NOT NULL`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var index string
		if err := rows.Scan(&index); err != nil {
			t.Fatal(err)
		}
		if !used[index] {
			t.Errorf("no rollup uses index %s", index)
		}
	}
}

func TestRetention(t *testing.T) {
	c := newClock()
	db := openDB(t, filepath.Join(t.TempDir(), "ttpctl.db"), c.now)
	const old, recent = 2*pruneChunk + 10, 20
	insert(t, db, someTags(0, old)...)
	cutoff := c.now().Add(time.Hour)
	c.advance(2 * time.Hour)
	insert(t, db, someTags(old, recent)...)
	if n, err := db.Tags().CountOlderThan(t.Context(), cutoff); err != nil || n != old {
		t.Errorf("CountOlderThan() = %d, %v, want %d", n, err, old)
	}
	before, err := db.Stats(t.Context())
	if err != nil || before.Tags != old+recent || before.Schema == 0 || before.Newest.Sub(before.Oldest) < 2*time.Hour {
		t.Errorf("Stats() = %+v, %v, want %d tags over 2 h", before, err, old+recent)
	}
	for _, want := range []int{old, 0} {
		if n, err := db.Tags().PruneOlderThan(t.Context(), cutoff); err != nil || n != want {
			t.Errorf("PruneOlderThan() = %d, %v, want %d", n, err, want)
		}
	}
	after, err := db.Stats(t.Context())
	if err != nil || after.Tags != recent || after.FreeBytes <= before.FreeBytes {
		t.Errorf("Stats() after pruning = %+v, %v, want %d tags and free pages", after, err, recent)
	}
	// What was pruned is new again.
	if in := insert(t, db, someTags(0, 3)...); len(in.New) != 3 {
		t.Errorf("Insert() of pruned tags = %+v, want 3 new", in)
	}
}
