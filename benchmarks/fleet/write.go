package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"
)

// A session is the events of one, as in the sample.
type session []map[string]any

// sessions returns those of the sample, in the order of their first lines.
func (r *run) sessions() ([]session, error) {
	f, err := os.Open(r.sample)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var ids []string
	byID := map[string]session{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var event map[string]any
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			return nil, err
		}
		id, _ := event["session"].(string)
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
		byID[id] = append(byID[id], event)
	}
	var all []session
	for _, id := range ids {
		all = append(all, byID[id])
	}
	return all, nil
}

// guessing returns a session that tries a password and goes.
func guessing(i int) session {
	s := session{{"eventid": "cowrie.session.connect", "protocol": "ssh", "dst_port": 2222}, {"eventid": "cowrie.client.version", "version": "SSH-2.0-Go"}}
	for k := range 1 + i%3 {
		s = append(s, map[string]any{"eventid": "cowrie.login.failed", "username": "root", "password": fmt.Sprintf("guess%d", (i+k)%500)})
	}
	return append(s, map[string]any{"eventid": "cowrie.session.closed", "duration": 1.5})
}

// write writes the logs, a file for each process, and returns how many events are in
// them. Attackers are shared out among the files.
func (r *run) write() (events int, err error) {
	sample, err := r.sessions()
	if err != nil {
		return 0, err
	}
	var out []*bufio.Writer
	for p := range r.processes {
		f, err := os.Create(r.log(p))
		if err != nil {
			return 0, err
		}
		defer f.Close()
		out = append(out, bufio.NewWriterSize(f, 1<<20))
	}
	at := time.Date(2026, 9, 14, 0, 0, 0, 0, time.UTC)
	for n := 0; events < r.events; n++ {
		s := guessing(n)
		if n%(r.guesses+1) == 0 {
			s = sample[n/(r.guesses+1)%len(sample)]
		}
		attacker := n / 2 // two sessions each
		w := out[attacker%r.processes]
		for k, event := range s {
			event["session"], event["sensor"] = fmt.Sprintf("%012x", n), fmt.Sprintf("sensor-%04d", n%r.sensors)
			event["src_ip"] = fmt.Sprintf("10.%d.%d.%d", attacker>>16&255, attacker>>8&255, attacker&255)
			event["timestamp"] = at.Add(time.Duration(n)*30*time.Millisecond + time.Duration(k)*100*time.Millisecond).Format("2006-01-02T15:04:05.000000Z")
			line, err := json.Marshal(event)
			if err != nil {
				return 0, err
			}
			w.Write(line)
			w.WriteByte('\n')
		}
		events += len(s)
	}
	for _, w := range out {
		if err := w.Flush(); err != nil {
			return 0, err
		}
	}
	return events, nil
}
