// Package collector puts off Go's first garbage collections: a short run needs
// none, and most of what a start allocates stays.
//
//	collector.PutOff() // in main, first of all
package collector

import (
	"math"
	"runtime"
	"runtime/debug"
)

// firstGC is the percentage at which Go collects garbage for the first time when
// 40 MiB are allocated, and not when 4 are.
const firstGC = 1000

// checkGC is that for whoever compiles all rules, at 96 MiB: of the 170 that checking
// the shipped pack allocates a quarter stays, and the collections on the way there took
// a tenth of the time.
const checkGC = 2400

// PutOff puts the first garbage collection off: a short run needs none, and most of
// what a start allocates stays. Once there was one, the usual percentage is in force.
func PutOff() {
	usual := debug.SetGCPercent(firstGC)
	if usual < 0 || usual > firstGC { // GOGC asks for fewer
		debug.SetGCPercent(usual)
		return
	}
	// Of 32 bytes, the first collection is sure to see that nobody needs them.
	runtime.AddCleanup(new([32]byte), func(percent int) { debug.SetGCPercent(percent) }, usual)
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
