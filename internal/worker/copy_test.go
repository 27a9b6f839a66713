package worker

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/engine"
	"ttpctl/internal/ingest"
	"ttpctl/internal/lines"
	"ttpctl/internal/rounds"
	"ttpctl/internal/worker/workertest"
)

// TestKilledWhileCopied: a log is copied and truncated three times, and a run is
// killed at some commit before the copy, between the copy and the truncation, and
// behind it. Each line is judged once, and what is open goes on.
func TestKilledWhileCopied(t *testing.T) {
	t.Parallel()
	snap := packSnapshot(t)
	text := workertest.BusyLog(t, "../../testdata/logs/cowrie.json", 8)
	service := func(s *Service) *Service {
		s.InForce, s.Now, s.Once = func() *engine.Snapshot { return snap }, time.Now, true
		s.Observe = func(n Note) { t.Errorf("told %+v", n) }
		return s
	}
	run := func(s *Service, in ingest.Input) error {
		feeds := make(chan Feed, 1)
		feeds <- Feed{Source: "log", Input: in, Format: "cowrie"}
		close(feeds)
		return service(s).Run(t.Context(), feeds)
	}
	undisturbed := openDB(t)
	whole := fstest.MapFS{"cowrie.json": {Data: []byte(text)}}
	if err := run(&Service{Ledger: undisturbed.Ledger()}, ingest.Input{Name: "cowrie.json", FS: whole}); err != nil {
		t.Fatal(err)
	}
	want := storedTags(t, undisturbed)
	rng := rand.New(rand.NewPCG(14, 3))
	for round := range rounds.Of(t, 1, 4) {
		db, path, kills := openDB(t), filepath.Join(t.TempDir(), "cowrie.json"), 0
		check := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		follow := func() ingest.Input {
			return ingest.Input{Name: path, Follow: &lines.Follow{
				Once: true, Rotations: true, Grace: time.Millisecond,
				Notify: func(n lines.Notice) {
					if n.Lost {
						t.Errorf("notice %q", n.Text)
					}
				},
			}}
		}
		killed := func() {
			if rng.IntN(4) == 0 {
				return // nothing runs at this moment
			}
			s := &Service{Ledger: &mortal{db.Ledger(), 1 + rng.IntN(3), rng.IntN(2) == 0}, Ingest: ingest.Config{KeepOpen: true}, stateEvery: time.Nanosecond}
			if err := run(s, follow()); errors.Is(err, errKilled) {
				kills++
			} else if err != nil {
				t.Fatal(err)
			}
		}
		rest := strings.SplitAfter(text, "\n")
		for part := range 4 {
			n := len(rest) / (4 - part)
			check(os.WriteFile(path, []byte(strings.Join(rest[:n], "")), 0o600))
			rest = rest[n:]
			killed()
			if part == 3 {
				break
			}
			for i := part; i > 0; i-- {
				check(os.Rename(fmt.Sprint(path, ".", i), fmt.Sprint(path, ".", i+1)))
			}
			log, err := os.ReadFile(path)
			check(err)
			check(os.WriteFile(path+".1", log, 0o600))
			killed()
			check(os.Truncate(path, 0))
			killed()
		}
		check(run(&Service{Ledger: db.Ledger()}, follow()))
		if diff := cmp.Diff(want, storedTags(t, db)); diff != "" || kills == 0 {
			t.Fatalf("round %d, %d kills: tags differ (-undisturbed +killed):\n%.3000s", round, kills, diff)
		}
	}
}
