package program

import (
	"strconv"
	"strings"

	"ttpctl/internal/engine/shell"
)

// at is the place that a host and a port name, each a word of its own; its text is host:port.
func (x *call) at(scheme, host, port string, m shell.Mark) place {
	p := place{scheme: scheme, mark: m}
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = host[at+1:]
	}
	p.host, p.class = x.a.host(host)
	p.port = portOf(port)
	switch {
	case p.port > 0 || port == "":
		p.text = x.a.hostPort(p.host, p.port)
	default:
		p.text = x.a.join3(p.host, ":", port)
		p.shown = p.text
	}
	return p
}

// portOf reads a port; 0 of anything else, such as a range or an expansion. Names are those of services(5).
func portOf(word string) int {
	if n, err := strconv.Atoi(word); err == nil && n > 0 && n < 1<<16 {
		return n
	}
	return defaultPort(word)
}

// orPort returns p with a port when it has none.
func (p place) orPort(port int) place {
	if p.port == 0 {
		p.port = port
	}
	return p
}

// connects adds the connection to p.
func (x *call) connects(p place) {
	if p.host == "" {
		return
	}
	e := Effect{Verb: Connects, Host: p.host, Class: p.class, Port: p.port, Mark: p.mark}
	if e.Target = p.shown; p.shown == "" {
		e.Target = x.a.hostPort(p.host, p.port)
	}
	x.add(e)
}

// fetches adds a fetch of p that leaves to: a file, - for standard output, nothing when it is not known.
func (x *call) fetches(p place, to string) {
	x.add(Effect{Verb: Fetches, Target: p.text, Scheme: p.scheme, Host: p.host, Class: p.class, Port: p.port, To: to, Mark: p.mark})
}

// lands is fetches with the write of the file that is left.
func (x *call) lands(p place, to string) {
	if nothing(to) {
		to = ""
	}
	x.fetches(p, to)
	if to != "" && to != "-" && !(x.to.kind == file && to == x.to.path) {
		x.add(Effect{Verb: Writes, How: Create, Target: to})
	}
}

// sends adds that from goes to p: a file, - for standard input, nothing for a text of the command's own.
func (x *call) sends(p place, from string) {
	x.add(Effect{Verb: Sends, Target: p.text, Scheme: p.scheme, Host: p.host, Class: p.class, Port: p.port, From: from, Mark: p.mark})
}

// listens adds an open port; what names none that can be seen adds nothing.
func (x *call) listens(word string) {
	if i := strings.LastIndexAny(word, ":,"); i >= 0 {
		word = word[i+1:]
	}
	if port := portOf(word); port > 0 {
		x.add(Effect{Verb: Listens, Target: strconv.Itoa(port), Port: port})
	} else if strings.ContainsAny(word, "$`") {
		x.add(Effect{Verb: Listens, Target: word, Mark: shell.Expands})
	}
}

// nc is netcat in its dialects: host and port, or -l and a port; what it is given and what it leaves goes over the connection.
func (x *call) nc() {
	if e := x.option("-e", "-c", "--exec", "--sh-exec"); e != nil && e.HasValue {
		defer x.executes(e)
	}
	if x.has("-l", "--listen") {
		x.ncListens()
		return
	}
	if x.has("-U", "--unixsock") || len(x.operands) == 0 {
		return
	}
	scheme := "tcp"
	if x.has("-u", "--udp") {
		scheme = "udp"
	}
	if x.has("-z") {
		for _, port := range x.operands[min(1, len(x.operands)):] {
			x.connects(x.at(scheme, x.operand(0), port.Text, x.operands[0].Mark))
		}
		return
	}
	p := x.at(scheme, x.operand(0), x.operand(1), x.operands[0].Mark)
	x.connects(p)
	x.exchange(p)
}

// exchange adds what passes over a connection that copies standard input and output.
func (x *call) exchange(p place) {
	if x.fed() {
		x.sends(p, x.stdin())
	}
	if x.kept() {
		x.fetches(p, x.stdout())
	}
}

