package sqlite

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A dsn names a database file and how a pool opens it. modernc.org/sqlite runs
// each _pragma on every connection it opens, busy_timeout first.
type dsn struct {
	path      string // absolute
	busy      time.Duration
	write     bool // WAL, transactions that lock at their start
	full      bool // synchronous FULL, not NORMAL
	readOnly  bool // the file must not be written, mode=ro
	immutable bool // nobody writes it: no locks, no -shm
}

func (d dsn) String() string {
	q := url.Values{}
	synchronous := "synchronous(NORMAL)"
	if d.full {
		synchronous = "synchronous(FULL)"
	}
	pragmas := []string{
		"busy_timeout(" + strconv.FormatInt(d.busy.Milliseconds(), 10) + ")",
		"foreign_keys(1)",
		synchronous,
	}
	switch {
	case d.write:
		// 32 MiB: with SQLite's 2 MiB a batch of tags spills its pages before
		// it commits, which costs a fifth.
		pragmas = append(pragmas, "journal_mode(WAL)", "cache_size(-32768)")
		q.Set("_txlock", "immediate")
	case d.readOnly:
		q.Set("mode", "ro")
	default:
		pragmas = append(pragmas, "journal_mode(WAL)", "query_only(1)")
	}
	if d.immutable {
		q.Set("immutable", "1")
	}
	q["_pragma"] = pragmas
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(d.path), RawQuery: q.Encode()}
	return u.String()
}

// absolute returns path as DSNs take it.
func absolute(path string) (string, error) {
	if path == "" || strings.ContainsRune(path, 0) {
		return "", fmt.Errorf("database path %q is no file name", path)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("database path: %w", err)
	}
	return abs, nil
}

// DefaultPath returns where the database is when nobody names one. env looks
// up environment variables, as os.Getenv does.
func DefaultPath(env func(string) string) (string, error) {
	state := env("XDG_STATE_HOME")
	if !filepath.IsAbs(state) { // relative ones are invalid (XDG Base Directory 0.8)
		home := env("HOME")
		if home == "" {
			return "", fmt.Errorf("no place for the database: neither XDG_STATE_HOME nor HOME is set; name one with --db")
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "ttpctl", "ttpctl.db"), nil
}
