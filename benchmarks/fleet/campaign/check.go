package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	ttpstream "ttpctl/internal/jetstream"
	"ttpctl/internal/lines"
	"ttpctl/internal/store"
)

// The streams that workers make.
const (
	eventStream = "TTP_EVENTS"
	outStream   = "TTP_OUT"
	deadStream  = "TTP_DEAD"
)

// settleWithin is how long workers may take for what they are behind in the end.
const settleWithin = 5 * time.Minute

// settle waits until all is read, stored and published.
func (c *campaign) settle(ctx context.Context) error {
	conn, err := ttpstream.Dial(ctx, ttpstream.Config{Address: c.address(c.nats.Host), Getenv: os.Getenv})
	if err != nil {
		return err
	}
	defer conn.Close()
	var behind string
	told := time.Now()
	for deadline := time.Now().Add(settleWithin); time.Now().Before(deadline); err = sleep(ctx, 200*time.Millisecond) {
		if err != nil {
			return err
		}
		if behind, err = c.behind(ctx, conn); err != nil || behind == "" {
			return err
		}
		if time.Since(told) > 20*time.Second {
			told = time.Now()
			log.Print("not done yet: ", behind)
		}
	}
	if err == nil {
		c.differs("after %v it is not done: %s", settleWithin, behind)
	}
	return err
}

// behind returns what is not done, "" = all is.
func (c *campaign) behind(ctx context.Context, conn *ttpstream.Conn) (string, error) {
	sources, err := c.db.Ledger().Sources(ctx)
	if err != nil {
		return "", err
	}
	for n := range c.partitions {
		cursor := ""
		if i := slices.IndexFunc(sources, func(p store.Position) bool { return p.Source == conn.Partition(n).Name }); i >= 0 {
			cursor = sources[i].TagsCursor
		}
		if lag, err := conn.Lag(ctx, n, lines.Cursor(cursor)); err != nil || lag > 0 {
			return fmt.Sprintf("partition %d is %d messages behind", n, lag), err
		}
	}
	waiting, err := c.db.Outbox().Waiting(ctx)
	if err != nil || len(waiting) > 0 {
		return fmt.Sprintf("waiting to be published: %v", waiting), err
	}
	return "", nil
}

// A result is what is checked in the end.
type result struct {
	messages, twice         int // of the streams of events
	tags                    int
	published, repeats      int
	poisoned, letters, dead int
}

// check demands that all is as it has to be.
func (c *campaign) check(ctx context.Context, events int) error {
	poisoned, want, err := c.truth(ctx, events)
	if err != nil {
		return err
	}
	stored, err := exec.Command(c.ttpctl, "report", "tags", "--limit", "0", "--db", c.store, "-o", "jsonl").Output()
	if err != nil {
		return fmt.Errorf("report tags: %w", err)
	}
	got := linesOf(stored)
	c.result.tags = len(got)
	c.compare("stored tags", want, got)
	if err := c.published(ctx, got); err != nil {
		return err
	}
	return c.letters(ctx, poisoned)
}

// truth returns where poison lies, and the tags of the events in the partitions, each
// event once.
func (c *campaign) truth(ctx context.Context, events int) (poisoned map[string][]byte, tags []string, err error) {
	all, err := c.read(ctx, eventStream, "ttp.events.>")
	if err != nil {
		return nil, nil, err
	}
	known := map[string]bool{}
	poisoned = map[string][]byte{}
	parts := make([]bytes.Buffer, c.partitions)
	for i := range all {
		m := &all[i]
		number := m.header.Get("Ttp-Producer") + "/" + m.header.Get("Ttp-Number")
		switch {
		case m.header.Get(poisonHeader) != "":
			poisoned[fmt.Sprintf("nats:%s/%d:%d", eventStream, m.partition(), m.seq)] = m.data
		case known[number]:
			c.result.twice++
		default:
			known[number] = true
			parts[m.partition()].Write(append(m.data, '\n'))
		}
	}
	c.result.messages, c.result.poisoned = len(all), len(poisoned)
	if len(known) != events {
		c.differs("%d events are in the partitions, want %d", len(known), events)
	}
	for i := range parts {
		if parts[i].Len() == 0 {
			continue
		}
		cmd := exec.Command(c.ttpctl, "tag", "--db", "none", "--format", "ttp", "-o", "jsonl", "-")
		cmd.Stdin = &parts[i]
		out, err := cmd.Output()
		if err != nil {
			return nil, nil, fmt.Errorf("tag: %w", err)
		}
		tags = append(tags, linesOf(out)...)
	}
	slices.Sort(tags)
	return poisoned, tags, nil
}

