package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ttpctl/internal/lines"
)

// Prepare returns inputs in the order in which to read them: files of one
// sensor by the time of their first line, so that `cowrie.json` comes behind
// the older `cowrie.json.2018-05-06`. They share out among themselves the
// places that they hold in inputs; everything else keeps its place, and with
// cfg.NoSort all do. A file that cannot be opened is an error; all of them
// are reported.
func Prepare(inputs []Input, cfg Config) ([]Input, error) {
	cfg = cfg.withDefaults()
	if err := CheckFormat(cfg.Format); err != nil {
		return nil, err
	}
	inputs = slices.Clone(inputs)
	var errs []error
	sensors := make(map[string][]placed)
	for i, in := range inputs {
		if in.Reader != nil {
			continue
		}
		regular, err := lines.Readable(in.Name)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", in.Name, err))
			continue
		}
		if cfg.NoSort || !regular {
			continue
		}
		if sensor, at, ok := startOf(in, cfg); ok {
			sensors[sensor] = append(sensors[sensor], placed{i, at, in})
		}
	}
	for _, files := range sensors {
		places := make([]int, len(files))
		for k, f := range files {
			places[k] = f.place
		}
		slices.SortStableFunc(files, func(a, b placed) int {
			return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.place, b.place))
		})
		for k, f := range files {
			inputs[places[k]] = f.Input
		}
	}
	return inputs, errors.Join(errs...)
}

type placed struct {
	place int
	at    time.Time
	Input
}

// startOf returns what the file's sensor is known by, its log's name at least,
// and the time of the first of the first lines of the file that have them. What cannot be read or decompressed has none: Run will say so.
func startOf(in Input, cfg Config) (sensor string, at time.Time, ok bool) {
	s, err := in.Open(context.Background(), nil)
	if err != nil {
		return "", time.Time{}, false
	}
	defer s.Close()
	b := &Batch{}
	b.fill(lines.NewCutter(s, peekLine))
	table := formats()
	f := formatOf(table, cfg.Format, b)
	if f == nil || f.start == nil {
		return "", time.Time{}, false
	}
	for i := range min(len(b.lines), sniffLines) {
		if sensor, at, ok = f.start(b.raw(i)); ok {
			if sensor == "" {
				sensor = lines.LogName(in.Name)
			}
			return f.name + " " + sensor, at, true
		}
	}
	return "", time.Time{}, false
}

// peekLine is the longest line, in bytes, that is looked at for the order of
// files.
const peekLine = 1 << 20
