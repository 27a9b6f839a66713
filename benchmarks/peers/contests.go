package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Programs are the contestants, by path; "" = not here.
type programs struct{ self, hyperscan, python, grep, rg string }

// build builds ttpctl and Hyperscan, and looks for the others.
func (s *session) build() (err error) {
	if s.ttpctl == "" {
		s.ttpctl = s.in("ttpctl")
		cmd := exec.Command("go", "build", "-trimpath", "-o", s.ttpctl, "./cmd/ttpctl")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
	}
	if s.programs.self, err = os.Executable(); err != nil {
		return err
	}
	hyperscan := s.in("hyperscan")
	cmd := exec.Command("go", "build", "-o", hyperscan, ".")
	cmd.Dir, cmd.Env = "benchmarks/hyperscan", append(os.Environ(), "CGO_ENABLED=1")
	if out, err := cmd.CombinedOutput(); err == nil {
		s.programs.hyperscan = hyperscan
	} else {
		s.notes = append(s.notes, "Hyperscan is not here: "+firstLine(out))
	}
	for name, path := range map[string]*string{"python3": &s.programs.python, "grep": &s.programs.grep, "rg": &s.programs.rg} {
		if *path, err = exec.LookPath(name); err != nil {
			s.notes = append(s.notes, name+" is not here")
		}
	}
	return os.WriteFile(s.in("loop.py"), []byte(pythonLoop), 0o600)
}

func firstLine(out []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
}

// Rounds of the contests: of whole runs ten; what measures itself several times, or
// takes long, fewer.
const manyRounds, fewRounds = 10, 3

// contests returns all that is measured.
func (s *session) contests() []*contest {
	list := []*contest{
		s.tag("tag repeated", "repeated.jsonl", s.big), s.tag("tag distinct", "distinct.jsonl", s.big),
		s.tag("tag cold", "cold.jsonl", s.cold), s.tag("tag cowrie", "cowrie.json", 0), s.tag("tag one", "one.jsonl", 1),
	}
	for _, n := range s.sizes {
		for _, input := range []string{"repeated", "distinct"} {
			list = append(list, s.bench(n, input))
			if s.programs.hyperscan != "" {
				list = append(list, s.hyperscan(n, input))
			}
		}
		list = append(list, s.loop("stdlib", n, s.programs.self, "loop"))
		if s.programs.python != "" {
			list = append(list, s.loop("python", n, s.programs.python, s.in("loop.py")))
		}
		if s.programs.grep != "" {
			list = append(list, s.search("grep", n, s.programs.grep, "-c", "-E", "-f", s.rules(n)+".ere"))
		}
		if s.programs.rg != "" {
			list = append(list, s.search("rg", n, s.programs.rg, "-c", "--include-zero", "--no-unicode", "-j", "1", "--regex-size-limit", "2G", "--dfa-size-limit", "2G", "-f", s.rules(n)+".rg"))
		}
	}
	return list
}

// tag is a whole run of ttpctl with the shipped pack, JSON Lines out; events of 0 are
// counted in lines.
func (s *session) tag(name, input string, events int) *contest {
	return &contest{name: name, rounds: manyRounds, run: func(add func(string, float64)) error {
		if events == 0 {
			text, err := os.ReadFile(s.in(input))
			if err != nil {
				return err
			}
			events = bytes.Count(text, []byte("\n"))
		}
		r, err := run(false, s.ttpctl, "tag", "--db", "none", "--quiet", "-o", "jsonl", s.in(input))
		if err != nil {
			return err
		}
		add("events/s", float64(events)/r.wall.Seconds())
		add("ns/event", float64(r.cpu)/float64(events))
		add("ms", float64(r.wall.Microseconds())/1e3)
		return nil
	}}
}

// bench has ttpctl measure itself under generated rules: what judging takes beyond
// decoding, and the whole.
func (s *session) bench(n int, input string) *contest {
	name := fmt.Sprintf("ttpctl %d %s", n, input)
	return &contest{name: name, rounds: fewRounds, run: func(add func(string, float64)) error {
		r, err := run(true, s.ttpctl, "bench", "--db", "none", "--quiet", "--rules", s.rules(n), "--runs", "3", "--limit", "1", "-o", "json", s.in("small-"+input+".jsonl"))
		if err != nil {
			return err
		}
		var result struct {
			Data struct {
				Stages []struct {
					Stage string  `json:"stage"`
					NS    float64 `json:"cpu_ns_an_event"`
				} `json:"stages"`
			} `json:"data"`
			Summary struct {
				Tags  float64 `json:"tags"`
				Rate  float64 `json:"events_per_second"`
				Rules float64 `json:"start_rules_ms"`
				Hits  float64 `json:"memo_hit_rate"`
			} `json:"summary"`
		}
		if err := json.Unmarshal(r.out, &result); err != nil {
			return err
		}
		for _, stage := range result.Data.Stages {
			add(stage.Stage+"-ns", stage.NS)
		}
		add("pairs", result.Summary.Tags)
		add("events/s", result.Summary.Rate)
		add("build-ms", result.Summary.Rules)
		add("memo-hits", result.Summary.Hits)
		return nil
	}}
}

