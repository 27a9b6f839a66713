package program

import (
	"strconv"
	"strings"

	"ttpctl/internal/engine/shell"
)

// A place is somewhere on the network that a word names.
type place struct {
	text   string // as typed, without user and password
	scheme string
	host   string
	class  HostClass
	port   int
	path   string // after the host, with its query
	shown  string // host:port where that is not a number
	mark   shell.Mark
}

// url reads a URL; one without a scheme has the one given.
func (x *call) url(word string, m shell.Mark, scheme string) place {
	p := place{text: word, scheme: scheme, mark: m}
	rest, prefix := word, 0
	if i := strings.Index(word, "://"); i > 0 && schemeName(word[:i]) {
		p.scheme, prefix = x.a.lower(word[:i]), i+3
		rest = word[prefix:]
	} else if i < 0 && strings.HasPrefix(word, "//") {
		prefix, rest = 2, word[2:]
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host := rest[:end]
	p.path = rest[end:]
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = host[at+1:]
		x.a.buf = append(append(x.a.buf[:0], word[:prefix]...), rest[at+1:]...)
		p.text = x.a.out.Bytes(x.a.buf)
	}
	name, port := splitPort(host)
	p.port = port
	if port == 0 && strings.HasPrefix(host[len(name):], ":$") {
		p.shown = host
	}
	if p.port == 0 {
		p.port = defaultPort(p.scheme)
	}
	p.host, p.class = x.a.host(name)
	if prefix == 0 && p.class == UnknownHost && end == len(rest) {
		p.scheme, p.port = "", 0 // `$URL`: nothing of it is known
	}
	return p
}

func schemeName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !letter(c) && !digit(c) && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// splitPort splits host:port; port is 0 when there is none that can be seen.
func splitPort(s string) (host string, port int) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || strings.ContainsAny(s[i:], "]})") || strings.IndexByte(s[:i], ':') >= 0 && s[0] != '[' {
		return s, 0
	}
	port, err := strconv.Atoi(s[i+1:])
	if err != nil || port < 0 || port > 65535 {
		port = 0
	}
	return s[:i], port
}

// defaultPort returns the port that IANA's registry gives a scheme.
func defaultPort(scheme string) int {
	switch scheme {
	case "http", "ws":
		return 80
	case "https", "wss":
		return 443
	case "ftp":
		return 21
	case "ftps":
		return 990
	case "ssh", "sftp", "scp", "git+ssh", "ssh+git":
		return 22
	case "tftp":
		return 69
	case "rsync":
		return 873
	case "git":
		return 9418
	case "telnet":
		return 23
	case "gopher":
		return 70
	case "dict":
		return 2628
	case "ldap":
		return 389
	case "ldaps":
		return 636
	case "smb", "smbs", "cifs":
		return 445
	case "imap":
		return 143
	case "imaps":
		return 993
	case "pop3":
		return 110
	case "pop3s":
		return 995
	case "smtp":
		return 25
	case "smtps":
		return 465
	case "mqtt":
		return 1883
	case "redis":
		return 6379
	case "mysql", "mariadb":
		return 3306
	case "postgres", "postgresql":
		return 5432
	case "mongodb":
		return 27017
	}
	return 0
}

// hostPort returns host:port, an IPv6 address in brackets; the host alone when the port is not known.
func (a *Analyzer) hostPort(host string, port int) string {
	b := a.buf[:0]
	if strings.IndexByte(host, ':') >= 0 {
		b = append(append(append(b, '['), host...), ']')
	} else {
		b = append(b, host...)
	}
	if port > 0 {
		b = strconv.AppendInt(append(b, ':'), int64(port), 10)
	}
	a.buf = b
	return a.out.Bytes(b)
}
