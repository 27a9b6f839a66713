package collector

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// TestFirstGCPutOff: the first collection brings the usual percentage back, and one
// that asks for fewer collections stays.
func TestFirstGCPutOff(t *testing.T) {
	percent := func() int {
		p := debug.SetGCPercent(-1)
		debug.SetGCPercent(p)
		return p
	}
	defer debug.SetGCPercent(debug.SetGCPercent(70))
	PutOff()
	if got := percent(); got != firstGC {
		t.Errorf("before a collection the percentage is %d, want %d", got, firstGC)
	}
	if PutOffFurther(); percent() != checkGC {
		t.Errorf("put off further, the percentage is %d, want %d", percent(), checkGC)
	}
	runtime.GC()
	for end := time.Now().Add(10 * time.Second); percent() != 70; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after a collection the percentage is %d, want 70", percent())
		}
	}
	if PutOffFurther(); percent() != 70 {
		t.Errorf("after a collection the percentage becomes %d, want 70", percent())
	}
	debug.SetGCPercent(-1)
	PutOff()
	if PutOffFurther(); percent() != -1 {
		t.Errorf("without collections the percentage is %d, want -1", percent())
	}
}

// TestKeepWithin: a limit that GOMEMLIMIT set stays.
func TestKeepWithin(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
	if KeepWithin(1 << 40); debug.SetMemoryLimit(-1) != 1<<40 {
		t.Errorf("the limit is %d, want %d", debug.SetMemoryLimit(-1), int64(1<<40))
	}
	if KeepWithin(1 << 41); debug.SetMemoryLimit(-1) != 1<<40 {
		t.Errorf("the limit is %d, want the first", debug.SetMemoryLimit(-1))
	}
}
