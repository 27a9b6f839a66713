package rulesdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// eventlessPoll is the time between two looks when the kernel sends no events.
const eventlessPoll = time.Second

// A watcher pokes when something happens in a directory, or to it: the parent
// is watched too, for a directory that is replaced or comes back. Events are
// not interpreted. It belongs to one goroutine.
type watcher struct {
	dir   string // absolute
	open  func() (*fsnotify.Watcher, error)
	pokes chan struct{} // holds one poke

	fsw     *fsnotify.Watcher // nil while there is none
	watched fs.FileInfo       // the directory that fsw watches, nil = none
	retry   time.Time         // no new attempt before
	wg      sync.WaitGroup
}

func newWatcher(dir string) *watcher {
	return &watcher{dir: dir, open: fsnotify.NewWatcher, pokes: make(chan struct{}, 1)}
}

// errNoEvents says that changes are found by polling.
type errNoEvents struct{ cause error }

func (e errNoEvents) Error() string {
	msg := fmt.Sprintf("no change events, looking every %v: %v", eventlessPoll, e.cause)
	if errors.Is(e.cause, syscall.EMFILE) || errors.Is(e.cause, syscall.ENOSPC) {
		msg += " (raise fs.inotify.max_user_instances and max_user_watches)"
	}
	return msg
}

func (e errNoEvents) Unwrap() error { return e.cause }

// refresh sees to it that the directory is watched which stands under the
// path now. It returns an error while there are no events; the caller looks
// every eventlessPoll then.
func (w *watcher) refresh(now time.Time) error {
	info, err := os.Stat(w.dir)
	if err != nil {
		info = nil // the listing reports it
	}
	if w.covers(info) {
		return nil
	}
	if now.Before(w.retry) {
		return errRetryLater
	}
	w.close()
	if err := w.start(info); err != nil {
		w.close()
		w.retry = now.Add(checksumPoll)
		return errNoEvents{err}
	}
	return nil
}

var errRetryLater = errors.New("no change events yet")

// covers reports whether info's directory is watched. The kernel may give a
// new directory the inode of the old one; the old one's watch is gone then.
func (w *watcher) covers(info fs.FileInfo) bool {
	switch {
	case w.fsw == nil:
		return false
	case info == nil:
		return true // the parent will tell
	default:
		return w.watched != nil && os.SameFile(info, w.watched) && slices.Contains(w.fsw.WatchList(), w.dir)
	}
}

func (w *watcher) start(info fs.FileInfo) error {
	fsw, err := w.open()
	if err != nil {
		return err
	}
	w.fsw, w.watched = fsw, info
	around := []string{filepath.Dir(w.dir)}
	real, err := filepath.EvalSymlinks(w.dir)
	if err == nil && real != w.dir {
		around = append(around, filepath.Dir(real))
	} else {
		real = w.dir
	}
	for _, dir := range around {
		if err := fsw.Add(dir); err != nil && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if info != nil {
		if err := fsw.Add(w.dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	w.wg.Go(func() { w.forward(fsw, real) })
	return nil
}

// forward turns events into pokes until fsw is closed. Whatever an error is,
// an overflow of the kernel's queue included, looking again is the answer.
func (w *watcher) forward(fsw *fsnotify.Watcher, real string) {
	defer w.poke()
	for {
		select {
		case e, ok := <-fsw.Events:
			if !ok {
				return
			}
			if e.Name == w.dir || e.Name == real || filepath.Dir(e.Name) == w.dir {
				w.poke()
			}
		case _, ok := <-fsw.Errors:
			if !ok {
				return
			}
			w.poke()
		}
	}
}

func (w *watcher) poke() {
	select {
	case w.pokes <- struct{}{}:
	default:
	}
}

// close stops the events and waits for the goroutine.
func (w *watcher) close() {
	if w.fsw != nil {
		w.fsw.Close()
	}
	w.wg.Wait()
	w.fsw, w.watched = nil, nil
}
