package ingest

import (
	"fmt"
	"strings"
	"testing"

	"ttpctl/internal/event"
	"ttpctl/internal/lines"
)

// batchesOf returns all lines of inputs in batches, not decoded yet, and their
// size in bytes.
func batchesOf(bm *testing.B, f format, inputs []Input) (all []*Batch, size int64) {
	bm.Helper()
	for _, in := range inputs {
		s, err := in.Open(bm.Context(), nil)
		if err != nil {
			bm.Fatal(err)
		}
		for more, c := true, lines.NewCutter(s, lines.DefaultMaxLine); more; {
			b := &Batch{File: in.Name, log: "log", format: &f}
			more = b.fill(c)
			size += int64(len(b.block.Text))
			all = append(all, b)
		}
		s.Close()
	}
	return all, size
}

// benchmarkReader measures a reader, from lines to events: decoding alone, and
// with the ordered half.
func benchmarkReader(bm *testing.B, f format, inputs []Input) {
	all, size := batchesOf(bm, f, inputs)
	d := f.newDecoder(event.AllFields())
	for _, half := range []string{"decode", "events"} {
		bm.Run(half, func(bm *testing.B) {
			bm.SetBytes(size)
			bm.ReportAllocs()
			n := 0
			for bm.Loop() {
				a := newTestAssembler(&f)
				for n = 0; n < len(all); n++ {
					b := all[n]
					for i := range b.lines {
						b.lines[i] = line{}
					}
					b.dropEvents(0)
					b.Rejections = b.Rejections[:0]
					b.decode(d, false)
					if half == "events" {
						b.assemble(a, false)
					}
				}
			}
			lines := 0
			for _, b := range all {
				lines += len(b.lines)
			}
			bm.ReportMetric(bm.Elapsed().Seconds()*1e9/float64(bm.N*lines), "ns/line")
		})
	}
}

// BenchmarkReadCowrie reads real logs.
func BenchmarkReadCowrie(bm *testing.B) {
	inputs := append(captureInputs(bm, "sensor-2018"), captureInputs(bm, "sensor-2026")...)
	benchmarkReader(bm, cowrieFormat(), inputs)
}

// BenchmarkReadSamples reads the logs of testdata.
func BenchmarkReadSamples(bm *testing.B) {
	for name, f := range map[string]format{"cowrie.json": cowrieFormat(), "access.log": accessFormat(), "web.log": accessFormat()} {
		bm.Run(name, func(bm *testing.B) { benchmarkReader(bm, f, []Input{{Name: "../../testdata/logs/" + name}}) })
	}
}

// BenchmarkReadAccess reads the lines of a busy server: clients in bursts, some
// lines in a second.
func BenchmarkReadAccess(bm *testing.B) {
	var log strings.Builder
	for n := range 20_000 {
		fmt.Fprintf(&log, `203.0.%d.%d - - [14/Sep/2026:%02d:%02d:%02d +0000] "GET /api/v1/items?page=%d&sort=name HTTP/1.1" %d %d "https://192.0.2.10/items" "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"`+"\n",
			n/37%256, n/11%256, n/7/3600%24, n/7/60%60, n/7%60, n%977, 200+n%5*51, n*31%50_000)
	}
	benchmarkReader(bm, accessFormat(), []Input{{Name: "access.log", Reader: strings.NewReader(log.String())}})
}
