// Command ttpctl lints ATT&CK tagging rules and tags honeypot telemetry by
// them.
//
// A subcommand is one file: a struct of flags, newXCmd, which knows cobra, and
// runX(ctx, options, streams), which does not. What a run may touch of its
// process stands in [streams]: the three streams, the environment, the clock,
// the log. This package is the only one that sees every other and the only one
// that wires, renders and exits.
//
// Stdout carries the result and nothing else, through a [sink] for each -o.
// Errors carry a [class], which main, and nobody else, turns into an exit code.
//
// For example, `ttpctl validate rules/ttp`: root settles the flags (command
// line, environment, config file), [runValidate] reads the directory, compiles
// it and writes the diagnostics, and exitCode makes errNo a 1.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/term"

	"ttpctl/internal/attack"
	"ttpctl/internal/collector"
)

//go:generate go test -run ^(TestReference|TestShownOutput)$ -update

func main() {
	collector.PutOff()
	// A closed pipe is an error of the write that meets it (exit 0), not a
	// signal that kills half-way through.
	signal.Ignore(syscall.SIGPIPE)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ctx := interruptible(context.Background(), signals, func(s syscall.Signal) {
		os.Exit(signalCode(s))
	})
	s := processStreams()
	s.hold = func() func() {
		signal.Ignore(os.Interrupt)
		return func() { signal.Notify(signals, os.Interrupt) }
	}
	os.Exit(exitCode(execute(ctx, s, os.Args[1:])))
}

// processStreams returns the streams of this process.
func processStreams() *streams {
	return &streams{
		in:       os.Stdin,
		out:      stream{Writer: os.Stdout, tty: term.IsTerminal(int(os.Stdout.Fd()))},
		err:      stream{Writer: os.Stderr, tty: term.IsTerminal(int(os.Stderr.Fd()))},
		lookup:   os.LookupEnv,
		environ:  os.Environ,
		now:      time.Now,
		attack:   sync.OnceValue(attack.Load),
		outlines: packOutlines,
	}
}

// oneSignal is within how long two signals are one: timeout(1) sends its signal
// to the process, and at once again to the group that it is in.
const oneSignal = 100 * time.Millisecond

// interruptible returns a context that the first signal cancels, with the
// signal as its cause, so that the work in hand is finished and reported. The
// second one calls stop. Its goroutine lives as long as the process.
func interruptible(ctx context.Context, signals <-chan os.Signal, stop func(syscall.Signal)) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		cancel(&signalError{asSignal(<-signals)})
		first, second := time.Now(), <-signals
		for time.Since(first) < oneSignal {
			second = <-signals
		}
		stop(asSignal(second))
	}()
	return ctx
}

func asSignal(s os.Signal) syscall.Signal {
	if s, ok := s.(syscall.Signal); ok {
		return s
	}
	return syscall.SIGINT
}

// signalError is the cause of a context that a signal cancelled.
type signalError struct{ signal syscall.Signal }

func (e *signalError) Error() string { return fmt.Sprintf("stopped by %v", e.signal) }

func signalCode(s syscall.Signal) int { return 128 + int(s) }

// exitCode is the one place that turns an error into an exit code.
func exitCode(err error) int {
	var sig *signalError
	if errors.As(err, &sig) {
		return signalCode(sig.signal)
	}
	switch worst(err) {
	case classDone:
		return 0
	case classWarnings:
		return 3
	case classNo:
		return 1
	case classSetup:
		return 2
	default:
		return 4
	}
}
