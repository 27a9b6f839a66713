package main

import (
	"errors"
	"testing"

	"ttpctl/internal/rounds"
	"ttpctl/internal/worker/workertest"
)

// A short campaign: a worker that is killed, one that comes and goes, a database that is
// restarted, connections that are cut, what comes twice and what is no event.
func TestCampaign(t *testing.T) {
	if testing.Short() || !rounds.More(t) {
		t.Skip("LEFT OUT: a fleet under faults takes half a minute, TEST_ROUNDS=8 has it run")
	}
	c := &campaign{
		sample: "../../../testdata/logs/cowrie.json", events: 2500, rate: 500, partitions: 4, seed: 14,
		faults: counts{kill: 1, database: 1, move: 1, acks: 5, duplicate: 60, poison: 20},
	}
	found, err := c.run(t.Context())
	if errors.Is(err, workertest.ErrNoServer) {
		t.Skip("LEFT OUT:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if found > 0 {
		t.Errorf("%d differences: %q", found, c.found)
	}
}
