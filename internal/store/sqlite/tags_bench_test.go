package sqlite

import (
	"database/sql"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store/storetest"
)

// batch is how many tags the benchmarks insert in a transaction.
const batch = 5000

func benchmarkInsert(b *testing.B, insert func(db *DB, tags []event.Tag) error, replay bool) {
	db, err := Open(b.Context(), filepath.Join(b.TempDir(), "bench.db"), Options{Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	first := 0
	tags := storetest.SomeTags(0, batch)
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
			tags = storetest.SomeTags(first, batch)
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
		if _, err := stmt.Exec(t.UUID.String(), t.AttackerIP, t.SourceKind, t.SourceID, t.AttackerUUID, identity, t.SessionID.Value, t.DeckyID.Value,
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