func (x *call) ncListens() {
	port := x.value("-p", "--source-port")
	if port == "" && len(x.operands) > 0 {
		port = x.operands[len(x.operands)-1].Text
	}
	x.listens(port)
}

// executes adds the program that a connection is handed to, when a path names it.
func (x *call) executes(o *Option) {
	word, _, _ := strings.Cut(o.Value, " ")
	if strings.IndexByte(word, '/') >= 0 {
		x.file(Effect{Verb: Runs, Mark: o.Mark}, word)
	}
}

// telnet is host and port, interactive.
func (x *call) telnet() {
	if len(x.operands) > 0 {
		p := x.at("telnet", x.operand(0), x.operand(1), x.operands[0].Mark).orPort(23)
		x.connects(p)
		if x.operand(1) == "" || x.operand(1) == "23" {
			p.scheme = "telnet"
		} else {
			p.scheme = "tcp"
		}
		x.exchange(p)
	}
}

// ssh connects; -R and -D make ports listen.
func (x *call) ssh() {
	if len(x.operands) > 0 && !x.has("-V", "-Q") {
		p := x.sshPlace(x.operand(0), x.operands[0].Mark, "-p")
		x.connects(p)
	}
	for i := range x.options {
		switch o := &x.options[i]; o.Name {
		case "-D":
			x.listens(o.Value)
		case "-R":
			x.listens(forwarded(o.Value))
		}
	}
}

// forwarded returns the port that `[bind:]port:host:hostport` or `[bind:]port` opens.
func forwarded(spec string) string {
	parts := strings.Count(spec, ":")
	if parts >= 2 {
		head := spec[:strings.LastIndexByte(spec, ':')]
		return head[:strings.LastIndexByte(head, ':')]
	}
	return spec
}

// sshPlace reads [user@]host or ssh://[user@]host[:port]; the port is that of the option, of -o Port, or 22.
func (x *call) sshPlace(word string, m shell.Mark, option string) place {
	if strings.Contains(word, "://") {
		return x.url(word, m, "ssh")
	}
	port := x.value(option)
	for i := range x.options {
		if o := &x.options[i]; o.Name == "-o" && len(o.Value) > 5 && strings.EqualFold(o.Value[:4], "port") {
			port = strings.Trim(o.Value[4:], "= ")
		}
	}
	return x.at("ssh", word, port, m).orPort(22)
}

// client connects a program with -h HOST and -p or -P PORT, or a URL. Which names the options have and the usual port is in the row.
func (x *call) client(port int, host, portOption string, fallback string) {
	h, m := x.value(host), shell.Mark(0)
	if o := x.option(host); o != nil {
		m = o.Mark
	}
	for i := range x.operands {
		if o := &x.operands[i]; o.Role == RoleURL && strings.Contains(o.Text, "://") {
			x.connects(x.url(o.Text, o.Mark, "").orPort(port))
			return
		} else if o.Role == RoleHost && h == "" {
			h, m = o.Text, o.Mark
		}
	}
	if h == "" {
		h = fallback
	}
	if h == "" || h[0] == '/' {
		return
	}
	if strings.Contains(h, "://") {
		x.connects(x.url(h, m, "").orPort(port))
		return
	}
	name, own := splitPort(h)
	p := x.at("", name, x.value(portOption), m)
	x.connects(p.orPort(own).orPort(port))
}

// mysql, mariadb: a socket unless -h names a host or -P a port with --protocol.
func (x *call) mysql() { x.client(3306, "-h", "-P", "") }

func (x *call) psql() {
	if strings.Contains(x.value("-d"), "://") {
		o := x.option("-d")
		x.connects(x.url(o.Value, o.Mark, "").orPort(5432))
		return
	}
	x.client(5432, "-h", "-p", "")
}

// mssql is sqlcmd -S [tcp:]host[,port] or FreeTDS's tsql -H host -p port.
func (x *call) mssql() {
	o := x.option("-S", "-H")
	if o == nil || o.Value == "" {
		return
	}
	host, port, _ := strings.Cut(strings.TrimPrefix(o.Value, "tcp:"), ",")
	if port == "" {
		port = x.value("-p")
	}
	host, _, _ = strings.Cut(host, `\\`)
	x.connects(x.at("", host, port, o.Mark).orPort(1433))
}

