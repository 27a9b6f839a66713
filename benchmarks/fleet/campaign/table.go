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
)

// print prints what was done and found.
func (c *campaign) print(w io.Writer, took time.Duration) {
	r := &c.result
	ours, over, lost := c.said("a claim is ours"), c.said("a claim is taken over from a process that gave no sign of life"), c.said("a claim is lost to another process")
	fmt.Fprintf(w, "Seed %d: %d events in %.0f s, load average %s\n", c.seed, c.events, took.Seconds(), load())
	fmt.Fprintf(w, "| fault | how often | what was seen |\n|---|---|---|\n")
	c.seen[kill] = fmt.Sprintf("%d partitions taken over from who was gone, %d taken that were free, %d lost and noticed", over, ours, lost)
	c.seen[duplicate] = fmt.Sprintf("%d messages lie in the partitions twice, by this and the row above", r.twice)
	c.seen[poison] = fmt.Sprintf("%d lie in the partitions, %d are dead letters, %d were told of on ttp.dead", r.poisoned, r.letters, r.dead)
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

// errors returns the messages that workers logged as errors, and how often.
func (c *campaign) errors() string {
	var all []string
	for _, worker := range slices.Concat(c.workers, c.gone) {
		text, err := os.ReadFile(worker.logFile())
		if err != nil {
			return err.Error()
		}
		for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
			var entry struct{ Level, Msg string }
			if err := json.Unmarshal(lines.Bytes(), &entry); err == nil && entry.Level == "ERROR" {
				all = append(all, entry.Msg)
			}
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

// load returns the load averages of this machine, and a line feed.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown\n"
	}
	return string(text)
}
