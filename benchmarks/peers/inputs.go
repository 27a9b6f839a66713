package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"ttpctl/internal/bench"
	seed "ttpctl/testdata/corpus"
)

// maxText bounds a command line in bytes.
const maxText = 400

// A pool is command lines to draw from: those of attackers and of ordinary users.
type pool struct {
	attack, benign []string
	source         string
}

// attacks is the part of the events that is drawn from attackers' lines.
const attacks = 0.3

// readPool reads real command lines from the directory of captures, which are not
// ours to publish, or else those of the seed corpora in this tree.
func readPool(data string) (*pool, error) {
	p := &pool{source: "a real sensor's command lines and harmless one-liners"}
	attack, err := os.Open(filepath.Join(data, "commands/samdavi_commands.jsonl"))
	if err != nil {
		return seedPool()
	}
	defer attack.Close()
	if p.attack, err = commands(attack, "command"); err != nil {
		return nil, err
	}
	packed, err := os.Open(filepath.Join(data, "commands/benign_nl2bash.jsonl.gz"))
	if err != nil {
		return seedPool()
	}
	defer packed.Close()
	benign, err := gzip.NewReader(packed)
	if err != nil {
		return nil, err
	}
	p.benign, err = commands(benign, "command")
	return p, err
}

func seedPool() (*pool, error) {
	texts, err := bench.CommandTexts(seed.Files())
	if err != nil {
		return nil, err
	}
	p := &pool{source: "the command lines of the seed corpora"}
	for i, text := range texts {
		if i%2 == 0 {
			p.attack = append(p.attack, tidy(text)...)
		} else {
			p.benign = append(p.benign, tidy(text)...)
		}
	}
	return p, nil
}

// commands reads the member called name of each line.
func commands(r io.Reader, name string) ([]string, error) {
	var all []string
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<24)
	for in.Scan() {
		row := map[string]any{}
		if err := json.Unmarshal(in.Bytes(), &row); err != nil {
			return nil, err
		}
		text, _ := row[name].(string)
		all = append(all, tidy(text)...)
	}
	return all, in.Err()
}

// tidy returns a text that grep can be given as a line: no control characters; none
// of an empty one.
func tidy(text string) []string {
	text = strings.ToValidUTF8(text[:min(len(text), maxText)], "")
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, text)
	if strings.TrimSpace(text) == "" {
		return nil
	}
	return []string{text}
}

// events writes n command events of about 400 bytes to name, and their texts alone,
// a line each, beside it (.txt).
func (p *pool) events(name string, n int, distinct bool) error {
	random := rand.New(rand.NewPCG(7, 0))
	return withFiles(name, func(events, texts *bufio.Writer) error {
		for i := range n {
			from := p.benign
			if random.Float64() < attacks {
				from = p.attack
			}
			text := from[random.IntN(len(from))]
			if distinct {
				text = fmt.Sprintf("%s %x", text, i)
			}
			ip := fmt.Sprintf("203.0.%d.%d", random.IntN(256), random.IntN(256))
			quoted, _ := json.Marshal(text) // a string has no error
			fmt.Fprintf(events, `{"source_kind":"command","source_id":"s%08x#cmd%d","attacker_uuid":null,"attacker_ip":%q,"identity_uuid":null,`, i/7, i%7, ip)
			fmt.Fprintf(events, `"session_id":"s%08x","decky_id":"decoy-%02d","ts":"2026-09-14T01:%02d:%02d.%06dZ",`, i/7, i%40, i/60%60, i%60, i%1_000_000)
			fmt.Fprintf(events, `"payload":{"command_text":%s,"uid":0,"user":"root","src":%q,"pwd":"/root","service":"ssh","decky":"decoy-%02d"}}`+"\n", quoted, ip, i%40)
			if _, err := fmt.Fprintln(texts, text); err != nil {
				return err
			}
		}
		return nil
	})
}

// cowrie writes about n lines of a Cowrie log: sessions that log in and type.
func (p *pool) cowrie(name string, n int) error {
	random := rand.New(rand.NewPCG(8, 0))
	return withFiles(name, func(log, _ *bufio.Writer) error {
		for i, lines := 0, 0; lines < n; i++ {
			line := func(id, rest string) {
				lines++
				fmt.Fprintf(log, `{"eventid":"cowrie.%s","sensor":"decoy-01","timestamp":"2026-09-%02dT%02d:%02d:%02d.%06dZ","src_ip":"198.18.%d.%d","session":"%012x","message":"x"%s}`+"\n",
					id, 1+i/86400%28, i/3600%24, i/60%60, i%60, lines%1_000_000, i/250%250, i%250, i, rest)
			}
			line("session.connect", `,"src_port":4000,"dst_ip":"192.0.2.10","dst_port":2222,"protocol":"ssh"`)
			line("client.version", `,"version":"SSH-2.0-Go"`)
			line("login.failed", `,"username":"root","password":"123456"`)
			line("login.success", `,"username":"root","password":"admin"`)
			for range 2 + random.IntN(12) {
				quoted, _ := json.Marshal(p.attack[random.IntN(len(p.attack))])
				line("command.input", `,"input":`+string(quoted))
			}
			line("session.closed", `,"duration":"1.0"`)
		}
		return nil
	})
}

// withFiles lets f write a file and the one beside it.
func withFiles(name string, f func(one, beside *bufio.Writer) error) error {
	var all [2]*bufio.Writer
	for i, path := range []string{name, name + ".txt"} {
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		defer file.Close()
		all[i] = bufio.NewWriterSize(file, 1<<20)
	}
	if err := f(all[0], all[1]); err != nil {
		return err
	}
	if err := all[0].Flush(); err != nil {
		return err
	}
	return all[1].Flush()
}

// head copies the first n lines of a file, and of the one beside it.
func head(from, to string, n int) error {
	for _, suffix := range []string{"", ".txt"} {
		in, err := os.Open(from + suffix)
		if err != nil {
			return err
		}
		defer in.Close()
		out, err := os.Create(to + suffix)
		if err != nil {
			return err
		}
		r, w := bufio.NewReader(in), bufio.NewWriter(out)
		for range n {
			line, err := r.ReadSlice('\n')
			if err != nil {
				return err
			}
			if _, err := w.Write(line); err != nil {
				return err
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
		if err := out.Close(); err != nil {
			return err
		}
	}
	return nil
}
