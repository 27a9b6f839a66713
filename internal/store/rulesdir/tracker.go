package rulesdir

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"maps"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/sorting"
	"ttpctl/internal/store"
)

const (
	// settle is how long a file must stand still before it is read.
	settle = 50 * time.Millisecond
	// storm is how long motion elsewhere in the directory may hold back a
	// deletion: a directory that is being filled again is not yet without the
	// files that still miss.
	storm = 2 * time.Second
	// holdback is how much longer a file that does not end in a newline must
	// stand still: a torn save often still parses.
	holdback = 2 * time.Second
	// racy is how old a file must be when it is read for its stamp to vouch
	// for its bytes: the coarsest mtime in use (FAT) has steps of 2 s.
	racy = 2 * time.Second
	// goneRetry is the time between two looks for a directory that cannot be
	// listed.
	goneRetry = time.Second
)

// A tracker finds what changed in a directory from one look to the next. It
// holds no timer and belongs to one goroutine.
type tracker struct {
	files   files
	dir     string // as notices name it
	now     func() time.Time
	notices *store.Notices

	inForce map[string]*inForce
	moving  map[string]*moving
	failing map[string]bool // files that could not be read
	looked  bool
}

// inForce is a file's content as it was last believed.
type inForce struct {
	hash  [sha256.Size]byte
	stamp stamp
	since time.Time // the stamp stands since
	read  time.Time
}

// moving is a file whose stamp is not that of the content in force.
type moving struct {
	stamp  stamp
	absent bool
	since  time.Time // it stands still since
}

func newTracker(f files, dir string, now func() time.Time, n *store.Notices) *tracker {
	return &tracker{
		files: f, dir: dir, now: now, notices: n,
		inForce: map[string]*inForce{}, moving: map[string]*moving{}, failing: map[string]bool{},
	}
}

// look lists the directory and returns the changes, in name order, and how
// soon it must look again to settle what is in motion (0 = nothing is). deep
// reads every file, whatever its stamp says.
func (t *tracker) look(deep bool) (changes []store.RuleChange, again time.Duration) {
	sights, err := t.files.list()
	if !t.notices.Tell(t.dir, err) {
		clear(t.moving) // what was absent or half written then says nothing later
		return nil, goneRetry
	}
	l := &looking{tracker: t, now: t.now(), deep: deep, listed: make(map[string]bool, len(sights))}
	for _, s := range sights {
		l.listed[s.name] = true
		l.file(s)
	}
	l.absences()
	t.looked = true
	sorting.By(l.changes, func(a, b store.RuleChange) int { return store.ByName(a.Source, b.Source) })
	return l.changes, l.again
}

// looking is one look.
type looking struct {
	*tracker
	now     time.Time
	deep    bool
	listed  map[string]bool
	motion  bool // some file did not stand still over the settle window
	changes []store.RuleChange
	again   time.Duration
}

// file decides what to do about one file of the listing.
func (l *looking) file(s sight) {
	if s.err != nil {
		l.fail(s.name, s.err)
		return
	}
	since, certain := l.stillSince(s)
	if certain {
		l.recover(s.name)
		return
	}
	if wait := settle - l.now.Sub(since); wait > 0 {
		l.motion = true
		l.waitFor(wait)
		return
	}
	data, after, err := l.files.read(s.name)
	switch {
	case errors.Is(err, fs.ErrNotExist): // the next listing tells
		l.waitFor(settle)
	case err != nil:
		l.fail(s.name, err)
	case !after.equal(s.stamp):
		l.move(s.name, after)
	default:
		l.recover(s.name)
		l.believe(s, since, data)
	}
}

// stillSince returns since when the file stands still as it is; certain means
// that its stamp vouches for the content in force.
func (l *looking) stillSince(s sight) (since time.Time, certain bool) {
	if f := l.inForce[s.name]; f != nil && f.stamp.equal(s.stamp) {
		delete(l.moving, s.name)
		return f.since, !l.deep && f.read.Sub(s.stamp.mtime) > racy
	}
	m := l.moving[s.name]
	if m == nil || m.absent || !m.stamp.equal(s.stamp) {
		m = &moving{stamp: s.stamp, since: l.now}
		// At the first look nothing was seen before, and the mtime is all
		// there is to go by.
		if !l.looked && s.stamp.mtime.Before(l.now) {
			m.since = s.stamp.mtime
		}
		l.moving[s.name] = m
	}
	return m.since, false
}

// believe puts data in force unless it is there already or looks torn.
func (l *looking) believe(s sight, since time.Time, data []byte) {
	f := l.inForce[s.name]
	hash := sha256.Sum256(data)
	changed := f == nil || f.hash != hash
	if changed && f != nil && f.stamp.equal(s.stamp) {
		// Rewritten under the same stamp: nobody knows since when it stands.
		f.stamp = stamp{size: -1}
		l.move(s.name, s.stamp)
		return
	}
	if changed && !endsLine(data) {
		if wait := settle + holdback - l.now.Sub(since); wait > 0 {
			l.waitFor(wait)
			return
		}
	}
	delete(l.moving, s.name)
	l.inForce[s.name] = &inForce{hash: hash, stamp: s.stamp, since: since, read: l.now}
	if changed {
		l.changes = append(l.changes, store.RuleChange{Op: store.Put, Source: engine.Source{Name: s.name, Data: data}})
	}
}

// absences finds what the listing lacks: files in force, which are deleted
// once they are missing for long enough, and files of which nothing is kept.
func (l *looking) absences() {
	unlisted := func(name string) bool { return !l.listed[name] && l.inForce[name] == nil }
	maps.DeleteFunc(l.moving, func(name string, _ *moving) bool { return unlisted(name) })
	for name := range l.failing {
		if unlisted(name) {
			l.recover(name)
		}
	}
	for name := range l.inForce {
		if l.listed[name] {
			continue
		}
		m := l.moving[name]
		if m == nil || !m.absent {
			m = &moving{absent: true, since: l.now}
			l.moving[name] = m
		}
		gone := l.now.Sub(m.since)
		if gone < settle || l.motion && gone < storm {
			l.waitFor(settle)
			continue
		}
		l.recover(name)
		delete(l.moving, name)
		delete(l.inForce, name)
		l.changes = append(l.changes, store.RuleChange{Op: store.Delete, Source: engine.Source{Name: name}})
	}
}

// move notes that the file was just seen as s.
func (l *looking) move(name string, s stamp) {
	l.motion = true
	l.moving[name] = &moving{stamp: s, since: l.now}
	l.waitFor(settle)
}

func (l *looking) waitFor(d time.Duration) {
	if l.again == 0 || d < l.again {
		l.again = d
	}
}

// fail keeps what is in force of a file that cannot be read; its next event or
// the next deep look tries again.
func (l *looking) fail(name string, err error) {
	l.failing[name] = true
	l.notices.Tell(name, err)
}

func (l *looking) recover(name string) {
	if l.failing[name] {
		delete(l.failing, name)
		l.notices.Tell(name, nil)
	}
}

func endsLine(data []byte) bool { return len(data) > 0 && data[len(data)-1] == '\n' }
