package sqlite

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

// A database of schema 1, with its tags and the record of a serve that ended
// long ago, is brought up to date and loses no tag.
func TestMigrateFromSchema1(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ttpctl.db")
	steps, err := migrations()
	must(t, err)
	const columns = `'command', 'e1', 'a', NULL, 's', NULL, 'TA0007', 'T1082', NULL, 0.7`
	const rest = `'{}', 'enterprise-v19.1', 'https://attack.mitre.org/techniques/T1082', '2026-11-22T10:00:00Z', 1`
	execAll(t, path, steps[0], `PRAGMA user_version = 1`,
		`INSERT INTO ttp_tag VALUES ('1ca31f08-5522-5aae-8371-fe81f0e39de3', `+columns+`, 'R0018', 1, `+rest+`)`,
		`INSERT INTO ttp_tag VALUES ('1ca31f08-5522-5aae-8371-fe81f0e39de4', `+columns+`, 'R0018', 2, `+rest+`)`,
		`INSERT INTO ttp_rule_in_force VALUES ('R0018', 1, 'old', 1)`)
	if _, err := OpenReadOnly(t.Context(), path, Options{Now: time.Now}); err == nil {
		t.Error("a reader takes a schema that it does not know")
	}
	db := openDB(t, path, time.Now)
	if n := countTags(t, db); n != 2 {
		t.Errorf("%d tags, want 2", n)
	}
	counts, err := db.Tags().Techniques(t.Context(), store.Filter{})
	if err != nil || len(counts) != 1 || counts[0].Tags != 1 {
		t.Errorf("Techniques() = %+v, %v, want the tag of the newer version alone", counts, err)
	}
	if leases, err := db.Leases().Live(t.Context()); err != nil || len(leases) != 0 {
		t.Errorf("Live() = %v, %v, want none: the old record is void", leases, err)
	}
}

// Tags of schema 3 are found by what leads to them since: the techniques of
// rules and the attackers of addresses.
func TestMigrateFromSchema3(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ttpctl.db")
	steps, err := migrations()
	must(t, err)
	tag := func(n int, attacker, identity, technique, rule, address string) string {
		return fmt.Sprintf(`INSERT INTO ttp_tag VALUES ('1ca31f08-5522-5aae-8371-fe81f0e39d%02d', 'command', 'e%[1]d', %s, %s, 's', NULL, 'TA0007', '%s', NULL, 0.7,
'%s', 1, '{}', 'enterprise-v19.1', 'https://attack.mitre.org/', '2026-11-22T10:00:00Z', 1, %s)`, n, attacker, identity, technique, rule, address)
	}
	execAll(t, path, steps[0], steps[1], steps[2], `PRAGMA user_version = 3`,
		tag(1, "'a'", "NULL", "T1082", "R0018", "'203.0.113.9'"), tag(2, "'b'", "NULL", "T1082", "R0019", "NULL"),
		tag(3, "NULL", "'i'", "T1083", "R0018", "'203.0.113.9'"), tag(4, "'a'", "NULL", "T1083", "R0020", "'203.0.113.7'"))
	db := openDB(t, path, time.Now)
	for _, c := range []struct {
		filter store.Filter
		want   int
	}{
		{store.Filter{Filter: event.Filter{Techniques: []string{"T1082"}}}, 2},
		{store.Filter{Filter: event.Filter{Techniques: []string{"T1083"}}}, 2},
		{store.Filter{Attackers: []store.Attacker{store.AttackerOf("203.0.113.9")}}, 2},
		{store.Filter{Attackers: []store.Attacker{store.AttackerOf("203.0.113.7")}}, 1},
		{store.Filter{}, 4},
	} {
		n := 0
		must(t, db.Tags().Each(t.Context(), c.filter, 0, func(*store.StoredTag) error { n++; return nil }))
		if n != c.want {
			t.Errorf("%+v chooses %d tags, want %d", c.filter, n, c.want)
		}
	}
}
