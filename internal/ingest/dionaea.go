package ingest

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest/aggregate"
	"ttpctl/internal/lines"
)

// dionaeaFormat is the row of Dionaea's two JSON logs, told apart line by line:
// that of log_json, one object for each connection when it ends (connection,
// src_ip, dst_port, credentials, ftp.commands, with flat_data as lists beside
// each other), and that of log_incident, one object for each incident (origin,
// data, the connection within). The members are those that
// modules/python/dionaea/log_json.py and log_incident.py of DinoTools/dionaea
// write; what an incident holds, the modules say that report it (ftp.py,
// mysql/mysql.py, mssql/mssql.py, store.py).
func dionaeaFormat() format {
	return format{
		name:  "dionaea",
		about: "connections (log_json) and incidents (log_incident) of Dionaea in JSON",
		sniff: func(s *sniffed) bool {
			connection := s.has("connection") && s.has("src_ip") && s.has("dst_port")
			incident := s.has("origin") && s.has("data") && s.has("name")
			return s.source == "" && s.eventid == "" && s.has("timestamp") && (connection || incident)
		},
		start: func(l []byte) (sensor string, at time.Time, ok bool) {
			var rec dionaeaRecord
			f, _ := newDionaeaDecoder().parse(&rec, l, string(l))
			return "", rec.at, f != rejected && !rec.at.IsZero()
		},
		newDecoder:   func(*event.FieldSet) decoder { return newDionaeaDecoder() },
		newAssembler: func(set *aggregate.Set, _ *event.FieldSet) assembler { return newDionaeaEvents(set) },
	}
}

// A dionaeaRecord is one line: what was done in a connection, or one incident
// of it.
type dionaeaRecord struct {
	ts       string
	at       time.Time
	hash     uint64 // of the line
	attacker string // uuid of remote
	remote   netip.Addr
	local    netip.Addr
	session  string // the ends of the connection
	service  string
	logins   []dionaeaLogin
	opText   string // what was asked of the service, a command or statement a line
	url      string // of a file
	file     string // its name: Dionaea's is the MD5 of what it holds
	offered  bool   // the file was named, and not yet fetched
}

// A dionaeaLogin is a user name and password that somebody sent.
type dionaeaLogin struct {
	username string
	password event.OptString
}

// A dionaeaDecoder decodes lines tolerantly. It belongs to one goroutine.
type dionaeaDecoder struct {
	json   *lines.JSON
	ts     string
	origin string // of an incident
	top    event.Value
	data   event.Value // of an incident
}

func newDionaeaDecoder() *dionaeaDecoder { return &dionaeaDecoder{json: lines.NewTolerantJSON()} }

func (d *dionaeaDecoder) decode(b *Batch, i int) (fate, string) {
	rec := &recordsOf[dionaeaRecord](b)[i]
	f, note := d.parse(rec, b.raw(i), b.str(i))
	if f == pending {
		rec.hash = hashLine(b.raw(i))
	}
	return f, note
}

func (d *dionaeaDecoder) parse(rec *dionaeaRecord, l []byte, text string) (fate, string) {
	*rec = dionaeaRecord{}
	*d = dionaeaDecoder{json: d.json, top: event.Value{Kind: event.Object}}
	d.json.Reset(l, text)
	if err := d.json.Object(d.member); err != nil {
		return rejected, lines.Reason(err, l)
	}
	rec.ts, rec.at = normalTime(d.ts)
	switch {
	case d.origin != "" && d.data.Kind == event.Object:
		return d.incident(rec)
	case valueOf(&d.top, "connection").Kind == event.Object:
		return d.connection(rec)
	}
	return rejected, "neither a connection nor an incident of Dionaea"
}

func (d *dionaeaDecoder) member(name string) error {
	switch name {
	case "timestamp":
		return d.json.Text(&d.ts)
	case "origin":
		return d.json.Text(&d.origin)
	case "data":
		return d.json.Value(&d.data)
	case "connection", "src_ip", "src_port", "dst_ip", "dst_port", "credentials", "ftp":
		var v event.Value
		err := d.json.Value(&v)
		d.top.Keys, d.top.List = append(d.top.Keys, name), append(d.top.List, v)
		return err
	}
	return d.json.Skip()
}

// connection reads a line of log_json. Connections that the decoy makes itself,
// and those in which nothing was said that a field of an event holds, are
// ignored.
func (d *dionaeaDecoder) connection(rec *dionaeaRecord) (fate, string) {
	con := valueOf(&d.top, "connection")
	if kind := valueOf(con, "type").Str; kind != "accept" {
		return ignored, "connection: " + kind
	}
	for _, c := range dionaeaRows(valueOf(&d.top, "credentials")) {
		rec.login(&c, valueOf(con, "protocol").Str)
	}
	var said []string
	for _, c := range dionaeaRows(valueOf(valueOf(&d.top, "ftp"), "commands")) {
		said = append(said, ftpLine(&c))
	}
	rec.opText = strings.Join(said, "\n")
	if len(rec.logins) == 0 && rec.opText == "" {
		return ignored, "connection without credentials or commands"
	}
	return rec.ends(con, valueOf(&d.top, "src_ip"), valueOf(&d.top, "src_port"), valueOf(&d.top, "dst_ip"), valueOf(&d.top, "dst_port"))
}

