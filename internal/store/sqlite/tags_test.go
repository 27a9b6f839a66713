package sqlite

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
	"ttpctl/internal/store/storetest"
)

func insert(t *testing.T, db *DB, tags ...event.Tag) store.Inserted {
	t.Helper()
	in, err := db.Tags().Insert(t.Context(), tags)
	if err != nil {
		t.Fatalf("Insert() error = %v", err)
	}
	return in
}

// What is new is told right whatever the pattern of new and known.
func TestInsertPatterns(t *testing.T) {
	t.Parallel()
	const n = 4 * lookAhead
	all := storetest.SomeTags(0, n)
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
	t.Parallel()
	db := tempDB(t)
	nobody := storetest.NamedTag(1, "", "")
	over, nan := storetest.NamedTag(2, "a", ""), storetest.NamedTag(3, "a", "")
	over.Confidence, nan.Confidence = 1.01, math.NaN()
	for name, c := range map[string]struct {
		tag  event.Tag
		want string
	}{"no anchor": {nobody, "neither attacker_uuid nor identity_uuid"}, "above 1": {over, "1.01"}, "NaN": {nan, "NaN"}} {
		_, err := db.Tags().Insert(t.Context(), []event.Tag{storetest.NamedTag(9, "a", ""), c.tag})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), db.path) {
			t.Errorf("Insert() with %s: error = %v, want %q", name, err, c.want)
		}
	}
	// The table itself refuses what the code would have.
	for _, bad := range []string{
		`INSERT INTO ttp_tag SELECT 'x', source_kind, source_id, NULL, NULL` + tail7,
		`INSERT INTO ttp_tag SELECT 'x', source_kind, source_id, attacker_uuid, NULL` + strings.Replace(tail7, "confidence", "1.5", 1),
	} {
		insert(t, db, storetest.NamedTag(1, "a", ""))
		if _, err := db.writer.ExecContext(t.Context(), bad); err == nil || !strings.Contains(err.Error(), "CHECK") {
			t.Errorf("%s: error = %v, want a CHECK", bad, err)
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.Tags().Insert(cancelled, []event.Tag{storetest.NamedTag(5, "a", "")}); !errors.Is(err, context.Canceled) {
		t.Errorf("Insert(cancelled) error = %v, want %v", err, context.Canceled)
	}
	if all := details(t, db, store.Scope{}); len(all) != 1 {
		t.Errorf("%d tags after refusals, want the one inserted", len(all))
	}
}

const tail7 = `, session_id, decky_id, tactic, technique_id, sub_technique_id, confidence, rule_id, rule_version,
evidence, attack_release, mitre_url, observed_at, created_at FROM ttp_tag LIMIT 1`

func details(t *testing.T, db *DB, scope store.Scope) []store.StoredTag {
	t.Helper()
	tags, err := db.Tags().Details(t.Context(), scope, store.Page{})
	if err != nil {
		t.Fatalf("Details(%v) error = %v", scope, err)
	}
	return tags
}

// Each rollup that chooses tags finds them by an index, and each index is used.
func TestQueryPlans(t *testing.T) {
	t.Parallel()
	db := tempDB(t)
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
		by      store.Dimension
		indexes []string
	}{
		{store.ByTechnique, []string{"ttp_tag_technique"}},
		{store.ByAttacker, []string{"ttp_tag_attacker"}},
		{store.BySession, []string{"ttp_tag_session"}},
		{store.ByRule, []string{"ttp_tag_rule"}},
		{store.ByIdentity, []string{"ttp_tag_identity", "ttp_tag_attacker"}},
		{store.ByCampaign, []string{"ttp_tag_identity", "ttp_tag_attacker"}},
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
	if p := plan(sqlSelectTags+scopes[store.ByTechnique]+sqlNewestFirst, "T1059", 1, 1, 1); strings.Contains(p, "TEMP B-TREE") {
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
	t.Parallel()
	c := &storetest.Clock{}
	db := openDB(t, filepath.Join(t.TempDir(), "ttpctl.db"), c.Now)
	const old, recent = 2*pruneChunk + 10, 20
	insert(t, db, storetest.SomeTags(0, old)...)
	cutoff := c.Now().Add(time.Hour)
	c.Advance(2 * time.Hour)
	insert(t, db, storetest.SomeTags(old, recent)...)
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
	if in := insert(t, db, storetest.SomeTags(0, 3)...); len(in.New) != 3 {
		t.Errorf("Insert() of pruned tags = %+v, want 3 new", in)
	}
}
