package api

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"ttpctl/internal/lines"
)

// A keyHash is the SHA-256 of an Idempotency-Key, or of the body that came with
// one.
type keyHash [32]byte

// Bounds of what is remembered of keys: older ones are forgotten, and the oldest
// when there are more.
const (
	keepKeys = 24 * time.Hour
	maxKeys  = 1 << 17
)

// Keys remember what was answered under which Idempotency-Key. They are safe for
// concurrent use.
//
// The events of a request carry its key into the spool: that a key was used is
// as durable as its events, however this process ends. The file of Keys holds the
// answers, and the keys whose events have left the spool; it is written
// before a request is answered and synced before a segment goes.
type Keys struct {
	path string
	now  func() time.Time

	// appending is held for reading while a key is in the spool and not in the
	// file yet, and for writing when segments leave.
	appending sync.RWMutex

	mu      sync.Mutex
	file    *os.File         // nil = nothing was written yet
	written int              // records in file
	unfiled map[keyHash]bool // those of known that file does not have
	known   map[keyHash]*answered
	busy    map[keyHash]bool // a request under the key is being taken in
	order   []keyHash        // of known, the oldest first
}

// An answered is what was answered under a key.
type answered struct {
	body keyHash
	at   time.Time
	new  int64 // tags, or notJudged
}

// notJudged is the number of new tags of events that were not judged in time.
const notJudged = -1

// tags returns the number of new tags, nil = it was not known.
func (a *answered) tags() *int {
	if a.new == notJudged {
		return nil
	}
	return new(int(a.new))
}

// OpenKeys reads the keys that a file holds, if it exists. It writes nothing yet:
// the file may be another process's, which the spool finds out.
func OpenKeys(path string, now func() time.Time) (*Keys, error) {
	k := &Keys{path: path, now: now, known: map[keyHash]*answered{}, busy: map[keyHash]bool{}, unfiled: map[keyHash]bool{}}
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for len(text) >= keyRecordBytes {
		r, ok := parseKeyRecord(text)
		if !ok {
			break // a crash tore the end off: what follows was answered to nobody
		}
		k.remember(r)
		text = text[keyRecordBytes:]
	}
	return k, nil
}

// Seen takes the meta data of an entry that is in the spool (spool.Options).
func (k *Keys) Seen(meta []byte, _ lines.Cursor) {
	r, ok := parseKeyRecord(meta)
	if !ok {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known[r.key] == nil {
		k.remember(r)
	}
}

// Leaving makes the keys durable whose entries leave the spool (spool.Options).
func (k *Keys) Leaving() error {
	k.appending.Lock()
	defer k.appending.Unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.expire()
	const slack = 1024
	if k.file == nil || len(k.unfiled) > 0 || k.written > 2*len(k.known)+slack {
		return k.rewrite()
	}
	return k.file.Sync()
}

// Close lets go of the file.
func (k *Keys) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.file == nil {
		return nil
	}
	return errors.Join(k.file.Sync(), k.file.Close())
}

// begin asks whether a request with that key and body may be taken in. known is
// what it was answered before; otherwise end is called once it is in the spool,
// or is not.
func (k *Keys) begin(key, body keyHash) (known *answered, end func(stored bool), err error) {
	k.appending.RLock() // before mu, as everywhere
	if known, err = k.reserve(key, body); known != nil || err != nil {
		k.appending.RUnlock()
		return known, nil, err
	}
	return nil, func(stored bool) { k.stored(key, body, stored) }, nil
}

// reserve notes that a request under key is being taken in, unless there was one
// before.
func (k *Keys) reserve(key, body keyHash) (*answered, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.expire()
	if k.busy[key] {
		return nil, failure(http.StatusConflict, "a request under this Idempotency-Key is being answered").retry("1")
	}
	a := k.known[key]
	if a != nil && a.body != body {
		return nil, failure(http.StatusUnprocessableEntity, "another body came under this Idempotency-Key before").help("a new request needs a new key")
	}
	if a == nil {
		k.busy[key] = true
	}
	return a, nil
}

// stored ends what begin began.
func (k *Keys) stored(key, body keyHash, stored bool) {
	defer k.appending.RUnlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	if !stored {
		delete(k.busy, key)
		return
	}
	k.remember(keyRecord{key: key, body: body, at: k.now(), tags: notJudged})
}

// answered notes what is answered under a key that is stored.
func (k *Keys) answered(key keyHash, tags *int) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.busy, key)
	a := k.known[key]
	if a == nil {
		return nil // so many others came meanwhile
	}
	if tags != nil {
		a.new = int64(*tags)
	}
	if k.file == nil {
		return k.rewrite()
	}
	if _, err := k.file.Write(keyRecord{key, a.body, a.at, a.new}.append(nil)); err != nil {
		return fmt.Errorf("keeping keys: %w", err)
	}
	k.written++
	delete(k.unfiled, key)
	return nil
}

// remember notes a record, the last of its key.
func (k *Keys) remember(r keyRecord) {
	if k.known[r.key] == nil {
		at := len(k.order) // those of the spool may be older than those of the file
		for at > 0 && k.known[k.order[at-1]].at.After(r.at) {
			at--
		}
		k.order = slices.Insert(k.order, at, r.key)
	}
	k.known[r.key] = &answered{r.body, r.at, r.tags}
	k.unfiled[r.key] = true
}

// expire forgets what is too old, or too much.
func (k *Keys) expire() {
	before := k.now().Add(-keepKeys)
	n := 0
	for n < len(k.order) && (len(k.order)-n > maxKeys || k.known[k.order[n]].at.Before(before)) {
		delete(k.known, k.order[n])
		delete(k.unfiled, k.order[n])
		n++
	}
	k.order = slices.Delete(k.order, 0, n)
}

// rewrite replaces the file by one of what is known, durably.
func (k *Keys) rewrite() error {
	var all []byte
	for _, key := range k.order {
		a := k.known[key]
		all = keyRecord{key, a.body, a.at, a.new}.append(all)
	}
	next := k.path + ".new"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, bytes.NewReader(all))
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(next, k.path)
	}
	if err != nil {
		return fmt.Errorf("keeping keys: %w", errors.Join(err, f.Close()))
	}
	if k.file != nil {
		k.file.Close() // its name is another's
	}
	k.file, k.written = f, len(k.known)
	clear(k.unfiled)
	return nil
}

// A keyRecord is one key as it is kept: key, body, time in milliseconds, new
// tags, and the checksum of these.
type keyRecord struct {
	key, body keyHash
	at        time.Time
	tags      int64
}

const keyRecordBytes = 2*32 + 2*8 + 4

func (r keyRecord) append(dst []byte) []byte {
	begin := len(dst)
	dst = append(append(dst, r.key[:]...), r.body[:]...)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(r.at.UnixMilli()))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(r.tags))
	return binary.LittleEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[begin:]))
}

func parseKeyRecord(b []byte) (r keyRecord, ok bool) {
	if len(b) < keyRecordBytes {
		return r, false
	}
	body := b[:keyRecordBytes-4]
	copy(r.key[:], body)
	copy(r.body[:], body[32:])
	r.at = time.UnixMilli(int64(binary.LittleEndian.Uint64(body[64:])))
	r.tags = int64(binary.LittleEndian.Uint64(body[72:]))
	return r, binary.LittleEndian.Uint32(b[len(body):]) == crc32.ChecksumIEEE(body)
}
