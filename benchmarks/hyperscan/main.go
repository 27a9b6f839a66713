// Hyperscan measures how long Hyperscan takes to say which of a set of patterns match
// a text: the limit that matching in ttpctl is held against. It is a module of its
// own, so that neither cgo nor the library (BSD licence) ever gets into the program.
//
//	apt-get install -y --no-install-recommends libhyperscan-dev
//	go build -o /tmp/hyperscan . && /tmp/hyperscan RULES_DIR TEXTS
//
// RULES_DIR holds rules whose match is one pattern on the command, as
// tools/bench_rules.py writes them; a file has one pattern a line. TEXTS are command
// events as JSON Lines, or texts, one a line. The result is a JSON object on a line:
//
//	{"rules":1000,"texts":50000,"bytes":3411871,"matches":33712,"ns_per_text":560,"build_ms":410}
//
// Each text is scanned once for all patterns, and each pattern reports its first
// match only: yes or no. matches counts the pairs of a text and a pattern that holds
// on it. ns_per_text is CPU time of the calling thread, the median of some passes over
// all texts, each begun with warm caches. Patterns are compiled as they are: on text
// beyond ASCII their classes mean bytes.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

type result struct {
	Rules     int     `json:"rules"`
	Texts     int     `json:"texts"`
	Bytes     int     `json:"bytes"`
	Matches   int     `json:"matches"`
	NsPerText float64 `json:"ns_per_text"`
	BuildMs   float64 `json:"build_ms"`
}

func main() {
	log.SetFlags(0)
	passes := flag.Int("passes", 7, "passes over all texts, of which the median counts")
	flag.Parse()
	if flag.NArg() != 2 || *passes < 1 {
		log.Fatal("usage: hyperscan [-passes n] RULES_DIR TEXTS")
	}
	r, err := run(flag.Arg(0), flag.Arg(1), *passes)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		log.Fatal(err)
	}
}

func run(rules, texts string, passes int) (r result, err error) {
	patterns, err := readPatterns(rules)
	if err != nil {
		return r, err
	}
	list, err := readTexts(texts)
	if err != nil {
		return r, err
	}
	if len(patterns) == 0 || len(list) == 0 {
		return r, fmt.Errorf("%d patterns and %d texts: there is nothing to measure", len(patterns), len(list))
	}
	began := time.Now()
	db, err := compile(patterns)
	if err != nil {
		return r, err
	}
	defer db.close()
	r.BuildMs = float64(time.Since(began).Microseconds()) / 1e3
	r.Rules, r.Texts = len(patterns), len(list)
	c := newCorpus(list)
	defer c.close()
	r.Bytes = c.size
	var ns []float64
	for range passes + 1 {
		matches, spent, err := db.scan(c)
		if err != nil {
			return r, err
		}
		r.Matches = matches
		ns = append(ns, float64(spent)/float64(len(list)))
	}
	ns = ns[1:] // the first pass warms the caches
	slices.Sort(ns)
	r.NsPerText = ns[len(ns)/2]
	return r, nil
}

// patternLine is where a rule of bench_rules.py has its pattern.
var patternLine = regexp.MustCompile(`(?m)^match: \{pattern: '((?:[^']|'')*)'\}$`)

// readPatterns reads the patterns of a directory of rules, or of a file.
func readPatterns(path string) ([]string, error) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return readLines(path)
	}
	files, err := filepath.Glob(filepath.Join(path, "*.yaml"))
	if err != nil {
		return nil, err
	}
	var patterns []string
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		m := patternLine.FindSubmatch(data)
		if m == nil {
			return nil, fmt.Errorf("%s: its match is not one pattern in single quotes", f)
		}
		patterns = append(patterns, strings.ReplaceAll(string(m[1]), "''", "'"))
	}
	return patterns, nil
}

// readTexts reads the commands of events, or lines of text.
func readTexts(path string) ([]string, error) {
	lines, err := readLines(path)
	if err != nil || !strings.HasSuffix(path, ".jsonl") {
		return lines, err
	}
	for i, line := range lines {
		var event struct {
			Payload struct {
				Text *string `json:"command_text"`
			} `json:"payload"`
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
		if event.Payload.Text == nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+1, errors.New("an event without command_text"))
		}
		lines[i] = *event.Payload.Text
	}
	return lines, nil
}

func readLines(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var lines []string
	s := bufio.NewScanner(bytes.NewReader(data))
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		lines = append(lines, s.Text())
	}
	return lines, s.Err()
}
