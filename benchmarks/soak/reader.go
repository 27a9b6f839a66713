package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// delays are how long sessions took from being written to their published tag.
type delays []time.Duration

func (d delays) print(when string) {
	if len(d) == 0 {
		return
	}
	slices.Sort(d)
	at := func(p int) time.Duration { return d[(len(d)-1)*p/100].Round(time.Millisecond) }
	log.Printf("%-9s from written to published: p50 %v, p99 %v, most %v, of %d", when, at(50), at(99), at(100), len(d))
}

// A reader follows the file of tags. It looks 50 times a second, so delays come
// out up to 20 ms too long.
type reader struct {
	path             string
	writer           *writer
	file             *os.File
	lines            *bufio.Reader
	part             string
	seen             map[int]bool // sessions with a tag of R0012
	tags, twice      int
	steady, changing delays
}

func newReader(path string, w *writer) *reader {
	return &reader{path: path, writer: w, seen: map[int]bool{}}
}

// read takes in what was published since, and adds to into how long it took; nil
// = nowhere.
func (r *reader) read(into *delays) (err error) {
	if r.file == nil {
		if r.file, err = os.Open(r.path); errors.Is(err, os.ErrNotExist) {
			return nil
		} else if err != nil {
			return err
		}
		r.lines = bufio.NewReaderSize(r.file, 1<<20)
	}
	now := time.Now()
	for {
		text, err := r.lines.ReadString('\n')
		r.part += text
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := r.tag(r.part, now, into); err != nil {
			return err
		}
		r.part = ""
	}
}

func (r *reader) tag(text string, now time.Time, into *delays) error {
	r.tags++
	var tag struct {
		SourceID string `json:"source_id"`
		RuleID   string `json:"rule_id"`
	}
	if err := json.Unmarshal([]byte(text), &tag); err != nil {
		return err
	}
	session, _, command := strings.Cut(tag.SourceID, "#cmd")
	if tag.RuleID != "R0012" || !command {
		return nil
	}
	n, err := strconv.ParseInt(session, 16, 64)
	if err != nil {
		return err
	}
	if r.seen[int(n)] {
		r.twice++
		return nil
	}
	r.seen[int(n)] = true
	if into != nil {
		*into = append(*into, now.Sub(r.writer.written[n]))
	}
	return nil
}

// without returns how many sessions have no tag of R0012.
func (r *reader) without() int { return r.writer.sessions() - len(r.seen) }
