// Fleet measures what the traffic of many Cowrie sensors costs: it writes a log of as
// many events as are wanted, has ttpctl serve store what comes of it in a database, by
// one process or by several that share the attackers out among them, and says what an
// event and a tag cost and how the database grew.
//
//	go build -o /tmp/ttpctl ./cmd/ttpctl
//	go run ./benchmarks/fleet -ttpctl /tmp/ttpctl -db postgres://postgres@127.0.0.1/fleet
//
// The sessions are those of the sample, and of each some that only try passwords, as
// most do: -guesses says how many. Sensors, attackers and sessions are many; the
// database must be empty.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"ttpctl/internal/worker/workertest"
)

// A run is one measurement.
type run struct {
	ttpctl, db, sample, dir             string
	sensors, events, guesses, processes int
}

func main() {
	log.SetFlags(0)
	r := &run{}
	flag.StringVar(&r.ttpctl, "ttpctl", "ttpctl", "the `program` to measure")
	flag.StringVar(&r.db, "db", "", "the `database`, which is empty")
	flag.StringVar(&r.sample, "sample", "testdata/logs/cowrie.json", "Cowrie `log` with the sessions")
	flag.IntVar(&r.sensors, "sensors", 1000, "`number` of sensors")
	flag.IntVar(&r.events, "events", 200_000, "`number` of events, about")
	flag.IntVar(&r.guesses, "guesses", 3, "sessions that only try passwords, for each of the sample")
	flag.IntVar(&r.processes, "processes", 1, "`number` of processes")
	flag.Parse()
	if err := r.all(); err != nil {
		log.Fatal(err)
	}
}

func (r *run) all() (err error) {
	if r.dir, err = os.MkdirTemp("", "ttpctl-fleet"); err != nil {
		return err
	}
	defer os.RemoveAll(r.dir)
	events, err := r.write()
	if err != nil {
		return err
	}
	fmt.Printf("%d events of %d sensors, %d processes, load average %s\n", events, r.sensors, r.processes, workertest.Load())
	empty, _, err := r.stats()
	if err != nil {
		return err
	}
	wall, cpu, err := r.serve()
	if err != nil {
		return err
	}
	bytes, tags, err := r.stats()
	if err != nil || tags == 0 {
		return fmt.Errorf("%d tags: %w", tags, err)
	}
	fmt.Printf("%.1f s, %.1f s of CPU time without the database's\n", wall.Seconds(), cpu.Seconds())
	fmt.Printf("%.0f events/s, %.0f new tags/s, %.2f tags an event\n", float64(events)/wall.Seconds(), float64(tags)/wall.Seconds(), float64(tags)/float64(events))
	fmt.Printf("%.1f µs of CPU time an event, %.1f a tag, %d bytes of database a tag\n",
		float64(cpu.Microseconds())/float64(events), float64(cpu.Microseconds())/float64(tags), (bytes-empty)/tags)
	return nil
}

// serve has each process store what comes of its log, all at once.
func (r *run) serve() (wall, cpu time.Duration, err error) {
	var all []*exec.Cmd
	begin := time.Now()
	for p := range r.processes {
		state := filepath.Join(r.dir, fmt.Sprint("state", p))
		cmd := exec.Command(r.ttpctl, "serve", "--once", "--quiet", "--log-level", "error", "--db", r.db, "--follow", r.log(p), "-o", "none")
		cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+state, "XDG_CONFIG_HOME="+state)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			return 0, 0, err
		}
		all = append(all, cmd)
	}
	for _, cmd := range all {
		if err := cmd.Wait(); err != nil {
			return 0, 0, err
		}
		use := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		cpu += time.Duration(use.Utime.Nano() + use.Stime.Nano())
	}
	return time.Since(begin), cpu, nil
}

// stats asks how large the database is, in which there is at least a schema.
func (r *run) stats() (bytes, tags int64, err error) {
	nothing := exec.Command(r.ttpctl, "tag", "--quiet", "--save", "--db", r.db, "-o", "none", "--format", "ttp", "-")
	if err := nothing.Run(); err != nil {
		return 0, 0, fmt.Errorf("making the schema: %w", err)
	}
	out, err := exec.Command(r.ttpctl, "db", "stats", "--db", r.db, "-o", "json").Output()
	if err != nil {
		return 0, 0, err
	}
	var st struct {
		Data []struct{ Bytes, Tags int64 }
	}
	if err := json.Unmarshal(out, &st); err != nil || len(st.Data) != 1 {
		return 0, 0, fmt.Errorf("db stats prints %q: %w", out, err)
	}
	return st.Data[0].Bytes, st.Data[0].Tags, nil
}

func (r *run) log(process int) string {
	return filepath.Join(r.dir, fmt.Sprintf("cowrie-%d.json", process))
}
