package ingest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"ttpctl/internal/event"
	"ttpctl/internal/hint"
	"ttpctl/internal/lines"
)

// maxMessage is how much of a stored message is read, and how long the text
// that is made of it may be, in bytes.
const maxMessage = 10 << 20

// A mailbox is a directory of stored messages, DIR/<decky_id>/<stored_as>. It
// is safe for concurrent use.
type mailbox struct {
	root   *os.Root // refuses whatever leads out of the directory
	fields mailFields
}

type mailFields struct{ body, list, decky, stored event.FieldID }

func newMailFields() mailFields {
	const k = event.KindEmail
	return mailFields{fieldOf(k, "body_text"), fieldOf(k, "list_message"), fieldOf(k, "decky_id"), fieldOf(k, "stored_as")}
}

// openMailbox returns the mailbox at dir, or nil when there is none or fields
// has nothing that a message would tell.
func openMailbox(dir string, fields *event.FieldSet) (*mailbox, error) {
	f := newMailFields()
	if dir == "" || !fields.Has(f.body) && !fields.Has(f.list) {
		return nil, nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("artifacts %s: %w", dir, hint.PathReason(err))
	}
	return &mailbox{root, f}, nil
}

func (m *mailbox) close() {
	if m != nil {
		m.root.Close()
	}
}

// A postman fetches messages from a mailbox, for one goroutine.
type postman struct {
	box *mailbox
	buf []byte
}

// deliver gives an email event what only its message holds, until take. When
// nothing was read although the event needs it, why says so.
func (p *postman) deliver(ev *event.Event) (read bool, why string) {
	f := &p.box.fields
	_, hasBody := ev.Text(f.body)
	_, hasList := ev.Flag(f.list)
	if hasBody && hasList {
		return false, ""
	}
	msg, err := p.fetch(ev)
	if err == nil && msg.list && !hasList {
		ev.Set(f.list, event.BoolValue(true))
	}
	switch {
	case hasBody:
		return err == nil, "" // what is missing is not much
	case err != nil:
		return false, hint.PathReason(err).Error()
	case !msg.hasText:
		return false, "the message holds no text"
	}
	ev.Set(f.body, event.StringValue(msg.text))
	return true, ""
}

// take lets go of the body: a batch must not hold many of them.
func (p *postman) take(ev *event.Event) {
	if ev.Value(p.box.fields.body) != nil {
		ev.Set(p.box.fields.body, event.StringValue(""))
	}
}

// Reasons for which a message is not read, besides those of the file system.
var (
	errNoName     = errors.New("the event names no stored message")
	errBadName    = errors.New("decky_id or stored_as leads out of the directory")
	errNotRegular = errors.New("not a regular file")
)

// fetch reads the message that ev names.
func (p *postman) fetch(ev *event.Event) (message, error) {
	name, err := p.box.path(ev)
	if err != nil {
		return message{}, err
	}
	// Opening a pipe must not wait for its writer.
	file, err := p.box.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return message{}, err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return message{}, errNotRegular
	}
	if p.buf, err = readUpTo(p.buf[:0], file, maxMessage); err != nil {
		return message{}, err
	}
	msg := readMessage(p.buf)
	if cap(p.buf) > lines.KeepBytes {
		p.buf = nil
	}
	return msg, nil
}

func readUpTo(buf []byte, r io.Reader, most int64) ([]byte, error) {
	r = io.LimitReader(r, most)
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return buf, err
		}
	}
}

// path returns the name of ev's message below the root.
func (m *mailbox) path(ev *event.Event) (string, error) {
	decky, ok := ev.Text(m.fields.decky)
	if !ok {
		decky = ev.DeckyID.Value
	}
	stored, _ := ev.Text(m.fields.stored)
	if decky == "" || stored == "" {
		return "", errNoName
	}
	if strings.ContainsAny(decky, `/\`) || decky == "." || decky == ".." || !filepath.IsLocal(stored) {
		return "", errBadName
	}
	return filepath.Join(decky, stored), nil
}
