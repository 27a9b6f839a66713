package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"ttpctl/internal/worker/workertest"
)

// print prints what was done and found.
func (c *campaign) print(w io.Writer, took time.Duration) {
	r := &c.result
	c.seen[kill] = fmt.Sprintf("%d partitions taken over from who gave no sign of life; %s", c.said(takenOver), c.takeovers())
	c.seen[stop] = fmt.Sprintf("%d claims lost to others, as the one that woke saw", c.said(lost))
	c.seen[database] = fmt.Sprintf("%d times the input waited for it", c.said("tags cannot be stored, the input waits"))
	c.seen[stream] = fmt.Sprintf("%d connections of workers broke and were made again", c.said("connected to NATS again"))
	c.seen[move] = fmt.Sprintf("%d claims given up and taken by others, by this and all above", c.said(taken))
	c.seen[duplicate] = fmt.Sprintf("%d messages lie in the partitions twice, by this and the row above", r.twice)
	c.seen[poison] = fmt.Sprintf("%d lie in the partitions, %d are dead letters, %d were told of on ttp.dead", r.poisoned, r.letters, r.dead)
	fmt.Fprintf(w, "Seed %d: %d events in %.0f s, load average %s\n\n", c.seed, c.events, took.Seconds(), workertest.Load())
	fmt.Fprintf(w, "| fault | how often | what was seen |\n|---|---|---|\n")
	for k := range kind(kinds) {
		fmt.Fprintf(w, "| %v | %d | %s |\n", k, c.faults[k], c.seen[k])
	}
	fmt.Fprintf(w, "\n%d messages in the partitions; %d tags; %d messages published, %d of them repeats under the same id.\n", r.messages, r.tags, r.published, r.repeats)
	fmt.Fprintf(w, "Errors in the logs of the workers: %s\n", c.errors())
	fmt.Fprintf(w, "Differences: %d\n", len(c.found))
	for _, f := range c.found {
		fmt.Fprintf(w, "- %s\n", f)
	}
}

// said returns how often workers logged a message.
func (c *campaign) said(msg string) (n int) {
	for _, w := range slices.Concat(c.workers, c.gone) {
		n += w.count(msg)
	}
	return n
}

// An entry is a line of the log of a worker.
type entry struct {
	Time       time.Time
	Level, Msg string
	Claim      string
	Epoch      int64
}

// entries returns what all workers logged.
func (c *campaign) entries() (all []entry) {
	for _, worker := range slices.Concat(c.workers, c.gone) {
		text, err := os.ReadFile(worker.logFile())
		if err != nil {
			c.differs("log: %v", err)
		}
		for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
			var e entry
			if json.Unmarshal(lines.Bytes(), &e) == nil { // the summary is none
				all = append(all, e)
			}
		}
	}
	return all
}

// takeovers says how long after a kill claims had another holder.
func (c *campaign) takeovers() string {
	var took []time.Duration
	for _, e := range c.entries() {
		if killed, ok := c.orphans[fmt.Sprint(e.Claim, " ", e.Epoch)]; ok && e.Msg == takenOver {
			took = append(took, e.Time.Sub(killed))
		}
	}
	if len(took) == 0 {
		return "none while the killed was known"
	}
	slices.Sort(took)
	return fmt.Sprintf("after %.1f s in the middle, %.1f at most", took[len(took)/2].Seconds(), took[len(took)-1].Seconds())
}

// errors returns the messages that workers logged as errors, and how often.
func (c *campaign) errors() string {
	var all []string
	for _, e := range c.entries() {
		if e.Level == "ERROR" {
			all = append(all, e.Msg)
		}
	}
	slices.Sort(all)
	var out bytes.Buffer
	for len(all) > 0 {
		n := slices.IndexFunc(all, func(msg string) bool { return msg != all[0] })
		if n < 0 {
			n = len(all)
		}
		fmt.Fprintf(&out, "%d × %s; ", n, all[0])
		all = all[n:]
	}
	return out.String()
}
