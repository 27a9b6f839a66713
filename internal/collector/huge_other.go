//go:build !linux

package collector

// PreferHuge does nothing: there is no huge page to ask this system for.
func PreferHuge() {}
