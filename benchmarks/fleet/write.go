package main

import (
	"bufio"
	"io"
	"os"

	"ttpctl/benchmarks/traffic"
)

// write writes the logs, a file for each process, and returns how many events are in
// them.
func (r *run) write() (events int, err error) {
	sample, err := traffic.Read(r.sample)
	if err != nil {
		return 0, err
	}
	var logs []io.Writer
	var buffers []*bufio.Writer
	for p := range r.processes {
		f, err := os.Create(r.log(p))
		if err != nil {
			return 0, err
		}
		defer f.Close()
		w := bufio.NewWriterSize(f, 1<<20)
		logs, buffers = append(logs, w), append(buffers, w)
	}
	if events, err = sample.Write(traffic.Shape{Lines: r.events, Sensors: r.sensors, Guesses: r.guesses}, logs...); err != nil {
		return 0, err
	}
	for _, w := range buffers {
		if err := w.Flush(); err != nil {
			return 0, err
		}
	}
	return events, nil
}
