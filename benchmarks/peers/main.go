// Peers runs ttpctl against other ways to do the same, in one session and on the same
// events, and writes docs/performance.md.
//
//	go run ./benchmarks/peers             all of it, some 12 minutes on a quiet machine
//	go run ./benchmarks/peers -quick -o - smaller inputs, under 2 minutes, for a look
//
// The others are a loop over package regexp in Go and one over re in Python, both
// ours, which decode, match and write as ttpctl does; grep -E -f and ripgrep, which
// only say whether any pattern matches a line; and Hyperscan, the limit of matching,
// by the module in benchmarks/hyperscan. What is not installed is left out, and said.
//
//	apt-get install -y --no-install-recommends ripgrep libhyperscan-dev gcc python3
//
// All must find the same matches: where they do not, that is the result. Contestants
// take turns; a figure is the median of its rounds, beside it half the distance of the
// quartiles. -benchstat writes each measurement in the form that
// golang.org/x/perf/cmd/benchstat reads, to compare two sessions.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

// A session is one run of the program.
type session struct {
	quick    bool
	minutes  float64
	page     string
	stat     string
	data     string
	inputs   string
	only     *regexp.Regexp
	ttpctl   string
	dir      string
	big      int   // events of the large inputs
	small    int   // of those for contests by the number of rules
	cold     int   // of a short run
	sizes    []int // numbers of rules
	began    time.Time
	pool     *pool
	programs programs
	notes    []string // what was left out, and why
}

func main() {
	log.SetFlags(0)
	if len(os.Args) == 4 && os.Args[1] == "loop" { // the session runs itself as a contestant
		if err := stdlibLoop(os.Args[2], os.Args[3]); err != nil {
			log.Fatal("peers loop: ", err)
		}
		return
	}
	s := &session{began: time.Now()}
	flag.BoolVar(&s.quick, "quick", false, "smaller inputs and fewer rounds")
	flag.Float64Var(&s.minutes, "minutes", 11, "about when to end, in minutes; each contest runs once at least")
	flag.IntVar(&s.big, "events", 5_000_000, "events of the large inputs, 0.8 GB each million on disk")
	flag.StringVar(&s.page, "o", "docs/performance.md", "`file` to write, - for stdout")
	flag.StringVar(&s.stat, "benchstat", "", "`file` for the measurements as benchstat reads them")
	flag.StringVar(&s.data, "data", "../shared/data", "`directory` of captures; without it the seed corpora")
	only := flag.String("only", "", "only the contests whose names match this `pattern`, such as '10000|tag one'")
	flag.StringVar(&s.inputs, "inputs", "", "only make the large inputs, in this `directory`")
	flag.StringVar(&s.ttpctl, "ttpctl", "", "the `program` to measure; it is built otherwise")
	flag.Parse()
	var err error
	if s.only, err = regexp.Compile(*only); err != nil {
		log.Fatal("peers: -only: ", err)
	}
	if err := s.run(); err != nil {
		log.Fatal("peers: ", err)
	}
}

func (s *session) run() (err error) {
	s.small, s.cold, s.sizes = 100_000, 200_000, []int{25, 250, 1_000, 10_000}
	if s.inputs != "" {
		s.dir = s.inputs
		if s.pool, err = readPool(s.data); err != nil {
			return err
		}
		return s.large()
	}
	if s.big < s.cold {
		return fmt.Errorf("-events: %d is below %d", s.big, s.cold)
	}
	if s.quick {
		s.big, s.small, s.cold, s.sizes = 200_000, 20_000, 50_000, []int{25, 1_000}
		s.minutes = min(s.minutes, 1.5)
	}
	if _, err := os.Stat("benchmarks/peers"); err != nil {
		return errors.New("run it in the root of the repository: go run ./benchmarks/peers")
	}
	if s.dir, err = os.MkdirTemp("", "peers-*"); err != nil {
		return err
	}
	defer os.RemoveAll(s.dir)
	if err := s.prepare(); err != nil {
		return err
	}
	contests := slices.DeleteFunc(s.contests(), func(c *contest) bool { return !s.only.MatchString(c.name) })
	all, err := compete(contests, s.began.Add(time.Duration(s.minutes*float64(time.Minute))), os.Stderr)
	if err != nil {
		return err
	}
	for _, c := range contests {
		if c.out != nil {
			s.notes = append(s.notes, c.name+": "+c.out.Error())
		}
	}
	checks, wrong := s.check(all)
	if err := s.write(s.stat, func(w io.Writer) error { return writeBenchstat(w, all) }); err != nil {
		return err
	}
	if err := s.write(s.page, func(w io.Writer) error { return s.report(w, all, checks) }); err != nil {
		return err
	}
	return wrong
}

// write writes a file; "" is nowhere, - stdout.
func (s *session) write(name string, f func(io.Writer) error) error {
	switch name {
	case "":
		return nil
	case "-":
		return f(os.Stdout)
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(f(file), file.Close())
}

func (s *session) in(name string) string { return filepath.Join(s.dir, name) }

// prepare builds the contestants and makes the inputs.
func (s *session) prepare() (err error) {
	if err := s.build(); err != nil {
		return err
	}
	if s.pool, err = readPool(s.data); err != nil {
		return err
	}
	for _, f := range []func() error{
		s.large,
		func() error { return head(s.in("repeated.jsonl"), s.in("cold.jsonl"), s.cold) },
		func() error { return head(s.in("repeated.jsonl"), s.in("small-repeated.jsonl"), s.small) },
		func() error { return head(s.in("distinct.jsonl"), s.in("small-distinct.jsonl"), s.small) },
		func() error { return head(s.in("repeated.jsonl"), s.in("one.jsonl"), 1) },
	} {
		if err := f(); err != nil {
			return err
		}
	}
	if err := os.WriteFile(s.in("nothing.txt"), nil, 0o600); err != nil {
		return err
	}
	for _, n := range s.sizes {
		if err := writeRules(s.rules(n), n); err != nil {
			return err
		}
		if err := head(s.in("repeated.jsonl"), s.loopInput(n), loopEvents(n)); err != nil {
			return err
		}
		if err := head(s.in("repeated.jsonl"), s.searchInput(n), s.searchLines(n)); err != nil {
			return err
		}
	}
	fmt.Fprintf(os.Stderr, "prepared in %.0f s\n", time.Since(s.began).Seconds())
	return nil
}

// large makes the large inputs.
func (s *session) large() error {
	return errors.Join(
		s.pool.events(s.in("repeated.jsonl"), s.big, false),
		s.pool.events(s.in("distinct.jsonl"), s.big, true),
		s.pool.cowrie(s.in("cowrie.json"), s.big/5))
}

func (s *session) rules(n int) string     { return s.in(fmt.Sprintf("rules-%d", n)) }
func (s *session) loopInput(n int) string { return s.in(fmt.Sprintf("loop-%d.jsonl", n)) }

func (s *session) searchInput(n int) string {
	return s.in(fmt.Sprintf("search-%d.jsonl", n))
}

// searchLines is how many lines grep and ripgrep get: under very many patterns either
// takes milliseconds for a line.
func (s *session) searchLines(rules int) int { return min(s.small, 10_000_000/rules) }

// loopEvents is how many events the loops get: some two seconds' worth.
func loopEvents(rules int) int { return max(100, min(20_000, 500_000/rules)) }
