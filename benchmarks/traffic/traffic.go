// Package traffic writes the logs of many Cowrie sensors, for what measures or
// strains ttpctl.
//
// The sessions are those of a sample, and for each of them some that only try
// passwords, as most do. Sensors, attackers and sessions are many. Nothing is drawn:
// the same arguments give the same bytes. For example:
//
//	sample, err := traffic.Read("testdata/logs/cowrie.json")
//	lines, err := sample.Write(traffic.Shape{Lines: 200_000, Sensors: 1000, Guesses: 3}, log)
package traffic

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"
)

// A Sample is sessions to write again and again.
type Sample []session

// A session is the events of one.
type session []map[string]any

// A Shape says what is written.
type Shape struct {
	Lines   int // at least; sessions are whole
	Sensors int
	Guesses int // sessions that only try passwords, for each of the sample
}

// Read returns the sessions in a Cowrie log, in the order of their first lines.
func Read(log string) (Sample, error) {
	f, err := os.Open(log)
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
	var all Sample
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

// Write writes to logs, among which attackers are shared out, and returns how many
// lines.
func (s Sample) Write(shape Shape, logs ...io.Writer) (lines int, err error) {
	at := time.Date(2026, 9, 14, 0, 0, 0, 0, time.UTC)
	for n := 0; lines < shape.Lines; n++ {
		events := guessing(n)
		if n%(shape.Guesses+1) == 0 {
			events = s[n/(shape.Guesses+1)%len(s)]
		}
		attacker := n / 2 // two sessions each
		for k, event := range events {
			event = maps.Clone(event)
			event["session"], event["sensor"] = fmt.Sprintf("%012x", n), fmt.Sprintf("sensor-%04d", n%shape.Sensors)
			event["src_ip"] = fmt.Sprintf("10.%d.%d.%d", attacker>>16&255, attacker>>8&255, attacker&255)
			event["timestamp"] = at.Add(time.Duration(n)*30*time.Millisecond + time.Duration(k)*100*time.Millisecond).Format("2006-01-02T15:04:05.000000Z")
			line, err := json.Marshal(event)
			if err != nil {
				return lines, err
			}
			if _, err := logs[attacker%len(logs)].Write(append(line, '\n')); err != nil {
				return lines, err
			}
		}
		lines += len(events)
	}
	return lines, nil
}
