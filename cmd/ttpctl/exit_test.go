package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestExitCode(t *testing.T) {
	setup := cannotRun("", "no such file")
	io := broke("disk full")
	sig := &signalError{syscall.SIGINT}
	tests := []struct {
		name string
		err  error
		want int
	}{
		{"done", nil, 0},
		{"no", errNo, 1},
		{"setup", setup, 2},
		{"warnings", errWarnings, 3},
		{"runtime", io, 4},
		{"unclassified", errors.New("odd"), 4},
		{"interrupt", sig, 130},
		{"terminated", &signalError{syscall.SIGTERM}, 143},
		{"closed pipe", errClosedPipe, 0},
		{"closed pipe, raw", fmt.Errorf("write: %w", syscall.EPIPE), 0},
		{"wrapped", fmt.Errorf("outer: %w", setup), 2},
		{"closed pipe and no", errors.Join(errClosedPipe, errNo), 1},
		{"warnings and no", errors.Join(errWarnings, errNo), 1},
		{"no and setup", errors.Join(errNo, setup), 2},
		{"setup and runtime", errors.Join(setup, io), 4},
		{"runtime within", errors.Join(setup, errors.Join(errNo, io)), 4},
		{"everything and a signal", errors.Join(io, setup, errNo, sig), 130},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := exitCode(tt.err); got != tt.want {
				t.Errorf("exitCode(%v) = %d, want %d", tt.err, got, tt.want)
			}
		})
	}
}

func TestInterruptible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signals := make(chan os.Signal)
		stopped := make(chan syscall.Signal, 1)
		ctx := interruptible(context.Background(), signals, func(s syscall.Signal) { stopped <- s })

		synctest.Wait()
		if ctx.Err() != nil {
			t.Fatalf("before a signal: Err() = %v, want nil", ctx.Err())
		}
		signals <- syscall.SIGTERM
		synctest.Wait()
		if got := exitCode(context.Cause(ctx)); got != 143 {
			t.Errorf("first signal: exit code of the cause = %d, want 143", got)
		}
		if len(stopped) != 0 {
			t.Error("the first signal stops at once, want it to cancel")
		}
		signals <- syscall.SIGTERM // the same once more, as timeout sends it
		synctest.Wait()
		if len(stopped) != 0 {
			t.Error("a signal that comes twice at once stops at once, want it to count once")
		}
		time.Sleep(oneSignal)
		signals <- syscall.SIGINT
		if got := <-stopped; got != syscall.SIGINT {
			t.Errorf("second signal stops with %v, want %v", got, syscall.SIGINT)
		}
	})
}
