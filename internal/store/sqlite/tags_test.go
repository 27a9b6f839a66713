package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
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
	if n := countTags(t, db); n != 1 {
		t.Errorf("%d tags after refusals, want the one inserted", n)
	}
}

const tail7 = `, session_id, decky_id, tactic, technique_id, sub_technique_id, confidence, rule_id, rule_version,
evidence, attack_release, mitre_url, observed_at, created_at, attacker_ip FROM ttp_tag LIMIT 1`

// countTags returns how many tags are stored.
func countTags(t *testing.T, db *DB) (n int) {
	t.Helper()
	err := db.Tags().Each(t.Context(), store.Filter{AllVersions: true}, 0, func(*store.StoredTag) error { n++; return nil })
	must(t, err)
	return n
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
	var shown strings.Builder // in docs/operating.md
	for _, c := range []struct {
		report  string // that docs/operating.md shows the plan of
		filter  store.Filter
		indexes []string
	}{
		{"report technique T1059", store.Filter{Filter: event.Filter{Techniques: []string{"T1059"}}}, []string{"ttp_tag_rule"}},
		{"report attacker 203.0.113.9", store.Filter{Attackers: []store.Attacker{{UUID: "a", Address: "203.0.113.9"}}}, []string{"ttp_tag_attacker", "ttp_tag_identity"}},
		{"", store.Filter{Filter: event.Filter{Techniques: []string{"T1059"}}, Attackers: []store.Attacker{{UUID: "a"}}}, []string{"ttp_tag_attacker"}},
		{"", store.Filter{Filter: event.Filter{Techniques: []string{"T1059"}}, Identity: "i"}, []string{"ttp_tag_attacker"}},
		{"report session ID", store.Filter{Sessions: []string{"s"}}, []string{"ttp_tag_session"}},
		{"report rule R0001", store.Filter{Filter: event.Filter{Rules: []string{"R0001"}}}, []string{"ttp_tag_rule"}},
		{"report identity ID", store.Filter{Identity: "i"}, []string{"ttp_tag_identity", "ttp_tag_attacker"}},
		{"report campaign ID", store.Filter{Campaign: "c"}, []string{"ttp_tag_identity", "ttp_tag_attacker"}},
		{"", store.Filter{Filter: event.Filter{Since: time.Unix(1, 0), Tactics: []string{"TA0002"}}, Sessions: []string{"s"}, AllVersions: true}, []string{"ttp_tag_session"}},
	} {
		s := selectionOf(c.filter)
		plans := map[string]string{
			"techniques": plan(sqlTechniques+s.Where("")+sqlGroupTechniques, s.Args...),
			"tags":       plan(sqlSelectTags+s.Where("")+reading.Newest+reading.Limit, append(s.Args, sql.Named("limit", 1))...),
		}
		for _, by := range []store.Dimension{store.ByTechnique, store.ByAttacker, store.BySession, store.ByRule} {
			plans[fmt.Sprint("dimension ", by)] = plan(groupings[by].From+s.Where(groupings[by].When)+groupings[by].To, s.Args...)
		}
		if c.report != "" {
			shown.WriteString(c.report + "\n")
			for l := range strings.Lines(plans["techniques"]) {
				if strings.Contains(l, "ttp_") { // of the filter's values each plan has as much
					shown.WriteString("  " + l)
				}
			}
		}
		for name, p := range plans {
			for _, index := range c.indexes {
				used[index] = true
				if !strings.Contains(p, "SEARCH t USING INDEX "+index) {
					t.Errorf("plan of %s by %+v lacks %s:\n%s", name, c.filter, index, p)
				}
			}
			if !c.filter.AllVersions && !strings.Contains(p, "SEARCH n USING INDEX ttp_tag_rule (rule_id=? AND source_id=?)") {
				t.Errorf("plan of %s by %+v finds newer versions without the index of rules:\n%s", name, c.filter, p)
			}
			if strings.Contains(p, "SCAN t\n") {
				t.Errorf("plan of %s by %+v reads the whole table:\n%s", name, c.filter, p)
			}
		}
	}
	doc, err := os.ReadFile("../../../docs/operating.md")
	must(t, err)
	if !strings.Contains(string(doc), "```text\n"+shown.String()+"```\n") {
		t.Errorf("docs/operating.md does not show these plans:\n%s", shown.String())
	}
	// Who is tied together is found from the small table of ties.
	for by, indexes := range map[store.Dimension][]string{
		store.ByIdentity: {"ttp_tag_identity", "ttp_tag_attacker"}, store.ByCampaign: {"ttp_tag_identity", "ttp_tag_attacker"},
	} {
		for _, index := range indexes {
			if p := plan(groupings[by].From + groupings[by].To); !strings.Contains(p, index) {
				t.Errorf("plan of dimension %d lacks %s:\n%s", by, index, p)
			}
		}
	}
	all := selectionOf(store.Filter{})
	if p := plan(sqlSelectTags+all.Where("")+reading.Newest+reading.Limit, sql.Named("limit", 1)); strings.Contains(p, "TEMP B-TREE") {
		t.Errorf("all tags are sorted, not read in order:\n%s", p)
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

// What is not published counts once, however many outputs want it.
func TestLedgerStats(t *testing.T) {
	t.Parallel()
	db := tempDB(t)
	p, err := db.Ledger().Resume(t.Context(), "s", "owner")
	must(t, err)
	must(t, db.Outbox().Outputs(t.Context(), "s", []string{"a", "b"}))
	tags := storetest.SomeTags(0, 5)
	_, err = db.Ledger().Commit(t.Context(), &store.Commit{
		Source: "s", Epoch: p.Epoch, Tags: tags, Dead: make([]store.DeadLetter, 3),
		Publish: func(fresh []int) []store.Message { return bodies(tags, fresh) },
	})
	must(t, err)
	must(t, db.Outbox().Done(t.Context(), store.Mark{Output: "a", Source: "s", Seq: 4}, store.Mark{Output: "b", Source: "s", Seq: 2}))
	if st, err := db.Stats(t.Context()); err != nil || st.Sources != 1 || st.Unpublished != 3 || st.DeadLetters != 3 {
		t.Errorf("Stats() = %+v, %v, want 1 source, 3 messages, 3 dead letters", st, err)
	}
}
