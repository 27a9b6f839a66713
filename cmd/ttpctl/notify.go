package main

import (
	"context"

	"github.com/coreos/go-systemd/v22/daemon"
)

// tellManager tells the service manager, where there is one (sd_notify(3)), that
// this process does its work, and at the end of ctx that it stops. The function
// that it returns says that it has stopped.
func (s *streams) tellManager(ctx context.Context) (stopped func()) {
	s.notifyManager(daemon.SdNotifyReady)
	telling := context.AfterFunc(ctx, func() { s.notifyManager(daemon.SdNotifyStopping) })
	return func() {
		if telling() {
			s.notifyManager(daemon.SdNotifyStopping)
		}
	}
}

func (s *streams) notifyManager(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		s.log.Warn("the service manager cannot be told", "state", state, "err", err)
	}
}
