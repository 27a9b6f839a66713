package program

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

	"ttpctl/internal/engine/shell"
)

// BenchmarkNewTable is what a start pays.
func BenchmarkNewTable(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := NewTable(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCaptures reads each distinct line that attackers typed: shell is the view alone, program what Analyze adds.
func BenchmarkCaptures(b *testing.B) {
	lines := captures(b)
	p, a := shell.NewParser(), table(b).NewAnalyzer()
	b.Run("shell", func(b *testing.B) {
		var v shell.View
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			p.Parse(lines[i%len(lines)], &v)
		}
	})
	b.Run("program", func(b *testing.B) {
		views := make([]shell.View, len(lines))
		for i := range lines {
			p.Parse(lines[i], &views[i])
		}
		var l Line
		for i := range views {
			a.Analyze(&views[i], "/root", &l)
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			a.Analyze(&views[i%len(views)], "/root", &l)
		}
	})
}

const data = "../../../../shared/data"

// captures returns the distinct command lines of the Cowrie logs and the samdavi list.
func captures(tb testing.TB) []string {
	tb.Helper()
	seen := map[string]bool{}
	var lines []string
	add := func(line string) {
		if !seen[line] {
			seen[line] = true
			lines = append(lines, line)
		}
	}
	paths, _ := filepath.Glob(filepath.Join(data, "cowrie/*/*.gz"))
	for _, path := range paths {
		each(tb, path, func(line []byte) {
			var ev struct{ EventID, Input string }
			if json.Unmarshal(line, &ev) == nil && ev.EventID == "cowrie.command.input" {
				add(ev.Input)
			}
		})
	}
	each(tb, filepath.Join(data, "commands/samdavi_commands.jsonl"), func(line []byte) {
		var row struct{ Command string }
		if json.Unmarshal(line, &row) == nil {
			add(row.Command)
		}
	})
	return lines
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
