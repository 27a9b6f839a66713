package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

// Generated says what events to make.
type Generated struct {
	Count    int
	Matching float64 // the part of them that some rule tags, from 0 to 1
	Seed     uint64
	Distinct bool // no text comes twice: each gets a comment of its own
}

// maxText bounds a generated command line in bytes.
const maxText = 400

// Texts are command lines to draw from.
type Texts struct{ Matching, Harmless []string }

// Draw returns the command lines of the rules' own examples and of corpora, sorted by
// whether a rule of the snapshot tags them by themselves. Of corpora those rows are
// read that are commands.
func Draw(s *engine.Snapshot, corpora fs.FS) (Texts, error) {
	lines := exampleTexts(s)
	rows, err := CommandTexts(corpora)
	if err != nil {
		return Texts{}, err
	}
	lines = append(lines, rows...)
	slices.Sort(lines)
	var t Texts
	judge := engine.NewJudge(s, time.Time{})
	for _, text := range slices.Compact(lines) {
		ev := event.Event{SourceID: "1", AttackerUUID: "1"}
		ev.SetKind(event.KindCommand.String())
		ev.SetField("command_text", event.StringValue(text))
		switch {
		case text == "" || len(text) > maxText:
		case len(judge.Tags(&ev)) > 0:
			t.Matching = append(t.Matching, text)
		default:
			t.Harmless = append(t.Harmless, text)
		}
	}
	return t, nil
}

// exampleTexts returns the command lines among the examples of the rules.
func exampleTexts(s *engine.Snapshot) []string {
	var lines []string
	for _, r := range s.Ruleset().Rules() {
		p, _ := engine.Parse(r.Source) // it was compiled, so nothing is wrong with it
		for _, n := range slices.Concat(p.MatchExamples, p.OtherExamples) {
			ev, diags := engine.ExampleEvent(n, r.AppliesTo[0])
			if diags.HasErrors() || ev.Kind != event.KindCommand {
				continue
			}
			if id, known := event.LookupField(ev.Kind, "command_text"); known {
				if text, ok := ev.Text(id); ok {
					lines = append(lines, text)
				}
			}
		}
	}
	return lines
}

// CommandTexts returns the command lines of the rows of corpora.
func CommandTexts(corpora fs.FS) ([]string, error) {
	names, err := fs.Glob(corpora, "*.jsonl")
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, name := range names {
		data, err := fs.ReadFile(corpora, name)
		if err != nil {
			return nil, err
		}
		for line := range bytes.Lines(data) {
			var row struct {
				Kind    string `json:"source_kind"`
				Payload struct {
					Text string `json:"command_text"`
				} `json:"payload"`
			}
			if json.Unmarshal(line, &row) == nil && row.Kind == event.KindCommand.String() {
				lines = append(lines, row.Payload.Text)
			}
		}
	}
	return lines, nil
}

// Write writes the events as JSON Lines of about 400 bytes, seven to a session. The
// same g and t give the same bytes. It returns early when done is closed.
func (g Generated) Write(w io.Writer, t Texts, done <-chan struct{}) error {
	random := rand.New(rand.NewPCG(g.Seed, 0))
	b := bufio.NewWriterSize(w, 1<<20)
	var line []byte
	for i := range g.Count {
		pool := t.Harmless
		if len(pool) == 0 || len(t.Matching) > 0 && random.Float64() < g.Matching {
			pool = t.Matching
		}
		if i%1024 == 0 {
			select {
			case <-done:
				return b.Flush()
			default:
			}
		}
		line = g.appendEvent(line[:0], i, pool[random.IntN(len(pool))], random)
		if _, err := b.Write(line); err != nil {
			return err
		}
	}
	return b.Flush()
}

// appendEvent appends event i with its newline.
func (g Generated) appendEvent(dst []byte, i int, text string, random *rand.Rand) []byte {
	if g.Distinct {
		text = fmt.Sprintf("%s #%x", strings.TrimRight(text, "\n"), i)
	}
	quoted, _ := json.Marshal(text) // a string has no error
	ip := fmt.Sprintf("203.0.%d.%d", random.IntN(256), random.IntN(256))
	dst = fmt.Appendf(dst, `{"source_kind":"command","source_id":"s%08x#cmd%d","attacker_uuid":null,"attacker_ip":%q,"identity_uuid":null,`, i/7, i%7, ip)
	dst = fmt.Appendf(dst, `"session_id":"s%08x","decky_id":"decoy-%02d","ts":"2026-09-14T01:%02d:%02d.%06dZ",`, i/7, i%40, i/60%60, i%60, i%1_000_000)
	return fmt.Appendf(dst, `"payload":{"command_text":%s,"uid":0,"user":"root","src":%q,"pwd":"/root","service":"ssh","decky":"decoy-%02d"}}`+"\n", quoted, ip, i%40)
}
