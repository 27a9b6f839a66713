package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A spent is what a child process took.
type spent struct {
	wall, cpu time.Duration
	out       []byte
}

// limit is how long a contestant may take before it is out.
const limit = 150 * time.Second

var errSlow = errors.New("over " + limit.String())

// run runs a program to its end. Its output is kept when keep is set and thrown away
// otherwise, as by a reader who is never slow.
func run(keep bool, name string, args ...string) (s spent, err error) {
	ctx, stop := context.WithTimeout(context.Background(), limit)
	defer stop()
	cmd := exec.CommandContext(ctx, name, args...)
	var out, errs bytes.Buffer
	cmd.Stderr = &errs
	if keep {
		cmd.Stdout = &out
	} else {
		null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
		if err != nil {
			return s, err
		}
		defer null.Close()
		cmd.Stdout = null
	}
	began := time.Now()
	err = cmd.Run()
	s.wall = time.Since(began)
	if ctx.Err() != nil {
		return s, errSlow
	}
	if p := cmd.ProcessState; p != nil {
		s.cpu = p.UserTime() + p.SystemTime()
	}
	s.out = out.Bytes()
	if err != nil {
		err = fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, errs.Bytes())
	}
	return s, err
}

// cpuOfSelf returns the CPU time that this process has taken, in nanoseconds.
func cpuOfSelf() int64 {
	var ru syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &ru) != nil {
		return 0
	}
	return ru.Utime.Nano() + ru.Stime.Nano()
}

// A contest is one contestant on one task, which is run once a round.
type contest struct {
	name   string
	rounds int // at most
	run    func(add func(figure string, value float64)) error

	took time.Duration // the last time
	out  error         // why it does not run any more
}

// Figures are what was measured, by contest and figure, in the order of the rounds.
type figures map[string][]float64

// compete runs the contests in turn, forth and back, so that what a machine does
// meanwhile meets all of them alike, until all their rounds are done or the time is.
func compete(contests []*contest, until time.Time, log io.Writer) (figures, error) {
	all := figures{}
	most := 0
	for _, c := range contests {
		most = max(most, c.rounds)
	}
	for round := range most {
		order := slices.Clone(contests)
		if round%2 == 1 {
			slices.Reverse(order)
		}
		for _, c := range order {
			if round >= c.rounds || c.out != nil || round > 0 && time.Now().Add(c.took).After(until) {
				continue
			}
			began := time.Now()
			err := c.run(func(figure string, v float64) { all[c.name+" "+figure] = append(all[c.name+" "+figure], v) })
			c.took = time.Since(began)
			if errors.Is(err, errSlow) {
				c.out = err
				fmt.Fprintf(log, "%s: %v\n", c.name, err)
				continue
			}
			if err != nil {
				return all, fmt.Errorf("%s: %w", c.name, err)
			}
			fmt.Fprintf(log, "round %d: %s, %.1f s\n", round+1, c.name, c.took.Seconds())
		}
	}
	return all, nil
}

// median returns the middle value, and half the distance of the quartiles in percent
// of it; false when there is none.
func median(values []float64) (m, spread float64, ok bool) {
	if len(values) == 0 {
		return 0, 0, false
	}
	v := slices.Sorted(slices.Values(values))
	at := func(q float64) float64 {
		x := q * float64(len(v)-1)
		i := int(x)
		if i+1 == len(v) {
			return v[i]
		}
		return v[i] + (x-float64(i))*(v[i+1]-v[i])
	}
	m = at(0.5)
	if m > 0 {
		spread = 50 * (at(0.75) - at(0.25)) / m
	}
	return m, spread, true
}
