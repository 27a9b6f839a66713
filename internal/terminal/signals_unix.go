//go:build unix

package terminal

import (
	"os"
	"os/signal"
	"syscall"
)

// notify asks for the signals that concern a screen.
func notify(signals chan os.Signal) {
	signal.Notify(signals, syscall.SIGWINCH, syscall.SIGTSTP, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGINT, syscall.SIGTERM)
}

func unnotify(signals chan os.Signal) { signal.Stop(signals) }

// signalled gives the terminal back before a signal does its work. That an
// interrupt ends the process after what is in hand was finished is the business of
// whoever asked for it.
func (s *Screen) signalled(sig os.Signal) {
	switch sig {
	case syscall.SIGINT, syscall.SIGTERM:
		s.leave()
	case syscall.SIGHUP, syscall.SIGQUIT:
		s.leave()
		signal.Reset(sig)
		_ = syscall.Kill(syscall.Getpid(), sig.(syscall.Signal))
	case syscall.SIGTSTP:
		s.leave()
		_ = syscall.Kill(syscall.Getpid(), syscall.SIGSTOP)
		s.enter() // it goes on
	}
}
