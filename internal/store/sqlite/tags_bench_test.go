package sqlite

import (
	"context"
	"database/sql"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
	"ttpctl/internal/store/storetest"
)

// batch is how many tags the benchmarks insert in a transaction, as tag --save
// does.
const batch = 16384

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
	_, err := db.Tags().Insert(context.Background(), tags)
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

// What Insert costs is what the bare driver costs, as of-bare says: CPU time of
// the driver by that of Insert, 1 = the same. They take turns, on a database
// each, so that neighbours disturb both alike.
func BenchmarkInsertOfBare(b *testing.B) {
	ways := []func(db *DB, tags []event.Tag) error{insertOurs, insertBare}
	var dbs [2]*DB
	for i := range dbs {
		db, err := Open(b.Context(), filepath.Join(b.TempDir(), "bench.db"), Options{Now: time.Now})
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		dbs[i] = db
	}
	var spent [2]time.Duration
	first := 0
	for b.Loop() {
		tags := storetest.SomeTags(first, batch)
		first += batch
		for i := range ways {
			runtime.GC()
			before := cpuTime(b)
			if err := ways[i](dbs[i], tags); err != nil {
				b.Fatal(err)
			}
			spent[i] += cpuTime(b) - before
		}
	}
	b.ReportMetric(float64(spent[0].Nanoseconds())/float64(batch*b.N), "cpu-ns/row")
	b.ReportMetric(spent[1].Seconds()/spent[0].Seconds(), "of-bare")
}

// insertCommit stores tags as a commit of a source, with their messages when
// they are published.
func insertCommit(published bool) func(db *DB, tags []event.Tag) error {
	seq := 0
	return func(db *DB, tags []event.Tag) error {
		c := &store.Commit{Source: "s", Epoch: 1, Tags: tags, TagsCursor: strconv.Itoa(seq)}
		if seq++; seq == 1 {
			if err := beginSource(db); err != nil {
				return err
			}
		}
		if published {
			c.Publish = func(fresh []int) []store.Message { return bodies(tags, fresh) }
		}
		_, err := db.Ledger().Commit(context.Background(), c)
		return err
	}
}

func beginSource(db *DB) error {
	if _, err := db.Ledger().Resume(context.Background(), "s", "bench"); err != nil {
		return err
	}
	return db.Outbox().Outputs(context.Background(), "s", []string{"out"})
}

func bodies(tags []event.Tag, fresh []int) []store.Message {
	ms := make([]store.Message, len(fresh))
	for i, n := range fresh {
		ms[i] = store.Message{Topic: store.Tagged, Body: tags[n].AppendJSON(nil)}
	}
	return ms
}

// insertDrained is a commit with messages that an output takes at once.
func insertDrained() func(db *DB, tags []event.Tag) error {
	put := insertCommit(true)
	return func(db *DB, tags []event.Tag) error {
		if err := put(db, tags); err != nil {
			return err
		}
		return drain(db)
	}
}

func drain(db *DB) error {
	for {
		ms, err := db.Outbox().Next(context.Background(), "out", "s", 0, 1000)
		if err != nil || len(ms) == 0 {
			return err
		}
		if err := db.Outbox().Done(context.Background(), store.Mark{Output: "out", Source: "s", Seq: ms[len(ms)-1].Seq}); err != nil {
			return err
		}
	}
}

func BenchmarkCommit(b *testing.B)          { benchmarkInsert(b, insertCommit(false), false) }
func BenchmarkCommitPublished(b *testing.B) { benchmarkInsert(b, insertCommit(true), false) }
func BenchmarkCommitDrained(b *testing.B)   { benchmarkInsert(b, insertDrained(), false) }
func BenchmarkCommitReplay(b *testing.B)    { benchmarkInsert(b, insertCommit(true), true) }
