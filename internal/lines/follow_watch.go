package lines

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// A logWatch pokes when something happens to a log or to one of its rotations.
// Where the system has no events to give, nothing happens: whoever waits looks
// from time to time as well. It belongs to one goroutine. A nil logWatch never
// pokes.
type logWatch struct {
	dir, base string
	pokes     chan struct{} // holds one poke

	fsw     *fsnotify.Watcher // nil while there is none
	watched os.FileInfo       // the directory that fsw watches
	checked time.Time
	wg      sync.WaitGroup
}

// checkWatch is how often a watch makes sure that its directory is still the
// one of that name.
const checkWatch = 2 * time.Second

func newLogWatch(path string) *logWatch {
	w := &logWatch{dir: filepath.Dir(path), base: filepath.Base(path), pokes: make(chan struct{}, 1)}
	w.refresh()
	return w
}

// happened returns what can be received from once something has happened.
func (w *logWatch) happened() <-chan struct{} {
	if w == nil {
		return nil
	}
	if time.Since(w.checked) > checkWatch {
		w.refresh()
	}
	return w.pokes
}

// refresh sees to it that the directory is watched which has the name now.
func (w *logWatch) refresh() {
	w.checked = time.Now()
	info, err := os.Stat(w.dir)
	if err != nil || w.fsw != nil && os.SameFile(info, w.watched) && len(w.fsw.WatchList()) > 0 {
		return
	}
	w.close()
	fsw, err := fsnotify.NewWatcher()
	if err != nil {
		return
	}
	if err := fsw.Add(w.dir); err != nil {
		fsw.Close()
		return
	}
	w.fsw, w.watched = fsw, info
	w.wg.Go(func() { w.forward(fsw) })
}

// forward turns events into pokes until fsw is closed. After an error, such as
// an overflow of the kernel's queue, looking again is the answer too.
func (w *logWatch) forward(fsw *fsnotify.Watcher) {
	for {
		select {
		case e, ok := <-fsw.Events:
			if !ok {
				return
			}
			if strings.HasPrefix(filepath.Base(e.Name), w.base) {
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

func (w *logWatch) poke() {
	select {
	case w.pokes <- struct{}{}:
	default:
	}
}

// close ends the events and waits for their goroutine.
func (w *logWatch) close() {
	if w == nil || w.fsw == nil {
		return
	}
	w.fsw.Close()
	w.wg.Wait()
	w.fsw, w.watched = nil, nil
}
