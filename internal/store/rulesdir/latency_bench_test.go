package rulesdir

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ttpctl/internal/store/storetest"
)

// From the end of a save to the change in a subscriber's hands, in a directory
// of 60 and of 1,000 rules.
func BenchmarkSaveToChange(b *testing.B) {
	for _, n := range []int{60, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := b.TempDir()
			name := func(i int) string { return filepath.Join(dir, fmt.Sprintf("R%05d.yaml", i%n)) }
			for i := range n {
				if err := os.WriteFile(name(i), []byte("old\n"), 0o600); err != nil {
					b.Fatal(err)
				}
				// As in a pack that was not written this very second.
				old := time.Now().Add(-time.Hour)
				if err := os.Chtimes(name(i), old, old); err != nil {
					b.Fatal(err)
				}
			}
			d, err := Open(b.Context(), dir, Options{Now: time.Now})
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			_, sub, err := d.Watch(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			var took []time.Duration
			for i := 0; b.Loop(); i++ {
				if err := os.WriteFile(name(i), fmt.Appendf(nil, "new %d\n", i), 0o600); err != nil {
					b.Fatal(err)
				}
				saved := time.Now()
				if _, err := sub.Next(b.Context()); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(saved))
			}
			storetest.ReportLatency(b, took)
		})
	}
}
