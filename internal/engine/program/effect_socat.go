package program

import (
	"strings"

	"ttpctl/internal/engine/shell"
)

// socat joins two addresses, TYPE:argument,option,..: what is a file on one side goes to, or comes from, a connection on the other.
func (x *call) socat() {
	if len(x.operands) < 2 {
		return
	}
	var net place
	one, two := &x.operands[0], &x.operands[1]
	for _, o := range [...]*Operand{one, two} {
		if p, ok := x.socatPlace(o); ok {
			net = p
			x.connects(p)
		}
	}
	left, right := x.socatFile(one, true), x.socatFile(two, false)
	if net.host == "" {
		return
	}
	if left.kind == file {
		x.sends(net, left.path)
	} else if left.kind == inherited && x.fed() {
		x.sends(net, x.stdin())
	}
	switch {
	case right.kind == file:
		x.fetches(net, right.path)
		x.add(Effect{Verb: Writes, How: right.how, Target: right.path, Mark: right.mark})
	case right.kind == inherited && x.kept():
		x.fetches(net, x.stdout())
	}
}

// socatPlace reads an address of a connection, and opens one that listens.
func (x *call) socatPlace(o *Operand) (place, bool) {
	kind, rest, _ := strings.Cut(o.Text, ":")
	rest, _, _ = strings.Cut(rest, ",")
	kind = strings.ToUpper(kind)
	scheme := "tcp"
	if strings.HasPrefix(kind, "UDP") {
		scheme = "udp"
	}
	switch kind {
	case "TCP", "TCP4", "TCP6", "TCP-CONNECT", "TCP4-CONNECT", "TCP6-CONNECT", "UDP", "UDP4", "UDP6", "UDP-CONNECT", "UDP4-CONNECT", "UDP-SENDTO",
		"OPENSSL", "SSL", "OPENSSL-CONNECT", "SCTP", "SCTP-CONNECT":
		i := strings.LastIndexByte(rest, ':')
		if i < 0 {
			return place{}, false
		}
		return x.at(scheme, rest[:i], rest[i+1:], o.Mark), true
	case "TCP-LISTEN", "TCP4-LISTEN", "TCP6-LISTEN", "TCP-L", "TCP4-L", "TCP6-L", "UDP-LISTEN", "UDP4-LISTEN", "UDP-L", "UDP-RECV", "UDP-RECVFROM",
		"OPENSSL-LISTEN", "SSL-L", "OPENSSL-L", "SCTP-LISTEN", "SCTP-L":
		x.listens(rest)
	}
	return place{}, false
}

// socatFile reads an address of a file, a program or the standard streams. first says that data comes from it rather than goes to it; without -u and -U it
// does both, and a file is read when it stands first.
func (x *call) socatFile(o *Operand, first bool) endpoint {
	kind, rest, ok := strings.Cut(o.Text, ":")
	word, opts, _ := strings.Cut(rest, ",")
	switch kind = strings.ToUpper(kind); {
	case kind == "-" || kind == "STDIO" || kind == "STDIN" || kind == "STDOUT":
		return endpoint{}
	case kind == "EXEC" || kind == "SYSTEM" || kind == "E":
		x.executes(&Option{Value: word, Mark: o.Mark})
		return endpoint{kind: null}
	case kind == "FILE" || kind == "OPEN" || kind == "CREATE" || kind == "CREAT" || kind == "GOPEN" || !ok && strings.IndexByte(o.Text, '/') >= 0:
		if !ok {
			word, opts, _ = strings.Cut(o.Text, ",")
		}
		return x.socatOpened(word, opts, o.Mark, first && !strings.HasPrefix(kind, "CREAT"))
	}
	return endpoint{kind: null}
}

func (x *call) socatOpened(word, opts string, m shell.Mark, read bool) endpoint {
	e := endpoint{kind: file, path: x.path(word, m), mark: m, how: Create}
	if nothing(e.path) || strings.ContainsAny(word, "`(") || e.path == "/dev/ptmx" || strings.HasPrefix(e.path, "/dev/tty") {
		return endpoint{kind: null}
	}
	if strings.Contains(opts, "append") {
		e.how = Append
	}
	if read {
		x.add(Effect{Verb: Reads, Target: e.path, Mark: m})
	}
	return e
}
