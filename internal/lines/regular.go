package lines

import (
	"fmt"
	"io"
	"io/fs"
)

// A steadyFile is a regular file that must not become shorter while it is
// read: a log that its rotation truncates would end early and seem complete.
type steadyFile struct {
	fs.File
	at   int64 // offset of the next read
	size int64 // the largest seen
}

// regularFile returns r as a steadyFile when it is a regular file, also where
// stdin is one.
func regularFile(r io.Reader) (*steadyFile, bool) {
	f, ok := r.(fs.File)
	if !ok {
		return nil, false
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, false
	}
	s := &steadyFile{File: f, size: info.Size()}
	if sk, ok := r.(io.Seeker); ok {
		// A file that cannot tell is read from its beginning.
		s.at, _ = sk.Seek(0, io.SeekCurrent)
	}
	return s, true
}

func (s *steadyFile) Read(p []byte) (int, error) {
	n, err := s.File.Read(p)
	s.at += int64(n)
	info, bad := s.File.Stat()
	if bad != nil {
		return n, err
	}
	now := info.Size()
	if now < s.size || now < s.at {
		return n, fmt.Errorf("truncated while it was read: it had %d bytes and now has %d; read up to byte %d", max(s.size, s.at), now, s.at)
	}
	s.size = now
	return n, err
}
