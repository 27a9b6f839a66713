package ingest

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest/aggregate"
	"ttpctl/internal/lines"
)

// cowrieFormat is the row of Cowrie's JSON log (LIFTERS.md, Cowrie).
func cowrieFormat() format {
	return format{
		name:       "cowrie",
		about:      "Cowrie's JSON log",
		sniff:      func(s *sniffed) bool { return strings.HasPrefix(s.eventid, "cowrie.") },
		start:      cowrieStart,
		newDecoder: newCowrieDecoder,
		newAssembler: func(set *aggregate.Set, fields *event.FieldSet) assembler {
			return newCowrieSessions(set, fields, maxSessionBytes)
		},
	}
}

// A cowrieType is a type of line that is read.
type cowrieType uint8

const (
	cowrieIgnored cowrieType = iota
	cowrieConnect
	cowrieClosed
	cowrieInput
	cowrieLoginSuccess
	cowrieLoginFailed
	cowrieDownload
	cowrieDownloadFailed
	cowrieUpload
	cowrieProxyRequest
	cowrieProxyData
	cowrieVersion
	cowrieKex
	cowrieFingerprint
	cowrieParams
)

func cowrieTypeOf(eventid string) cowrieType {
	switch eventid {
	case "cowrie.session.connect":
		return cowrieConnect
	case "cowrie.session.closed":
		return cowrieClosed
	case "cowrie.command.input":
		return cowrieInput
	case "cowrie.login.success":
		return cowrieLoginSuccess
	case "cowrie.login.failed":
		return cowrieLoginFailed
	case "cowrie.session.file_download":
		return cowrieDownload
	case "cowrie.session.file_download.failed":
		return cowrieDownloadFailed
	case "cowrie.session.file_upload":
		return cowrieUpload
	case "cowrie.direct-tcpip.request":
		return cowrieProxyRequest
	case "cowrie.direct-tcpip.data":
		return cowrieProxyData
	case "cowrie.client.version":
		return cowrieVersion
	case "cowrie.client.kex":
		return cowrieKex
	case "cowrie.client.fingerprint":
		return cowrieFingerprint
	case "cowrie.session.params":
		return cowrieParams
	}
	return cowrieIgnored
}

// A cowrieRecord is what a line says, as far as it is used. A member of another
// type than expected is passed over.
type cowrieRecord struct {
	eventid  string
	typ      cowrieType
	session  string
	sensor   string
	ts       string // RFC 3339, "" = absent or no time
	at       time.Time
	srcIP    string
	protocol string
	system   string

	input       event.OptString
	sets        []newPassword // what input sets
	username    string
	password    event.OptString
	hasPassword bool // of any type: without one it is a login by key

	url, filename, destfile, shasum string
	stdin                           bool // the file is what was fed to a command
	size, duration                  number
	version, hassh, fingerprint     string
	arch                            string
	dstIP                           string
	dstPort                         number
}

// A number is one that a line may give.
type number struct {
	n     float64
	given bool
}

// A cowrieDecoder decodes lines tolerantly: a bad member that is not used
// costs nothing, and of a member given twice the last counts.
type cowrieDecoder struct {
	json *lines.JSON
	rec  *cowrieRecord
	kex  *kexReader // nil = nobody wants a hassh

	passwords passwordReader
}

func newCowrieDecoder(fields *event.FieldSet) decoder {
	d := &cowrieDecoder{json: lines.NewTolerantJSON()}
	if fields.Has(fieldOf(event.KindSession, "hassh")) {
		d.kex = &kexReader{list: lines.NewTolerantJSON()}
	}
	return d
}

// fieldOf is event.LookupField for names that stand in this program's text.
func fieldOf(k event.Kind, name string) event.FieldID {
	id, ok := event.LookupField(k, name)
	if !ok {
		panic("ingest: the field table lacks " + k.String() + " " + name)
	}
	return id
}

func (d *cowrieDecoder) decode(b *Batch, i int) (fate, string) {
	rec := &recordsOf[cowrieRecord](b)[i]
	if err := d.record(rec, b.raw(i), b.str(i)); err != nil {
		return rejected, lines.Reason(err, b.raw(i))
	}
	if rec.typ == cowrieIgnored {
		return ignored, rec.eventid
	}
	if why := rec.unusable(); why != "" {
		return rejected, why
	}
	if rec.typ == cowrieInput {
		rec.sets = d.passwords.of(rec.input.Value)
	}
	if d.kex != nil && rec.hassh == "" && (rec.typ == cowrieKex || rec.typ == cowrieVersion) {
		rec.hassh = d.kex.hassh(b.raw(i), b.str(i))
	}
	return pending, ""
}

