// Campaign has three workers of a fleet tag events while they, their database, NATS and
// the network fail, and demands that nothing of it shows in what they leave.
//
//	go run ./benchmarks/fleet/campaign
//	go run ./benchmarks/fleet/campaign -seed 2 -events 20000 -kills 3 -faults stop=1,database=2
//
// It starts a PostgreSQL and a nats-server of its own on ports that are free, and three
// ttpctl serve of a binary that it builds. Events, those of benchmarks/fleet as ttpctl
// itself makes them, come from producers that send again what was not acknowledged, and
// some that were. Faults come at progresses that the seed draws, side by side.
//
// In the end each partition is read back, and ttpctl tag run over its events, each once.
// What it prints is the truth, byte for byte: as many tags are stored, each of them was
// published at least once and again only under the same Nats-Msg-Id, nothing else was,
// and poison is among the dead letters and told on ttp.dead. What differs is printed, and
// then the program exits 1.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"ttpctl/internal/store"
	"ttpctl/internal/store/databases"
	"ttpctl/internal/worker/workertest"
)

// A campaign is one run. Its first fields are set before.
type campaign struct {
	ttpctl     string // "" = it is built
	store      string // the address of its database, which is empty; "" = one of its own
	sample     string
	events     int
	rate       int // events a second
	partitions int
	seed       uint64
	faults     counts
	keep       bool

	dir    string
	pg     *workertest.Postgres
	nats   *workertest.NATS
	cutter *workertest.Cutter
	nc     *nats.Conn // of who checks
	js     jetstream.JetStream
	db     store.Database

	workers []*worker
	sent    atomic.Int64  // events that were acknowledged
	cuts    atomic.Int64  // of connections that are to come
	seen    [kinds]string // by kind of fault, what came of it
	result  result

	mu      sync.Mutex
	found   []string             // what differs
	gone    []*worker            // that came for a while
	orphans map[string]time.Time // claims, with the epoch that comes, and when their holders were killed
}

// window is how long the streams know a Nats-Msg-Id: shorter than what some messages
// take to come again.
const window = 2 * time.Second

func main() {
	log.SetFlags(log.Ltime)
	c := &campaign{faults: usual()}
	kills := flag.Int("kills", 20, "how often a worker is killed")
	flag.StringVar(&c.ttpctl, "ttpctl", "", "the `program` to strain (default it is built)")
	flag.StringVar(&c.store, "db", "", "`database` on a server, which is empty and is not restarted (default on one of its own)")
	flag.StringVar(&c.sample, "sample", "testdata/logs/cowrie.json", "Cowrie `log` with the sessions")
	flag.IntVar(&c.events, "events", 200_000, "`number` of events")
	flag.IntVar(&c.rate, "rate", 1000, "events a second")
	flag.IntVar(&c.partitions, "partitions", 16, "`number` of partitions")
	flag.Uint64Var(&c.seed, "seed", 1, "of what is drawn")
	flag.Func("faults", "`list` of the others, and how often: "+c.faults.String(), c.faults.set)
	flag.BoolVar(&c.keep, "keep", false, "leave the directory with the logs of the workers")
	flag.Parse()
	c.faults[kill] = *kills
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	found, err := c.run(ctx)
	if err != nil {
		log.Fatal("campaign: ", err)
	}
	if found > 0 {
		os.Exit(1)
	}
}

// run runs the campaign, prints what came of it, and returns how much differs.
func (c *campaign) run(ctx context.Context) (found int, err error) {
	if c.dir, err = os.MkdirTemp("", "campaign"); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	if err := c.open(ctx); err != nil {
		return 0, err
	}
	messages, err := c.prepare(ctx)
	if err != nil {
		return 0, err
	}
	for i := range 3 {
		w := &worker{campaign: c, number: i + 1}
		c.workers = append(c.workers, w)
		if err := w.start(); err != nil {
			return 0, err
		}
	}
	if err := c.shared(ctx); err != nil {
		return 0, err
	}
	begun := time.Now()
	if err := c.strain(ctx, messages); err != nil {
		return 0, err
	}
	took := time.Since(begun)
	if err := c.settle(ctx); err != nil {
		return 0, err
	}
	for _, w := range c.workers {
		if err := w.stop(); err != nil {
			c.differs("worker %d: %v", w.number, err)
		}
	}
	if err := c.check(ctx, len(messages)); err != nil {
		return 0, err
	}
	c.print(os.Stdout, took)
	return len(c.found), nil
}