func (x *call) redis() {
	if o := x.option("-u"); o != nil {
		x.connects(x.url(o.Value, o.Mark, "redis"))
		return
	}
	if !x.has("-s") {
		x.client(6379, "-h", "-p", "127.0.0.1")
	}
}

// mongo: a name of a database alone is one of this machine.
func (x *call) mongo() {
	if word := x.operand(0); strings.ContainsAny(word, "/:.") && !x.has("--host") && !strings.HasSuffix(word, ".js") {
		x.operands[0].Role = RoleHost
		if i := strings.IndexByte(word, '/'); i > 0 && !strings.Contains(word, "://") {
			name, port := splitPort(word[:i])
			x.connects(x.at("mongodb", name, x.value("--port"), x.operands[0].Mark).orPort(port).orPort(27017))
			return
		}
		x.operands[0].Role = RoleURL
	}
	x.client(27017, "--host", "--port", "127.0.0.1")
}

func (x *call) ldap() {
	if o := x.option("-H"); o != nil {
		for u := range strings.FieldsSeq(o.Value) {
			x.connects(x.url(u, o.Mark, "ldap"))
		}
		return
	}
	x.client(389, "-h", "-p", "")
}

// smb is //host/share, host, or -L host.
func (x *call) smb() {
	port := x.value("-p")
	connect := func(word string, m shell.Mark) {
		word = strings.ReplaceAll(word, `\`, "/")
		host, _, _ := strings.Cut(strings.TrimLeft(word, "/"), "/")
		if host != "" {
			x.connects(x.at("smb", host, port, m).orPort(445))
		}
	}
	if o := x.option("-L"); o != nil && o.HasValue {
		connect(o.Value, o.Mark)
	} else if len(x.operands) > 0 {
		connect(x.operand(0), x.operands[0].Mark)
	}
}

// host22 and its kin: the operand with the role host or hostpath is connected to, at the port that the function's name says unless -p says another.
func (x *call) dials(port int) {
	for i := range x.operands {
		if o := &x.operands[i]; o.Role == RoleHost {
			word, own := splitPort(o.Text)
			p := x.at("", word, x.value("-p", "-P", "--port"), o.Mark)
			x.connects(p.orPort(own).orPort(port))
		}
	}
}

// server listens on the port of -p, -P or --port.
func (x *call) server() {
	if o := x.option("-p", "-P", "--port"); o != nil && o.HasValue {
		x.listens(o.Value)
	}
}

// tcpsvd is BusyBox's: address, port, program.
func (x *call) tcpsvd() { x.listens(x.operand(1)) }

// openssl s_client and s_server.
func (x *call) tlsClient() {
	word, m := x.value("-connect"), shell.Mark(0)
	if word == "" {
		word = x.value("-host") + ":" + x.value("-port")
	}
	if o := x.option("-connect"); o != nil {
		m = o.Mark
	} else if len(x.operands) > 0 {
		word, m = x.operand(0), x.operands[0].Mark
	}
	host, port := splitPort(word)
	if host == "" || host == ":" {
		return
	}
	p := x.at("tls", host, "", m).orPort(port).orPort(443)
	p.text = x.a.hostPort(p.host, p.port)
	x.connects(p)
	if x.in.kind == file {
		x.sends(p, x.in.path)
	}
	if x.to.kind == file {
		x.fetches(p, x.to.path)
	}
}

func (x *call) tlsServer() {
	if o := x.option("-accept", "-port"); o != nil {
		x.listens(o.Value)
		return
	}
	x.listens("4433")
}

// sshfs mounts host:path.
func (x *call) sshfs() {
	if len(x.operands) == 0 {
		return
	}
	if p, ok := x.remote(x.operand(0), x.operands[0].Mark, "ssh"); ok {
		x.connects(p.orPort(portOf(x.value("-p"))).orPort(22))
	}
}