// linesOf returns the lines of text, in order.
func linesOf(text []byte) []string {
	all := slices.DeleteFunc(strings.Split(string(text), "\n"), func(l string) bool { return l == "" })
	slices.Sort(all)
	return all
}

// compare says how sorted lines differ.
func (c *campaign) compare(what string, want, got []string) {
	missing, more := without(want, got), without(got, want)
	if len(missing)+len(more) == 0 {
		return
	}
	c.differs("%s: %d are missing and %d too many or others; the first: %.700s / %.700s", what, len(missing), len(more), first(missing), first(more))
}

// without returns what of a is not in b, counting each as often as it is there.
func without(a, b []string) (rest []string) {
	left := map[string]int{}
	for _, l := range b {
		left[l]++
	}
	for _, l := range a {
		if left[l]--; left[l] < 0 {
			rest = append(rest, l)
		}
	}
	return rest
}

func first(all []string) string {
	if len(all) == 0 {
		return "none"
	}
	return all[0]
}

// published demands that what was published is what is stored: every tag on its two
// subjects, at least once, and again under the same id alone.
func (c *campaign) published(ctx context.Context, stored []string) error {
	all, err := c.read(ctx, outStream, "")
	if err != nil {
		return err
	}
	var tagged, fired []string
	ids := map[string]string{} // by subject and body
	bodies := map[string]string{}
	for i := range all {
		m := &all[i]
		id, what := m.header.Get(nats.MsgIdHdr), m.subject+" "+string(m.data)
		before, known := ids[what]
		if known && before != id {
			c.differs("published again under another id: %s, and %s: %.300s", before, id, what)
		}
		if b, ok := bodies[id]; ok && b != what {
			c.differs("two messages are called %s: %.300s, and %.300s", id, b, what)
		}
		ids[what], bodies[id] = id, what
		switch {
		case known:
			c.result.repeats++
		case m.subject == "ttp.tagged":
			tagged = append(tagged, string(m.data))
		default:
			var tag struct {
				Technique string `json:"technique_id"`
			}
			if err := json.Unmarshal(m.data, &tag); err != nil || m.subject != "ttp.rule.fired."+tag.Technique {
				c.differs("on %s: %.300s", m.subject, m.data)
			}
			fired = append(fired, string(m.data))
		}
	}
	c.result.published = len(all)
	slices.Sort(tagged)
	slices.Sort(fired)
	c.compare("published on ttp.tagged", stored, tagged)
	c.compare("published on ttp.rule.fired", stored, fired)
	return nil
}

// letters demands that poison is among the dead letters, nothing else is, and each was
// told of.
func (c *campaign) letters(ctx context.Context, poisoned map[string][]byte) error {
	var want, got, told []string
	for where, body := range poisoned {
		want = append(want, fmt.Sprintf("%s %.100q", where, body))
	}
	err := c.db.DeadLetters().Each(ctx, 0, func(d *store.DeadLetter) error {
		got = append(got, fmt.Sprintf("%s %.100q", d.Where, d.Body))
		return nil
	})
	if err != nil {
		return err
	}
	slices.Sort(want)
	slices.Sort(got)
	c.result.letters = len(got)
	c.compare("dead letters", want, got)
	all, err := c.read(ctx, deadStream, "ttp.dead")
	if err != nil {
		return err
	}
	for i := range all {
		var b store.Burial
		err := json.Unmarshal(all[i].data, &b)
		if _, ok := poisoned[b.Where]; err != nil || !ok {
			c.differs("on ttp.dead: %.300s", all[i].data)
		}
		told = append(told, b.Where)
	}
	slices.Sort(told)
	c.result.dead = len(slices.Compact(told))
	if c.result.dead < len(poisoned) {
		c.differs("%d dead letters were told of, want %d", c.result.dead, len(poisoned))
	}
	return errors.Join(err)
}
