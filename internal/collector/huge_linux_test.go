package collector

import (
	"bufio"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"unsafe"
)

// TestPreferHuge: what is allocated afterwards lies where the system was asked for huge
// pages, and the first collection is still put off.
func TestPreferHuge(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skip("this kernel has no transparent huge pages:", err)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(70))
	PutOff()
	PreferHuge()
	if percent := debug.SetGCPercent(-1); percent != firstGC {
		t.Errorf("the percentage is %d, want %d", percent, firstGC)
	}
	piece := make([]byte, 64<<20)
	for _, at := range []int{hugePage, len(piece) / 2, len(piece) - 1} {
		piece[at] = 1
		if flags := mapping(t, uintptr(unsafe.Pointer(&piece[at]))); !strings.Contains(flags, " hg") {
			t.Errorf("byte %d is not in huge pages: %s", at, flags)
		}
	}
}

// TestPreferHugeWithinLimits: who limits Go's memory gets no range of addresses.
func TestPreferHugeWithinLimits(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(64 << 20))
	before := mapped(t)
	if preferHuge(); mapped(t) >= before+hugeHeap {
		t.Errorf("%d bytes are mapped, %d before", mapped(t), before)
	}
	if free(1 << 62) {
		t.Error("no process may take 4 EiB")
	}
}

// mapping returns the flags of the mapping of an address (proc(5), VmFlags).
func mapping(t *testing.T, addr uintptr) string {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	within := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var from, to uintptr
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x ", &from, &to); n == 2 {
			within = from <= addr && addr < to
		}
		if flags, ok := strings.CutPrefix(lines.Text(), "VmFlags:"); ok && within {
			return flags
		}
	}
	t.Fatalf("nothing is mapped at %x", addr)
	return ""
}

// mapped returns the bytes of all mappings (proc(5), the first number of statm).
func mapped(t *testing.T) int {
	t.Helper()
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var pages int
	if _, err := fmt.Sscan(string(statm), &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}
