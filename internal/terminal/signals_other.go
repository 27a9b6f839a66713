//go:build !unix

package terminal

import (
	"os"
	"os/signal"
)

func notify(signals chan os.Signal) { signal.Notify(signals, os.Interrupt) }

func unnotify(signals chan os.Signal) { signal.Stop(signals) }

// signalled gives the terminal back.
func (s *Screen) signalled(os.Signal) { s.leave() }
