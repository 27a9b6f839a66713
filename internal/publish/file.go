package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"ttpctl/internal/hint"
	"ttpctl/internal/lines"
	"ttpctl/internal/store"
)

// openJSONLines returns tags as JSON Lines in a file, "" = on stdout.
func openJSONLines(path string, o Options) (Output, error) {
	return openText("jsonl", path, newJSONLines, o)
}

// openCSV returns tags as CSV in a file, "" = on stdout.
func openCSV(path string, o Options) (Output, error) { return openText("csv", path, newCSVRows, o) }

func openText(kind, path string, newForm func(continued bool) form, o Options) (Output, error) {
	if path == "" {
		return &streamOutput{name: kind + " stdout", w: o.Stdout, form: newForm(false)}, nil
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("output %s: %w", path, err)
	}
	f := &fileOutput{name: kind + " " + abs, path: abs, newForm: newForm}
	// A pipe that nobody reads yet is opened again with each Send.
	if err := f.open(); err != nil && !errors.Is(err, syscall.ENXIO) {
		return nil, err
	}
	return f, nil
}

// A streamOutput writes to a stream that cannot be opened again. When its reader
// goes away, it fails from then on.
type streamOutput struct {
	name string
	w    io.Writer
	form form
	page page
	torn error // why the stream ended midway
}

func (s *streamOutput) Name() string { return s.name }
func (s *streamOutput) Close() error { return nil }

// Send implements [Output]. A reader that takes nothing holds it up until ctx
// ends, and is then left to the end of the process.
func (s *streamOutput) Send(ctx context.Context, _ string, ms []store.Message) (int, error) {
	if s.torn != nil {
		return 0, s.torn
	}
	if err := s.page.fill(s.form, ms); err != nil {
		return 0, err
	}
	if s.page.text.Len() == 0 {
		return len(ms), nil
	}
	n, err := lines.Await(ctx, func() (int, error) { return s.w.Write(s.page.text.Bytes()) })
	if err == nil {
		return len(ms), nil
	}
	s.torn = fmt.Errorf("output %s: %w", s.name, hint.PathReason(err))
	done, _ := s.page.whole(n)
	return done, s.torn
}

// A fileOutput appends to a file, a device or a named pipe. A regular file holds
// whole lines, whatever fails, and is on the disk before anything counts as sent.
type fileOutput struct {
	name, path string
	newForm    func(continued bool) form

	mu      sync.Mutex
	f       *os.File // nil = it is opened with the next Send
	form    form
	page    page
	regular bool
	dirty   bool  // something was written since the last sync
	lost    error // why a file that was closed may not be on the disk
}

func (o *fileOutput) Name() string { return o.name }

// open opens the file. The caller holds the lock, or is the only one yet.
func (o *fileOutput) open() error {
	flags := os.O_RDWR | os.O_APPEND | os.O_CREATE
	info, err := os.Stat(o.path)
	if o.regular = err != nil || info.Mode().IsRegular(); !o.regular {
		flags = os.O_WRONLY | syscall.O_NONBLOCK // a pipe without a reader is an error then, and no wait
	}
	f, err := os.OpenFile(o.path, flags, 0o600)
	if err != nil {
		return o.fault(err)
	}
	continued := false
	if o.regular {
		continued, err = endLine(f)
	}
	if err != nil {
		f.Close()
		return o.fault(err)
	}
	o.f, o.form = f, o.newForm(continued)
	return nil
}

// endLine ends the line that a crash tore off, so that the next does not become
// part of it, and reports whether f holds anything.
func endLine(f *os.File) (some bool, err error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return false, err
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, info.Size()-1); err != nil || last[0] == '\n' {
		return true, err
	}
	_, err = f.Write([]byte("\n"))
	return true, err
}

// Send implements [Output].
func (o *fileOutput) Send(ctx context.Context, _ string, ms []store.Message) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.f == nil {
		if err := o.open(); err != nil {
			return 0, err
		}
	}
	if err := o.page.fill(o.form, ms); err != nil {
		return 0, err
	}
	if o.page.text.Len() == 0 {
		return len(ms), nil
	}
	if !o.regular { // a pipe waits for its reader; an error ends that
		stop := context.AfterFunc(ctx, func() { o.f.SetWriteDeadline(time.Unix(1, 0)) })
		defer stop()
	}
	n, err := o.f.Write(o.page.text.Bytes())
	o.dirty = o.dirty || n > 0
	if err == nil {
		return len(ms), nil
	}
	done, end := o.page.whole(n)
	o.giveUp(int64(n - end))
	return done, o.fault(err)
}

// giveUp closes the file after a write that failed, less the torn bytes that it
// left at the end.
func (o *fileOutput) giveUp(torn int64) {
	if info, err := o.f.Stat(); o.regular && err == nil && torn > 0 {
		// If this fails, too, the line is ended when the file is opened.
		_ = o.f.Truncate(info.Size() - torn)
	}
	_ = o.close()
}

// close closes the file, with all of it on the disk. The caller holds the lock.
func (o *fileOutput) close() error {
	if o.f == nil {
		return nil
	}
	err := o.sync()
	if e := o.f.Close(); err == nil && e != nil {
		err = o.fault(e)
	}
	o.f, o.dirty, o.lost = nil, false, err
	return err
}

func (o *fileOutput) sync() error {
	if !o.dirty || !o.regular {
		return nil
	}
	if err := o.f.Sync(); err != nil {
		return o.fault(err)
	}
	o.dirty = false
	return nil
}

// Sync has what was sent on the disk.
func (o *fileOutput) Sync(context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	err := o.lost
	if o.lost = nil; err != nil || o.f == nil {
		return err
	}
	return o.sync()
}

// Reopen closes the file and opens what has its name now.
func (o *fileOutput) Reopen() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.close(); err != nil {
		return err
	}
	return o.open()
}

// Close implements [Output].
func (o *fileOutput) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.close()
}

func (o *fileOutput) fault(err error) error {
	return fmt.Errorf("output %s: %w", o.name, hint.PathReason(err))
}
