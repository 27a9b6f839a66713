package storetest

import (
	"testing"
	"time"
)

// BenchmarkDatabase measures how many new tags, and how many stored before, one
// process stores a second, in transactions of 4,096 as serve makes them.
func BenchmarkDatabase(b *testing.B, f DatabaseFixture) {
	const batch = 4096
	for name, replay := range map[string]bool{"new": false, "replay": true} {
		b.Run(name, func(b *testing.B) {
			tags := f.opened(b, f.New(b), time.Now).Tags()
			first := 0
			for b.Loop() {
				some := SomeTags(first, batch)
				if _, err := tags.Insert(b.Context(), some); err != nil {
					b.Fatal(err)
				}
				if !replay {
					first += batch
				}
			}
			b.ReportMetric(float64(batch*b.N)/b.Elapsed().Seconds(), "tags/s")
		})
	}
}
