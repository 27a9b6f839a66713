// Package collector settles what Go's memory costs: a short run needs no garbage
// collection, since most of what a start allocates stays, and in large pages memory
// is cheaper to take and to read.
//
//	collector.PutOff()      // in main, first of all
//	collector.PreferHuge()  // before much is allocated
package collector

import (
	"math"
	"runtime"
	"runtime/debug"
	"weak"
)

// firstGC is the percentage at which Go collects garbage for the first time when
// 40 MiB are allocated, and not when 4 are.
const firstGC = 1000

// checkGC is that for whoever compiles all rules, at 96 MiB: of the 170 that checking
// the shipped pack allocates a quarter stays, and the collections on the way there took
// a tenth of the time.
const checkGC = 2400

// A first collection is the first that finds that nobody needs a sentinel.
type sentinel [32]byte

var first weak.Pointer[sentinel]

// PutOff puts the first garbage collection off: a short run needs none, and most of
// what a start allocates stays. Once there was one, the usual percentage is in force.
func PutOff() {
	usual := debug.SetGCPercent(firstGC)
	if usual < 0 || usual > firstGC { // GOGC asks for fewer
		debug.SetGCPercent(usual)
		return
	}
	s := new(sentinel)
	first = weak.Make(s)
	runtime.AddCleanup(s, func(percent int) { debug.SetGCPercent(percent) }, usual)
}

// KeepWithin has Go collect garbage more often where the process would else take more
// than size bytes, unless GOMEMLIMIT says how much it may take. What is in use may be
// more than that.
func KeepWithin(size int64) {
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(size)
	}
}

// PutOffFurther puts off what PutOff put off, unless it has happened by now.
func PutOffFurther() {
	if now := debug.SetGCPercent(checkGC); now != firstGC {
		debug.SetGCPercent(now)
	}
}
