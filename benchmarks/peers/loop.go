package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

// A loopResult is what a loop over all patterns came to; times are of CPU, an event.
type loopResult struct {
	Events int     `json:"events"`
	Pairs  int     `json:"pairs"` // of an event and a pattern that matches it
	Any    int     `json:"any"`   // events that some pattern matches
	Decode float64 `json:"decode_ns"`
	Match  float64 `json:"match_ns"`
	Write  float64 `json:"write_ns"`
}

// whole is what an event takes in all.
func (r *loopResult) whole() float64 { return r.Decode + r.Match + r.Write }

// stdlibLoop is what a program of an afternoon does: decode each line, try each
// pattern, write a line a match. It says on stdout what that took.
func stdlibLoop(patternFile, events string) error {
	text, err := os.ReadFile(patternFile)
	if err != nil {
		return err
	}
	var res []*regexp.Regexp
	for line := range strings.Lines(string(text)) {
		re, err := regexp.Compile(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return err
		}
		res = append(res, re)
	}
	data, err := os.ReadFile(events)
	if err != nil {
		return err
	}
	var r loopResult
	clock := cpuOfSelf()
	lap := func() float64 {
		now := cpuOfSelf()
		defer func() { clock = now }()
		return float64(now - clock)
	}
	type event struct {
		ID      string `json:"source_id"`
		Payload struct {
			Text string `json:"command_text"`
		} `json:"payload"`
	}
	var list []event
	for line := range bytes.Lines(data) {
		var ev event
		if err := json.Unmarshal(line, &ev); err != nil {
			return err
		}
		list = append(list, ev)
	}
	r.Decode = lap()
	type match struct{ event, pattern int }
	var matches []match
	for i := range list {
		before := len(matches)
		for k, re := range res {
			if re.MatchString(list[i].Payload.Text) {
				matches = append(matches, match{i, k})
			}
		}
		if len(matches) > before {
			r.Any++
		}
	}
	r.Match = lap()
	out := json.NewEncoder(bufio.NewWriter(io.Discard))
	for _, m := range matches {
		if err := out.Encode(map[string]any{"source_id": list[m.event].ID, "rule": m.pattern, "matched": list[m.event].Payload.Text}); err != nil {
			return err
		}
	}
	r.Write = lap()
	r.Events, r.Pairs = len(list), len(matches)
	for _, ns := range []*float64{&r.Decode, &r.Match, &r.Write} {
		*ns /= float64(max(1, r.Events))
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// pythonLoop is the same in Python.
const pythonLoop = `
import json, re, sys, time
res = [re.compile(l.rstrip("\n"), re.ASCII) for l in open(sys.argv[1])]
lines = open(sys.argv[2], encoding="utf-8").readlines()
clock = time.process_time
t0 = clock()
events = [json.loads(l) for l in lines]
t1 = clock()
matches, any_ = [], 0
for e in events:
    text, before = e["payload"]["command_text"], len(matches)
    for i, r in enumerate(res):
        if r.search(text):
            matches.append((e, i))
    any_ += len(matches) > before
t2 = clock()
with open("/dev/null", "w") as out:
    for e, i in matches:
        out.write(json.dumps({"source_id": e["source_id"], "rule": i, "matched": e["payload"]["command_text"]}) + "\n")
t3 = clock()
n = max(1, len(events))
print(json.dumps({"events": len(events), "pairs": len(matches), "any": any_,
    "decode_ns": (t1 - t0) * 1e9 / n, "match_ns": (t2 - t1) * 1e9 / n, "write_ns": (t3 - t2) * 1e9 / n}))
`

// readLoop reads the result of a loop.
func readLoop(out []byte) (r loopResult, err error) {
	if err = json.Unmarshal(out, &r); err != nil {
		err = fmt.Errorf("%q: %w", out, err)
	}
	return r, err
}