// The incidents that are read.
const (
	dionaeaModule   = "dionaea.modules.python."
	dionaeaOffer    = "dionaea.download.offer"
	dionaeaComplete = "dionaea.download.complete.hash"
)

// incident reads a line of log_incident. Its kind of incident decides what is
// read; those that no kind of event holds are ignored under their own name.
func (d *dionaeaDecoder) incident(rec *dionaeaRecord) (fate, string) {
	con := valueOf(&d.data, "connection")
	switch module, what, _ := strings.Cut(strings.TrimPrefix(d.origin, dionaeaModule), "."); {
	case d.origin == dionaeaOffer, d.origin == dionaeaComplete:
		rec.url, rec.offered = valueOf(&d.data, "url").Str, d.origin == dionaeaOffer
		rec.file = valueOf(&d.data, "md5hash").Str
	case !strings.HasPrefix(d.origin, dionaeaModule):
		return ignored, d.origin
	case what == "login":
		rec.login(&d.data, valueOf(con, "protocol").Str)
	case module == "ftp" && what == "command":
		rec.opText = ftpLine(&d.data)
	case module == "mysql" && what == "command":
		rec.opText = joined(valueOf(&d.data, "args"))
	case module == "mssql" && what == "cmd":
		// TDS sends UTF-16, which Dionaea passes on as bytes.
		rec.opText = strings.ReplaceAll(valueOf(&d.data, "cmd").Str, "\x00", "")
	}
	if len(rec.logins) == 0 && rec.opText == "" && rec.url == "" && rec.file == "" {
		return ignored, d.origin
	}
	return rec.ends(con, valueOf(con, "remote_ip"), valueOf(con, "remote_port"), valueOf(con, "local_ip"), valueOf(con, "local_port"))
}

// login takes a pair. What a client of MySQL sends is no password but an answer
// to a challenge, and Dionaea writes "" for it.
func (rec *dionaeaRecord) login(v *event.Value, protocol string) {
	name, password := valueOf(v, "username"), valueOf(v, "password")
	if name.Kind != event.String && password.Kind != event.String {
		return
	}
	l := dionaeaLogin{username: name.Str}
	if password.Kind == event.String && (protocol != "mysqld" || password.Str != "") {
		l.password = event.Some(password.Str)
	}
	rec.logins = append(rec.logins, l)
}

// ends reads who was connected with whom, and decides that the line is used.
func (rec *dionaeaRecord) ends(con, ip, port, localIP, localPort *event.Value) (fate, string) {
	remote, err := netip.ParseAddr(ip.Str)
	switch {
	case err != nil:
		return rejected, "no anchor: the connection names no client's IP address"
	case rec.at.IsZero():
		return rejected, whyNoTime
	}
	rec.remote = remote.Unmap().WithZone("")
	rec.attacker = event.AttackerUUID(remote).String()
	if local, err := netip.ParseAddr(localIP.Str); err == nil {
		rec.local = local.Unmap().WithZone("")
	}
	rec.session = netip.AddrPortFrom(rec.remote, portOf(port)).String() + "-" + strconv.Itoa(int(portOf(localPort)))
	// Its name is that of the server's program.
	if service := valueOf(con, "protocol").Str; len(service) <= maxServiceLen {
		rec.service = strings.TrimSuffix(service, "d")
	}
	return pending, ""
}

func portOf(v *event.Value) uint16 {
	if v.Kind != event.Number || v.Num < 0 || v.Num > 65535 {
		return 0
	}
	return uint16(v.Num)
}

// valueOf returns the last member of an object of that name, or a value that is
// absent.
func valueOf(v *event.Value, name string) *event.Value {
	for i := len(v.Keys) - 1; i >= 0; i-- {
		if v.Keys[i] == name {
			return &v.List[i]
		}
	}
	return &event.Value{}
}

// dionaeaRows returns the objects of a list; with flat_data an object holds the
// members of all of them as lists.
func dionaeaRows(v *event.Value) []event.Value {
	if v.Kind != event.Object {
		return v.List
	}
	var rows []event.Value
	for k := range v.Keys {
		for i := range v.List[k].List {
			if i == len(rows) {
				rows = append(rows, event.Value{Kind: event.Object})
			}
			rows[i].Keys = append(rows[i].Keys, v.Keys[k])
			rows[i].List = append(rows[i].List, v.List[k].List[i])
		}
	}
	return rows
}

// ftpLine returns a command of FTP as it was sent, without a password.
func ftpLine(v *event.Value) string {
	command, arguments := valueOf(v, "command").Str, joined(valueOf(v, "arguments"))
	if strings.EqualFold(command, "PASS") {
		arguments = "***"
	}
	return strings.TrimSpace(command + " " + arguments)
}

// joined returns a text, or the texts of a list with blanks between them.
func joined(v *event.Value) string {
	if v.Kind != event.List {
		return v.Str
	}
	var texts []string
	for i := range v.List {
		if v.List[i].Kind == event.String {
			texts = append(texts, v.List[i].Str)
		}
	}
	return strings.Join(texts, " ")
}
