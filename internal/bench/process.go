package bench

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// A Memory is what the process takes up, in bytes; 0 = unknown.
type Memory struct {
	Heap int64 `json:"heap_bytes"` // of what is in use: the rules, mostly
	RSS  int64 `json:"rss_bytes"`
	Peak int64 `json:"peak_bytes"`
}

func memoryNow() Memory {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	// Systems without /proc tell neither.
	status, _ := os.ReadFile("/proc/self/status")
	return Memory{Heap: int64(m.HeapAlloc), RSS: statusBytes(string(status), "VmRSS:"), Peak: statusBytes(string(status), "VmHWM:")}
}

// statusBytes returns a size of /proc/self/status, which is in kB.
func statusBytes(status, name string) int64 {
	_, rest, _ := strings.Cut(status, name)
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kb, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return 0
	}
	return kb << 10
}

// allocations returns how many objects have been allocated so far.
func allocations() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}
