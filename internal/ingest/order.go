package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
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
		regular, err := readable(in.Name)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", in.Name, err))
			continue
		}
		if cfg.NoSort || !regular {
			continue
		}
		if sensor, at, ok := in.start(cfg); ok {
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

// readable returns an error unless the file at path can be read. What is no
// regular file is not tried: opening a pipe and closing it again would break
// its writer.
func readable(path string) (regular bool, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return false, reasonOf(err)
	case !info.IsDir() && !info.Mode().IsRegular():
		return false, nil
	}
	f, err := openFile(path)
	if err != nil {
		return false, err
	}
	return true, f.Close()
}

type placed struct {
	place int
	at    time.Time
	Input
}

// start returns what the file's sensor is known by, its log's name at least,
// and the time of the first of the first lines of the file that have them. What cannot be read or decompressed has none: Run will say so.
func (in Input) start(cfg Config) (sensor string, at time.Time, ok bool) {
	s, err := in.open(context.Background(), func(int) {})
	if err != nil {
		return "", time.Time{}, false
	}
	defer s.close()
	b := &Batch{}
	newSplitter(s.Reader, peekLine, false).fill(b)
	table := formats()
	f := formatOf(table, cfg.Format, b)
	if f == nil || f.start == nil {
		return "", time.Time{}, false
	}
	for i := range min(len(b.lines), sniffLines) {
		if sensor, at, ok = f.start(b.raw(i)); ok {
			if sensor == "" {
				sensor = logName(in.Name)
			}
			return f.name + " " + sensor, at, true
		}
	}
	return "", time.Time{}, false
}

// peekLine is the longest line, in bytes, that is looked at for the order of
// files.
const peekLine = 1 << 20