var errNoEventID = errors.New("eventid is missing or not a string")

func (d *cowrieDecoder) record(rec *cowrieRecord, l []byte, text string) error {
	*rec = cowrieRecord{}
	d.rec = rec
	if d.kex != nil {
		d.kex.reset()
	}
	d.json.Reset(l, text)
	if err := d.json.Object(d.member); err != nil {
		return err
	}
	if rec.eventid == "" {
		return errNoEventID
	}
	rec.typ = cowrieTypeOf(rec.eventid)
	rec.ts, rec.at = normalTime(rec.ts)
	return nil
}

func (d *cowrieDecoder) member(name string) error {
	rec := d.rec
	switch name {
	case "eventid":
		return d.json.Text(&rec.eventid)
	case "session":
		return d.json.Text(&rec.session)
	case "sensor":
		return d.json.Text(&rec.sensor)
	case "timestamp":
		return d.json.Text(&rec.ts)
	case "src_ip":
		return d.json.Text(&rec.srcIP)
	case "protocol":
		return d.json.Text(&rec.protocol)
	case "system":
		return d.json.Text(&rec.system)
	case "input":
		return d.json.OptText(&rec.input)
	case "username":
		return d.json.Text(&rec.username)
	case "password":
		rec.hasPassword = true
		return d.json.OptText(&rec.password)
	}
	return d.rareMember(name)
}

// rareMember reads what few types of line hold.
func (d *cowrieDecoder) rareMember(name string) error {
	rec := d.rec
	switch name {
	case "url":
		return d.json.Text(&rec.url)
	case "filename":
		return d.json.Text(&rec.filename)
	case "destfile":
		return d.json.Text(&rec.destfile)
	case "shasum":
		return d.json.Text(&rec.shasum)
	case "message":
		raw, err := d.json.Raw()
		rec.stdin = strings.HasPrefix(raw, `"Saved stdin contents`)
		return err
	case "size":
		return d.number(&rec.size)
	case "duration":
		return d.number(&rec.duration)
	case "version":
		return d.json.Text(&rec.version)
	case "hassh":
		return d.json.Text(&rec.hassh)
	case "fingerprint":
		return d.json.Text(&rec.fingerprint)
	case "arch":
		return d.json.Text(&rec.arch)
	case "dst_ip":
		return d.json.Text(&rec.dstIP)
	case "dst_port":
		return d.number(&rec.dstPort)
	}
	if d.kex != nil && d.kex.wants(name) {
		return d.kex.member(d.json, name)
	}
	return d.json.Skip()
}

// number reads the value that comes next into n if it is one.
func (d *cowrieDecoder) number(n *number) error {
	var v event.Value
	err := d.json.Number(&v)
	n.n, n.given = v.Num, v.Kind == event.Number
	return err
}

// maxKeyLen bounds the names that session state is kept under, in bytes. A
// session id of Cowrie's has 12 characters.
const maxKeyLen = 256

// unusable returns why a record of a type that is read cannot be used, or "".
func (rec *cowrieRecord) unusable() string {
	switch {
	case rec.session == "":
		return "session is missing or not a string"
	case len(rec.session) > maxKeyLen || len(rec.sensor) > maxKeyLen:
		return "session or sensor name too long"
	case rec.typ == cowrieInput && !rec.input.Valid:
		return "input is missing or not a string"
	}
	return ""
}

// maxServiceLen bounds the name of a service, in bytes.
const maxServiceLen = 64

// service returns the service of the line: its protocol, else that of its
// session's connect, else what its system hints at.
func (rec *cowrieRecord) service(connect string) string {
	switch {
	case rec.protocol != "" && len(rec.protocol) <= maxServiceLen:
		return rec.protocol
	case connect != "":
		return connect
	case strings.Contains(rec.system, "Telnet"):
		return "telnet"
	case strings.Contains(rec.system, "SSH"):
		return "ssh"
	}
	return ""
}

// port returns the destination port as text, "" when there is none.
func (rec *cowrieRecord) port() string {
	if n := rec.dstPort.n; rec.dstPort.given && n >= 0 && n <= 65535 {
		return strconv.Itoa(int(n))
	}
	return ""
}

func cowrieStart(l []byte) (sensor string, at time.Time, ok bool) {
	d := &cowrieDecoder{json: lines.NewTolerantJSON()}
	var rec cowrieRecord
	if d.record(&rec, l, string(l)) != nil || rec.at.IsZero() {
		return "", time.Time{}, false
	}
	return rec.sensor, rec.at, true
}