// shared waits until each worker has partitions, and all are owned.
func (c *campaign) shared(ctx context.Context) error {
	for ctx.Err() == nil {
		claims, err := c.db.Claims().All(ctx)
		if err != nil {
			return err
		}
		c.mu.Lock()
		found := len(c.found)
		c.mu.Unlock()
		if found > 0 {
			return errors.New("a worker has ended before anything happened to it")
		}
		owners := map[string]bool{}
		for _, claim := range claims {
			owners[claim.Owner] = true
		}
		if len(claims) > c.partitions && len(owners) == len(c.workers) && !owners[""] { // one more are the rules
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return ctx.Err()
}

func (c *campaign) in(name string) string { return filepath.Join(c.dir, name) }

// orphan notes that the holder of claims was killed now.
func (c *campaign) orphan(claims []store.Claim) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.orphans == nil {
		c.orphans = map[string]time.Time{}
	}
	for _, claim := range claims {
		c.orphans[fmt.Sprint(claim.Name, " ", claim.Epoch+1)] = time.Now()
	}
}

// differs notes what is not as it has to be.
func (c *campaign) differs(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.found = append(c.found, fmt.Sprintf(format, args...))
	log.Print("DIFFERS: ", c.found[len(c.found)-1])
}

// open starts the servers.
func (c *campaign) open(ctx context.Context) (err error) {
	if err := errors.Join(os.Mkdir(c.in("pg"), 0o700), os.Mkdir(c.in("nats"), 0o700), os.Chmod(c.dir, 0o711)); err != nil {
		return err
	}
	if c.store == "" {
		if c.pg, err = workertest.StartPostgres(c.in("pg")); err != nil {
			return err
		}
		c.store = c.pg.Address
	} else {
		delete(c.faults, database)
	}
	if c.nats, err = workertest.StartNATS(c.in("nats")); err != nil {
		return err
	}
	if c.cutter, err = workertest.NewCutter(c.nats.Host); err != nil {
		return err
	}
	if c.nc, err = nats.Connect("nats://"+c.nats.Host, nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond)); err != nil {
		return err
	}
	if c.js, err = jetstream.New(c.nc); err != nil {
		return err
	}
	if c.ttpctl == "" {
		c.ttpctl = c.in("program")
		if out, err := exec.Command("go", "build", "-o", c.ttpctl, "ttpctl/cmd/ttpctl").CombinedOutput(); err != nil {
			return fmt.Errorf("go build: %w\n%s", err, out)
		}
	}
	none := exec.Command(c.ttpctl, "tag", "--quiet", "--save", "--db", c.store, "-o", "none", "--format", "ttp", "-") // which makes the schema
	if out, err := none.CombinedOutput(); err != nil {
		return fmt.Errorf("making the schema: %w\n%s", err, out)
	}
	c.db, err = databases.Read(ctx, c.store, store.DBOptions{Now: time.Now, Getenv: os.Getenv})
	return err
}

// close ends what is there.
func (c *campaign) close() error {
	var errs []error
	for _, w := range c.workers {
		w.end()
	}
	if c.db != nil {
		errs = append(errs, c.db.Close())
	}
	if c.nc != nil {
		c.nc.Close()
	}
	if c.cutter != nil {
		errs = append(errs, c.cutter.Close())
	}
	if c.nats != nil {
		errs = append(errs, c.nats.Stop())
	}
	if c.pg != nil {
		errs = append(errs, c.pg.Stop())
	}
	if c.keep {
		log.Print("left: ", c.dir)
		return errors.Join(errs...)
	}
	return errors.Join(append(errs, os.RemoveAll(c.dir))...)
}

// address returns that of the streams on a host, as workers and producers are given it.
func (c *campaign) address(host string) string {
	return fmt.Sprintf("nats://%s?partitions=%d&duplicates=%v", host, c.partitions, window)
}

// counts say how often each fault comes.
type counts map[kind]int

func (n counts) String() string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(n)) {
		all = append(all, fmt.Sprintf("%v=%d", k, n[k]))
	}
	return strings.Join(all, ",")
}

// set takes a list: what is not in it does not come.
func (n counts) set(list string) error {
	clear(n)
	for _, item := range strings.Split(list, ",") {
		name, number, _ := strings.Cut(item, "=")
		k := slices.Index(kindNames[:], name)
		times, err := strconv.Atoi(number)
		if k < 0 || err != nil {
			return fmt.Errorf("%q is not one of %v, with =NUMBER", item, kindNames)
		}
		n[kind(k)] = times
	}
	return nil
}
