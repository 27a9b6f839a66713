package spool

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// BenchmarkAppend appends entries of some lines of 300 bytes from several
// clients, each of which waits for its answer.
func BenchmarkAppend(b *testing.B) {
	text := strings.Repeat("x", 300)
	for _, clients := range []int{1, 16} {
		for _, n := range []int{1, 100} {
			b.Run(fmt.Sprintf("clients=%d/lines=%d", clients, n), func(b *testing.B) {
				l := openLog(b, b.TempDir(), Options{})
				e := entry(strings.Fields(strings.Repeat(text+" ", n))...)
				b.SetBytes(int64(n * len(text)))
				b.ReportAllocs()
				var left atomic.Int64
				left.Store(int64(b.N))
				var running sync.WaitGroup
				b.ResetTimer()
				for range clients {
					running.Go(func() {
						for left.Add(-1) >= 0 {
							end, err := l.Append(b.Context(), e)
							if err == nil {
								err = l.Ack(end)
							}
							if err != nil {
								b.Error(err)
							}
						}
					})
				}
				running.Wait()
				b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}
