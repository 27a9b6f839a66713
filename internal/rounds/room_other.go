//go:build !linux

package rounds

// roomIn knows of no directory in memory.
func roomIn(string) uint64 { return 0 }
