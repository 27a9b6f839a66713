package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"ttpctl/internal/jetstream"
)

// messages are the events of sessions, on their way to partitions.
type messages struct {
	conn       *jetstream.Conn
	partitions int
	waiting    []jetstream.Message
}

// dial has sessions go to the partitions at address.
func (w *writer) dial(address string) error {
	conn, err := jetstream.Dial(context.Background(), jetstream.Config{Address: address, Getenv: os.Getenv, Name: "soak"})
	if err != nil {
		return err
	}
	n, err := conn.Partitions(context.Background())
	w.messages = &messages{conn: conn, partitions: n}
	return err
}

// events has the finished events of one session wait to be sent.
func (w *writer) events() {
	n := w.sessions()
	attacker := fmt.Sprintf("soak-%d", n%w.attackers)
	now := time.Now().UTC()
	add := func(kind, id, payload string) {
		w.lines++
		w.messages.waiting = append(w.messages.waiting, jetstream.Message{
			Subject: w.messages.conn.PartitionOf(attacker, w.messages.partitions), ID: kind + "|" + id,
			Data: fmt.Appendf(nil, `{"source_kind":%q,"source_id":%q,"attacker_uuid":%q,"session_id":"%012x","decky_id":"decoy-01","ts":%q,"payload":%s}`,
				kind, id, attacker, n, now.Format(time.RFC3339Nano), payload),
		})
	}
	for i, p := range []string{"123456", "admin"} {
		add("auth_attempt", fmt.Sprintf("%012x#auth%d", n, i), fmt.Sprintf(`{"username":"root","password":%q,"service":"ssh"}`, p))
	}
	for i, c := range commands {
		add("command", fmt.Sprintf("%012x#cmd%d", n, i), fmt.Sprintf(`{"command_text":%q}`, c))
	}
	w.written = append(w.written, now)
}

// send sends what waits, and waits until all of it is in the stream.
func (w *writer) send() error {
	if w.messages == nil {
		return nil
	}
	m := w.messages
	for len(m.waiting) > 0 {
		n, err := m.conn.Send(context.Background(), m.waiting)
		if err != nil {
			return err
		}
		m.waiting = m.waiting[n:]
	}
	m.waiting = nil
	return nil
}
