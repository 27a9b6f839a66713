package rules_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// data is where the captures and corpora lie beside the repository.
const data = "../../shared/data"

// rows yields the objects of the files that match the patterns, one a line.
func rows[T any](t *testing.T, patterns ...string) []T {
	t.Helper()
	if _, err := os.Stat(data); err != nil {
		t.Skip("shared/data absent")
	}
	var all []T
	for _, pattern := range patterns {
		names, err := filepath.Glob(filepath.Join(data, pattern))
		if err != nil || len(names) == 0 {
			t.Fatalf("no file %s: %v", pattern, err)
		}
		for _, name := range names {
			all = appendRows(t, all, name)
		}
	}
	return all
}

func appendRows[T any](t *testing.T, all []T, name string) []T {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 8<<20)
	for sc.Scan() {
		var row T
		if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
			continue // a log may end within a line
		}
		all = append(all, row)
	}
	if err := sc.Err(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return all
}

type commandRow struct {
	EventID string `json:"eventid"`
	Input   string `json:"input"`
	Command string `json:"command"`
}

// distinct returns the different command lines of rows.
func distinct(rows []commandRow) []string {
	set := map[string]bool{}
	for _, r := range rows {
		switch {
		case r.EventID == "cowrie.command.input":
			set[r.Input] = true
		case r.EventID == "":
			set[r.Command] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// first reports whether a rule is of the pack's first: those to R0029, and what
// was split off them.
func first(id string) bool {
	return id < "R0030" || slices.Contains([]string{"R0101", "R0102", "R0103", "R0104", "R0300", "R0401", "R0402", "R0551"}, id)
}

// TestBenign measures false alarms: of harmless one-liners at most 25 in 1,000
// get a tag of another tactic than discovery, in which harmless users are at
// home.
func TestBenign(t *testing.T) {
	t.Parallel()
	corpus := rows[commandRow](t, "commands/benign_nl2bash.jsonl.gz")
	c := commandRules(t)
	perRule, alarms, early := map[string]int{}, 0, 0
	for _, r := range corpus {
		var ids []string
		for _, tag := range c.judge(r.Command) {
			if tag.Tactic != discovery {
				ids = append(ids, tag.RuleID)
			}
		}
		ids = slices.Compact(ids)
		for _, id := range ids {
			perRule[id]++
		}
		if slices.ContainsFunc(ids, first) {
			early++
		}
		if len(ids) > 0 {
			alarms++
			t.Logf("%v %q", ids, r.Command)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(perRule)) {
		t.Logf("%s, outside discovery, hits %d of %d harmless lines", id, perRule[id], len(corpus))
	}
	share := float64(alarms) / float64(len(corpus))
	t.Logf("%d of %d harmless lines have a tag outside discovery, %.2f %%", alarms, len(corpus), 100*share)
	if share > 0.025 {
		t.Errorf("%.2f %% of the harmless lines have a tag outside discovery, want at most 2.5 %%", 100*share)
	}
	// Read one by one: each shows what its rule says, a fetch by rsync or curl, a job for cron, a search for setuid files.
	if early > 120 {
		t.Errorf("%d of them by the first rules, want at most 120", early)
	}
}

// TestCaptures shows what the rules say of real attacks: with -v each distinct
// line, hit or missed, to be read by eye.
func TestCaptures(t *testing.T) {
	t.Parallel()
	lines := distinct(rows[commandRow](t, "cowrie/*/*.gz", "commands/samdavi_commands.jsonl", "commands/atomic_linux.dev.jsonl"))
	c := commandRules(t)
	perRule, hit := map[string]int{}, 0
	for _, line := range lines {
		ids := c.hits(line)
		if len(ids) > 0 {
			hit++
		}
		for _, id := range ids {
			perRule[id]++
		}
		t.Logf("%v %q", ids, line)
	}
	for _, id := range slices.Sorted(maps.Keys(perRule)) {
		t.Logf("%s hits %d distinct lines", id, perRule[id])
	}
	t.Logf("%d of %d distinct lines are hit", hit, len(lines))
	if hit == 0 {
		t.Error("no captured line is hit")
	}
}

// TestTechniqueIDs renames the technique ids that Atomic Red Team puts into
// its paths: no rule may have matched those.
func TestTechniqueIDs(t *testing.T) {
	t.Parallel()
	c := commandRules(t)
	id := regexp.MustCompile(`(?i)T[0-9]{4}(?:[._][0-9]{3})?`)
	for _, line := range distinct(rows[commandRow](t, "commands/atomic_linux.dev.jsonl")) {
		with, without := c.hits(line), c.hits(id.ReplaceAllString(line, "name"))
		if !slices.Equal(with, without) {
			t.Errorf("%q hits %v, and %v without technique ids", line, with, without)
		}
	}
}
