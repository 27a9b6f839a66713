package metrics

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"ttpctl/internal/event"
)

// A Sample is what is asked for when metrics are scraped.
type Sample struct {
	SpoolBytes, SpoolLines int64              // taken in, and not judged yet
	Outbox                 []Messages         // that outputs have not passed on
	Published              []Messages         // that they have
	Suppressed             map[string]int64   // tags that were stored and not published, by rule
	Rules                  map[event.Mode]int // rules in force, by state
	RefusedFiles           int                // rule files whose content is not taken
	DeadLetters            int64              // that are stored
	Fleet                  *Fleet             // nil = this process shares nothing with others
	NATS                   []NATS             // its connections
}

// A Fleet is what a process sees of those that it shares a database with.
type Fleet struct {
	Workers, Held, Ownerless int
	Claims                   map[string]int64 // what became of this process's claims
}

// Messages are how many there are of an output.
type Messages struct {
	Output string
	Number int64
}

// sampleWithin bounds how long a scrape waits for the database.
const sampleWithin = 2 * time.Second

// A sampler makes samples. An error leaves out what could not be asked for.
type sampler func(context.Context) Sample

// Sampled has sample asked whenever metrics are scraped.
func (m *Metrics) Sampled(sample func(context.Context) Sample) {
	s := sampler(sample)
	m.sample.Store(&s)
}

// writeSample asks for a sample and writes it.
func (m *Metrics) writeSample(to *bytes.Buffer) {
	ask := m.sample.Load()
	if ask == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), sampleWithin)
	defer cancel()
	v := (*ask)(ctx)
	m.sampled(to, "spool_bytes", "Bytes in segment files that were not judged yet.", one(v.SpoolBytes))
	m.sampled(to, "spool_lines", "Lines in segment files that were not judged yet.", one(v.SpoolLines))
	m.sampled(to, "outbox_messages", "Messages that an output has not passed on yet.", m.byOutput(v.Outbox), "output")
	m.sampled(to, "published_total", "Messages that an output has passed on.", m.byOutput(v.Published), "output")
	m.sampled(to, "tags_suppressed_total", "Tags that were stored and not published, by rule.", v.Suppressed, "rule_id")
	m.sampled(to, "rules", "Rules in force, by state.", byMode(v.Rules), "state")
	m.sampled(to, "rule_files_refused", "Rule files whose content does not compile.", one(int64(v.RefusedFiles)))
	m.sampled(to, "dead_letters", "Dead letters that are stored.", one(v.DeadLetters))
	if f := v.Fleet; f != nil {
		m.sampled(to, "fleet_workers", "Processes that live and share the database.", one(int64(f.Workers)))
		m.sampled(to, "fleet_claims", "Partitions and roles that this process has.", one(int64(f.Held)))
		m.sampled(to, "fleet_claims_ownerless", "Partitions and roles that nobody has who lives.", one(int64(f.Ownerless)))
		m.sampled(to, "fleet_claims_total", "What became of this process's claims.", f.Claims, "event")
	}
	m.sampledNATS(to, v.NATS)
}

// one is the value of a family without labels.
func one(n int64) map[string]int64 { return map[string]int64{"": n} }

func (m *Metrics) byOutput(list []Messages) map[string]int64 {
	sums := map[string]int64{}
	for _, msg := range list {
		sums[m.names.of(msg.Output)] += msg.Number
	}
	return sums
}

func byMode(rules map[event.Mode]int) map[string]int64 {
	out := map[string]int64{}
	for _, mode := range []event.Mode{event.Enabled, event.Disabled, event.Clipped} {
		out[mode.String()] = int64(rules[mode])
	}
	return out
}

// sampled writes the values of a family by that of its label, if it has one.
func (m *Metrics) sampled(to *bytes.Buffer, name, help string, values map[string]int64, labels ...string) {
	f := family{name: prefix + name, labels: labels}
	for i, value := range slices.Sorted(maps.Keys(values)) {
		if i == 0 {
			kind := "gauge"
			if strings.HasSuffix(name, "_total") {
				kind = "counter"
			}
			fmt.Fprintf(to, "# HELP %s %s\n# TYPE %s %s\n", f.name, help, f.name, kind)
		}
		fmt.Fprintf(to, "%s %d\n", f.series([]string{value}), values[value])
	}
}

// maxNames bounds the names of sources and outputs: new logs may appear in a
// directory for ever.
const maxNames = 256

// bounded lets so many names through, and gives the others one.
type bounded struct {
	most int

	mu    sync.Mutex
	known map[string]bool
}

func (b *bounded) of(name string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.known == nil {
		b.known = map[string]bool{}
	}
	if !b.known[name] && len(b.known) >= b.most {
		return "other"
	}
	b.known[name] = true
	return name
}
