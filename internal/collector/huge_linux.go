package collector

import (
	"math"
	"runtime"
	"runtime/debug"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// hugeHeap is how much of the heap is put into huge pages, in bytes: what a run
	// with the shipped pack takes. It is a range of addresses; none of it is touched here.
	hugeHeap = 256 << 20
	hugePage = 2 << 20 // bytes, on amd64 and arm64
)

// PreferHuge asks the system to back the heap by pages of 2 MiB: a fault for each of 4
// KiB is half of the CPU time of a short run, and a long one spends a tenth on finding
// out where its pages lie. Where the system does so for everyone (transparent_hugepage
// is always) or for none, nothing changes, nor where Go's memory or the process's
// addresses are limited.
//
// Go has no call for it, and what is said of addresses that it has not taken yet is
// lost when it takes them. So it takes them here, in one piece, and gets them back: once,
// for the second time it would have to clear them. That takes a collection of a heap that
// is small yet; huge pages give back 6 to 11 % of the CPU time of a long run
// (docs/performance.md).
func PreferHuge() { hugeOnce() }

var hugeOnce = sync.OnceFunc(preferHuge)

func preferHuge() {
	if debug.SetMemoryLimit(-1) != math.MaxInt64 || !free(hugeHeap) {
		return
	}
	s := first.Value()              // alive, so that this collection does not count as the first
	usual := debug.SetGCPercent(-1) // else taking the piece is a reason for one more collection
	piece := make([]byte, hugeHeap) // fresh from the system, thus not cleared by Go
	skip := -uintptr(unsafe.Pointer(unsafe.SliceData(piece))) % hugePage
	_ = unix.Madvise(piece[skip:hugeHeap-hugePage+skip], unix.MADV_HUGEPAGE) // else they stay small
	runtime.GC()
	debug.SetGCPercent(usual)
	runtime.KeepAlive(s)
}

// free reports whether the process may take so many bytes more: Go ends it where it
// may not.
func free(size int) bool {
	probe, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	return err == nil && unix.Munmap(probe) == nil
}