func (s *session) hyperscan(n int, input string) *contest {
	rounds := fewRounds
	if n > 1000 {
		rounds = 1 // it takes half a minute to build
	}
	return &contest{name: fmt.Sprintf("hyperscan %d %s", n, input), rounds: rounds, run: func(add func(string, float64)) error {
		r, err := run(true, s.programs.hyperscan, "-passes", "5", s.rules(n), s.in("small-"+input+".jsonl"))
		if err != nil {
			return err
		}
		var result struct {
			Matches float64 `json:"matches"`
			NS      float64 `json:"ns_per_text"`
			Build   float64 `json:"build_ms"`
		}
		if err := json.Unmarshal(r.out, &result); err != nil {
			return err
		}
		add("matching-ns", result.NS)
		add("pairs", result.Matches)
		add("build-ms", result.Build)
		return nil
	}}
}

// loop runs one of the loops over all patterns.
func (s *session) loop(who string, n int, program, first string) *contest {
	return &contest{name: fmt.Sprintf("%s %d", who, n), rounds: fewRounds, run: func(add func(string, float64)) error {
		r, err := run(true, program, first, s.rules(n)+".txt", s.loopInput(n))
		if err != nil {
			return err
		}
		result, err := readLoop(r.out)
		if err != nil {
			return err
		}
		add("matching-ns", result.Match)
		add("all-ns", result.whole())
		add("pairs", float64(result.Pairs))
		return nil
	}}
}

// search runs a program that counts the lines in which any pattern matches. What it
// takes for no line at all, to read the patterns and build what it searches with, does
// not count.
func (s *session) search(who string, n int, program string, args ...string) *contest {
	return &contest{name: fmt.Sprintf("%s %d", who, n), rounds: fewRounds, run: func(add func(string, float64)) error {
		var r [2]spent
		for i, input := range []string{s.in("nothing.txt"), s.searchInput(n) + ".txt"} {
			var err error
			r[i], err = run(true, program, append(args, input)...)
			var exited *exec.ExitError
			if err != nil && !(errors.As(err, &exited) && exited.ExitCode() == 1) { // 1: no line matches
				return err
			}
		}
		lines, err := strconv.Atoi(strings.TrimSpace(string(r[1].out)))
		if err != nil {
			return fmt.Errorf("%s says %q", who, r[1].out)
		}
		add("all-ns", max(0, float64(r[1].cpu-r[0].cpu))/float64(s.searchLines(n)))
		add("lines", float64(lines))
		return nil
	}}
}

// check holds the contestants to the same matches. It returns who was found equal,
// and an error that names what was not.
func (s *session) check(all figures) (checks []string, wrong error) {
	var errs []error
	for _, n := range s.sizes {
		var equal []string
		same := func(what string, want float64, others ...string) {
			for _, other := range others {
				got, _, ok := median(all[other])
				switch {
				case !ok:
				case got != want:
					errs = append(errs, fmt.Errorf("%d rules, %s: %s finds %.0f, ttpctl %.0f", n, what, other, got, want))
				case !slices.Contains(equal, strings.Fields(other)[0]):
					equal = append(equal, strings.Fields(other)[0])
				}
			}
		}
		for _, input := range []string{"repeated", "distinct"} {
			pairs, _, _ := median(all[fmt.Sprintf("ttpctl %d %s pairs", n, input)])
			same("matches in "+input+" events", pairs, fmt.Sprintf("hyperscan %d %s pairs", n, input))
		}
		pairs, _, err := s.tagged(n, s.loopInput(n))
		errs = append(errs, err)
		same("matches in the events of the loops", float64(pairs), fmt.Sprintf("stdlib %d pairs", n), fmt.Sprintf("python %d pairs", n))
		_, lines, err := s.tagged(n, s.searchInput(n))
		errs = append(errs, err)
		same("lines with a match", float64(lines), fmt.Sprintf("grep %d lines", n), fmt.Sprintf("rg %d lines", n))
		checks = append(checks, fmt.Sprintf("under %d rules %s", n, strings.Join(equal, ", ")))
	}
	return checks, errors.Join(errs...)
}

// tagged returns how many tags ttpctl makes of a file, and of how many events.
func (s *session) tagged(n int, input string) (tags, events int, err error) {
	r, err := run(true, s.ttpctl, "tag", "--db", "none", "--quiet", "--rules", s.rules(n), "-o", "jsonl", input)
	if err != nil {
		return 0, 0, err
	}
	ids := map[string]bool{}
	for line := range bytes.Lines(r.out) {
		var tag struct {
			ID string `json:"source_id"`
		}
		if err := json.Unmarshal(line, &tag); err != nil {
			return 0, 0, fmt.Errorf("%s: %w", filepath.Base(input), err)
		}
		tags++
		ids[tag.ID] = true
	}
	return tags, len(ids), nil
}
