package worker

import (
	"cmp"
	"context"
	"errors"
	"io/fs"

	"ttpctl/internal/ingest"
	"ttpctl/internal/lines"
)

// A Finder makes feeds of the logs that patterns name, as they appear. A file
// that was found in a directory, or by a glob, is a log once its first lines
// look like one; others are left out, and told once.
type Finder struct {
	Logs    *lines.Logs
	Ingest  ingest.Config // how they are read
	Once    bool          // those there are now, to the end that they have now
	Notify  func(lines.Notice)
	LeftOut func(path, why string)

	looks  int // 0 = maxLooks
	unsure []unsureLog
}

// An unsureLog was found, and does not look like a log so far.
type unsureLog struct {
	lines.Log
	looks int // that are left
}

// maxLooks is how often a file is looked at, about a second apart, before it is
// left out: its first line may not have been whole.
const maxLooks = 10

// Feed sends the feeds until ctx ends, or with Once all there are.
func (f *Finder) Feed(ctx context.Context, feeds chan<- Feed) error {
	fresh := f.Logs.Look()
	for {
		for _, feed := range f.sift(ctx, fresh) {
			select {
			case feeds <- feed:
			case <-ctx.Done():
				return nil
			}
		}
		if f.Once {
			return nil
		}
		var err error
		if fresh, err = f.Logs.Next(ctx, len(f.unsure) > 0); err != nil {
			return nil // ctx has ended
		}
	}
}

// sift returns the feeds of the logs among those that were found.
func (f *Finder) sift(ctx context.Context, fresh []lines.Log) (feeds []Feed) {
	all := f.unsure
	f.unsure = nil
	for _, l := range fresh {
		all = append(all, unsureLog{l, cmp.Or(f.looks, maxLooks)})
	}
	for _, l := range all {
		if why := f.doubt(ctx, l.Log); why == nil {
			feeds = append(feeds, f.feed(l.Log))
		} else if l.looks -= spent(why); l.looks > 0 && !f.Once {
			f.unsure = append(f.unsure, l)
		} else {
			f.LeftOut(l.Path, why.Error())
		}
	}
	return feeds
}

// spent returns how much of the patience with a file a look costs: one without
// lines may become a log at any time.
func spent(why error) int {
	if errors.Is(why, ingest.ErrEmpty) {
		return 0
	}
	return 1
}

// doubt returns why l may be no log.
func (f *Finder) doubt(ctx context.Context, l lines.Log) error {
	if l.Named {
		return nil
	}
	err := ingest.Recognise(ctx, ingest.Input{Name: l.Path}, f.Ingest)
	if l.Rotated && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, ingest.ErrEmpty)) {
		return nil // it was rotated a moment ago
	}
	return err
}

func (f *Finder) feed(l lines.Log) Feed {
	follow := &lines.Follow{Once: f.Once, Rotations: l.Rotations, Notify: f.Notify}
	return Feed{Source: "file:" + l.Path, Input: ingest.Input{Name: l.Path, Follow: follow}}
}
