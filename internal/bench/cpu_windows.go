package bench

import (
	"syscall"
	"time"
)

// cpuTime returns the CPU time, user and system, that the process has taken.
func cpuTime() time.Duration {
	self, err := syscall.GetCurrentProcess()
	var made, ended, kernel, user syscall.Filetime
	if err != nil || syscall.GetProcessTimes(self, &made, &ended, &kernel, &user) != nil {
		return 0
	}
	return span(kernel) + span(user)
}

// span returns a time that has passed, which is counted in 100 ns.
func span(t syscall.Filetime) time.Duration {
	return time.Duration(int64(t.HighDateTime)<<32|int64(t.LowDateTime)) * 100
}
