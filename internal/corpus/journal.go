package corpus

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"ttpctl/internal/hint"
)

// A Journal is the file of answers, to which each is appended as it is given.
// It is for one goroutine.
type Journal struct {
	Answers *Answers
	file    *os.File
}

// OpenJournal opens the journal called name, or makes it.
func OpenJournal(name string) (*Journal, error) {
	j, err := openJournal(name)
	path, ok := errors.AsType[*fs.PathError](err)
	switch {
	case ok && path.Op != "open":
		return nil, fmt.Errorf("answers %s: %w", name, path.Err)
	case ok:
		return nil, hint.Errorf("", "answers %s: %w", name, path.Err)
	case err != nil:
		return nil, hint.Errorf("", "%w", err)
	}
	return j, nil
}

func openJournal(name string) (*Journal, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("not a regular file")} // a pipe would wait for its writer
	}
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	answers, whole, err := ReadAnswers(name, file)
	if err == nil {
		err = file.Truncate(whole) // what a crash tore off is overwritten
	}
	if err == nil {
		_, err = file.Seek(whole, io.SeekStart)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return &Journal{answers, file}, nil
}

// Add appends an answer, waits until it is on the disk, and keeps it.
func (j *Journal) Add(a Answer) error {
	if err := j.Save(a); err != nil {
		return err
	}
	j.Answers.Set(a)
	return nil
}

// Save is Add for an answer that the caller keeps in Answers.
func (j *Journal) Save(a Answer) error {
	_, err := j.file.Write(AppendAnswer(nil, a))
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("answers: %w", err)
	}
	return nil
}

// Close removes a journal without an answer. A nil Journal is closed already.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}
	err := j.file.Close()
	if j.Answers.Len() == 0 {
		err = os.Remove(j.file.Name())
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
