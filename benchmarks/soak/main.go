// Soak runs ttpctl serve over a Cowrie log that grows at a steady rate and is
// rotated, and measures it: how long a line takes to its published tag, memory,
// CPU time, and whether each session got its tag once. In the second half rules
// are edited and switched off and on all the time.
//
//	go build -o /tmp/ttpctl ./cmd/ttpctl
//	go run ./benchmarks/soak -ttpctl /tmp/ttpctl -for 5m -rate 1000
//
// With -source there is no log: finished events go straight to the partitions of
// NATS JetStream at that address, which should have a prefix of their own.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// A soak is one run.
type soak struct {
	ttpctl    string
	rules     string
	length    time.Duration
	rate      int // lines a second
	rotations int // a minute
	attackers int
	db        string // "" = a file in dir
	source    string // of NATS; "" = a log
	dir       string

	serve *exec.Cmd
	rss   []int64 // kB, every few seconds
}

func main() {
	log.SetFlags(0)
	s := &soak{}
	flag.StringVar(&s.ttpctl, "ttpctl", "ttpctl", "the `program` to measure")
	flag.StringVar(&s.db, "db", "", "`database`, which is empty (default a file)")
	flag.StringVar(&s.source, "source", "", "`address` of NATS whose partitions are read, such as nats://127.0.0.1:4222?prefix=soak (default a log)")
	flag.StringVar(&s.rules, "rules", "rules/ttp", "`directory` of rules, of which a copy is edited")
	flag.DurationVar(&s.length, "for", 5*time.Minute, "how long to write")
	flag.IntVar(&s.rate, "rate", 1000, "lines a second")
	flag.IntVar(&s.rotations, "rotations", 20, "rotations a minute")
	flag.IntVar(&s.attackers, "attackers", 2000, "addresses that come again and again: what is remembered of each is memory")
	flag.Parse()
	if err := s.run(); err != nil {
		log.Fatal("soak: ", err)
	}
}

func (s *soak) run() (err error) {
	if s.rate <= 0 || s.rotations <= 0 || s.attackers <= 0 {
		return errors.New("rate, rotations and attackers are more than 0")
	}
	if s.dir, err = os.MkdirTemp("", "soak"); err != nil {
		return err
	}
	defer os.RemoveAll(s.dir)
	if err := os.CopyFS(s.in("rules"), os.DirFS(s.rules)); err != nil {
		return err
	}
	if err := os.Mkdir(s.in("log"), 0o700); err != nil {
		return err
	}
	w := &writer{path: s.in("log/cowrie.json"), attackers: s.attackers}
	if s.source != "" {
		err = w.dial(s.source)
	} else {
		err = w.open()
	}
	if err != nil {
		return err
	}
	reader := newReader(s.in("tags.jsonl"), w)
	if err := s.start(); err != nil {
		return err
	}
	if err := s.load(w, reader); err != nil {
		return err
	}
	return s.finish(w, reader)
}

func (s *soak) in(name string) string { return filepath.Join(s.dir, name) }

func (s *soak) args(more ...string) []string {
	from := []string{"--follow", s.in("log")}
	if s.source != "" {
		from = []string{"--source", s.source}
	}
	return slices.Concat([]string{"serve", "--db", s.database(), "--rules", s.in("rules"), "-o", "jsonl=" + s.in("tags.jsonl")}, from, more)
}

func (s *soak) start() error {
	stderr, err := os.Create(s.in("stderr"))
	if err != nil {
		return err
	}
	s.serve = exec.Command(s.ttpctl, s.args()...)
	s.serve.Stderr = stderr
	return s.serve.Start()
}

// load writes for the time of the run; what changes, changes in its second half.
func (s *soak) load(w *writer, reader *reader) error {
	const tick = 20 * time.Millisecond
	begun := time.Now()
	var changed, rotated, weighed time.Time
	changes := 0
	for now := range time.Tick(tick) {
		after := now.Sub(begun)
		if after >= s.length {
			log.Printf("written   %d lines of %d sessions in %v, %d rotations, %d changes of rules and states", w.lines, w.sessions(), after.Round(time.Second), w.rotations, changes)
			return nil
		}
		for float64(w.lines) < after.Seconds()*float64(s.rate) {
			if err := w.session(); err != nil {
				return err
			}
		}
		if err := w.send(); err != nil {
			return err
		}
		if s.source == "" && now.Sub(rotated) > time.Minute/time.Duration(s.rotations) {
			rotated = now
			if err := w.rotate(); err != nil {
				return err
			}
		}
		if after > s.length/2 && now.Sub(changed) > 5*time.Second {
			changed = now
			changes++
			go s.change(changes)
		}
		if now.Sub(weighed) > 5*time.Second {
			weighed = now
			s.weigh()
		}
		if err := reader.read(s.half(reader, after)); err != nil {
			return err
		}
	}
	return nil
}

// half returns where delays go: those of the first tenth, while serve starts,
// nowhere.
func (s *soak) half(r *reader, after time.Duration) *delays {
	switch {
	case after < s.length/10:
		return nil
	case after < s.length/2:
		return &r.steady
	}
	return &r.changing
}

// finish lets serve drain, runs it once more to the end of all that is there, and
// prints what was measured.
func (s *soak) finish(w *writer, reader *reader) error {
	if s.source != "" {
		s.drain(reader)
	}
	if err := s.serve.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := s.serve.Wait(); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	cpu := s.serve.ProcessState.UserTime() + s.serve.ProcessState.SystemTime()
	if s.source == "" {
		if out, err := exec.Command(s.ttpctl, s.args("--once")...).CombinedOutput(); err != nil {
			return fmt.Errorf("serve --once: %w\n%s", err, out)
		}
	}
	if err := reader.read(nil); err != nil {
		return err
	}
	log.Printf("cpu       %v, %.0f lines a second of it", cpu.Round(10*time.Millisecond), float64(w.lines)/cpu.Seconds())
	reader.steady.print("steady")
	reader.changing.print("changing")
	n := len(s.rss)
	log.Printf("memory    %d kB after a tenth of the time, %d at half, %d at the end", s.rss[n/10], s.rss[n/2], s.rss[n-1])
	log.Printf("tags      %d; of %d sessions %d have no tag of R0012, %d more than one", reader.tags, w.sessions(), reader.without(), reader.twice)
	if reader.without()+reader.twice > 0 {
		stderr, _ := os.ReadFile(s.in("stderr"))
		return fmt.Errorf("tags were lost or doubled; serve said:\n%s", stderr)
	}
	return nil
}

// drain waits until each session has its tag, for some time.
func (s *soak) drain(reader *reader) {
	for deadline := time.Now().Add(time.Minute); reader.without() > 0 && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if err := reader.read(nil); err != nil {
			log.Print(err)
		}
	}
}

// database returns the database that serve stores in.
func (s *soak) database() string {
	if s.db != "" {
		return s.db
	}
	return s.in("t.db")
}
