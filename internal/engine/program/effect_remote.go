package program

import (
	"strings"

	"ttpctl/internal/engine/shell"
)

// remote reads host:path, host::module or scheme://host/path; false for a local
// path.
func (x *call) remote(word string, m shell.Mark, scheme string) (place, bool) {
	if strings.Contains(word, "://") {
		return x.url(word, m, scheme), true
	}
	colon := strings.IndexByte(word, ':')
	if end := strings.IndexByte(word, ']'); strings.IndexByte(word, '[') >= 0 && end > 0 {
		colon = end + strings.IndexByte(word[end:], ':')
		if colon < end {
			colon = -1
		}
	}
	if colon <= 0 || strings.IndexByte(word[:colon], '/') >= 0 {
		return place{}, false
	}
	at := strings.LastIndexByte(word[:colon], '@') + 1
	p := place{text: word[at:], scheme: scheme, path: strings.TrimPrefix(word[colon+1:], ":"), mark: m}
	p.host, p.class = x.a.host(word[at:colon])
	return p, true
}

// scp copies from and to a host: sources, then the target.
func (x *call) scp() {
	port := portOf(x.value("-P"))
	x.transfers("scp", func(p place) place { return p.orPort(port).orPort(22) })
}

// rsync runs over ssh, or to a daemon (host::module, rsync://); without a host it copies.
func (x *call) rsync() {
	port := 22
	if e := x.value("-e"); e != "" {
		words := strings.Fields(e)
		for i, w := range words {
			if w == "-p" && i+1 < len(words) {
				port = portOf(words[i+1])
			} else if strings.HasPrefix(w, "-p") && len(w) > 2 {
				port = portOf(w[2:])
			}
		}
	}
	own := portOf(x.value("--port"))
	x.transfers("rsync", func(p place) place {
		if strings.Contains(p.text, "::") || strings.Contains(p.text, "://") {
			return p.orPort(own).orPort(873)
		}
		return p.orPort(port)
	})
}

// transfers reads sources and a target, some of which are remote.
func (x *call) transfers(scheme string, ported func(place) place) {
	n := len(x.operands) - 1
	if n < 1 {
		if n == 0 {
			if p, ok := x.remote(x.operands[0].Text, x.operands[0].Mark, scheme); ok {
				x.connects(ported(p)) // rsync host:dir lists
			}
		}
		return
	}
	target := &x.operands[n]
	dest, up := x.remote(target.Text, target.Mark, scheme)
	var hosts []place
	if up {
		dest = ported(dest)
	}
	for i := range x.operands[:n] {
		if o := &x.operands[i]; !x.isRemote(o, scheme) {
			x.reads(o.Text, o.Mark)
		}
	}
	for i := range x.operands[:n] {
		o := &x.operands[i]
		if src, down := x.remote(o.Text, o.Mark, scheme); down {
			src = ported(src)
			if up {
				x.fetches(src, "")
			} else {
				x.lands(src, x.into(x.copyName(src.path), target, n > 1))
			}
			hosts = append(hosts, src)
			continue
		}
		if up {
			x.sends(dest, x.from(o.Text, o.Mark))
		} else {
			x.writes(Create, x.into(x.copyName(o.Text), target, n > 1), o.Mark)
		}
	}
	for _, p := range hosts {
		x.connects(p)
	}
	if up {
		x.connects(dest)
	}
}

// copyName returns the name of a copy in its target: rsync copies what is in a directory that has a slash at its end.
func (x *call) copyName(path string) string {
	if x.c.Program == "rsync" && strings.HasSuffix(path, "/") {
		return ""
	}
	return baseName(strings.TrimRight(path, "/"))
}

func (x *call) isRemote(o *Operand, scheme string) bool {
	_, ok := x.remote(o.Text, o.Mark, scheme)
	return ok
}

// into returns the file that a copy named name becomes at target: in it when it is a directory by its spelling, or has to be one.
func (x *call) into(name string, target *Operand, several bool) string {
	dir := x.a.resolve(target.Text, target.Mark, x.dir)
	if !several && !directory(target.Text, dir) || name == "" || name == "." || name == ".." {
		return x.a.home(dir)
	}
	return x.a.home(x.a.fold(dir, name))
}

// directory reports whether a word, resolved to path, names a directory for sure.
func directory(word, path string) bool {
	switch path {
	case "/tmp", "/var/tmp", "/dev/shm", "/":
		return true
	}
	return word == "." || word == ".." || word == "~" || strings.HasSuffix(word, "/") || strings.HasSuffix(word, "/.") || strings.HasSuffix(word, "/..")
}

// sftp fetches host:path; without a path it is interactive.
func (x *call) sftp() {
	if len(x.operands) == 0 {
		return
	}
	o := &x.operands[0]
	port := portOf(x.value("-P"))
	p, ok := x.remote(o.Text, o.Mark, "sftp")
	if !ok {
		x.connects(x.sshPlace(o.Text, o.Mark, "-P"))
		return
	}
	p = p.orPort(port).orPort(22)
	if name := baseName(p.path); name != "" {
		target := Operand{Text: "."}
		if len(x.operands) > 1 {
			target = x.operands[1]
		}
		x.lands(p, x.into(name, &target, false))
	}
	x.connects(p)
}

// pair is the place of host and path in words of their own, shown as host:path.
func (x *call) pair(scheme, host, port string, m shell.Mark, path string, usual int) place {
	p := x.at(scheme, host, port, m).orPort(usual)
	p.path = path
	if p.text = p.host; path != "" {
		p.text = x.a.join3(p.host, ":", path)
	}
	return p
}

// ftpget is BusyBox's: HOST [LOCAL] REMOTE.
func (x *call) ftpget() {
	n := len(x.operands)
	if n < 2 {
		return
	}
	remote, host := x.operands[n-1], x.operands[0]
	p := x.pair("ftp", host.Text, x.value("-P"), host.Mark, remote.Text, 21)
	local := Operand{Text: baseName(remote.Text), Mark: remote.Mark}
	if n > 2 {
		local = x.operands[1]
	}
	x.lands(p, x.save(&Option{Value: local.Text, Mark: local.Mark}))
	x.connects(p)
}

// ftpput is BusyBox's: HOST [REMOTE] LOCAL.
func (x *call) ftpput() {
	n := len(x.operands)
	if n < 2 {
		return
	}
	local, host := x.operands[n-1], x.operands[0]
	name := baseName(local.Text)
	if n > 2 {
		name = x.operands[1].Text
	}
	x.reads(local.Text, local.Mark)
	p := x.pair("ftp", host.Text, x.value("-P"), host.Mark, name, 21)
	x.sends(p, x.from(local.Text, local.Mark))
	x.connects(p)
}

// tftp is BusyBox's (-g or -p, -r REMOTE, -l LOCAL, HOST [PORT]) or tftp-hpa's (HOST [PORT] -c get REMOTE [LOCAL]).
func (x *call) tftp() {
	host, port := x.operand(0), x.operand(1)
	if host == "" {
		return
	}
	m := x.operands[0].Mark
	words := x.operands[1:]
	if digits(port) {
		words = words[1:]
	} else {
		port = ""
	}
	verb := ""
	remote, local := x.value("-r", "--remote-file"), x.value("-l", "--local-file")
	if len(words) > 1 && x.has("-c") {
		verb, remote, local = words[0].Text, words[1].Text, ""
		if len(words) > 2 {
			local = words[2].Text
		}
		if verb == "put" {
			remote, local = local, remote
		}
	}
	x.tftpMoves(x.has("-p", "--put") || verb == "put", remote, local, func(path string) place { return x.pair("tftp", host, port, m, path, 69) })
}

func (x *call) tftpMoves(put bool, remote, local string, at func(string) place) {
	if remote == "" {
		remote = local
	}
	if local == "" {
		local = baseName(remote)
	}
	p := at(remote)
	switch {
	case remote == "":
	case put:
		x.reads(local, 0)
		x.sends(p, x.from(local, 0))
	default:
		x.lands(p, x.save(&Option{Value: local}))
	}
	x.connects(p)
}

// digits reports whether a word is a number.
func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// dialFTP is an interactive client: ftp host, lftp host. BSD's ftp fetches a URL into -o or its name.
func (x *call) dialFTP() {
	if len(x.operands) == 0 {
		return
	}
	o := &x.operands[0]
	if !strings.Contains(o.Text, "://") {
		host, port := splitPort(o.Text)
		word := x.operand(1)
		if p := x.value("-p", "-P"); p != "" {
			word = p
		}
		x.connects(x.at("ftp", host, word, o.Mark).orPort(port).orPort(21))
		return
	}
	p := x.url(o.Text, o.Mark, "ftp")
	if baseName(p.path) != "" {
		if out := x.option("-o"); out != nil && out.HasValue {
			x.lands(p, x.save(out))
		} else {
			x.lands(p, x.path(lastComponent(p.path), o.Mark))
		}
	}
	x.connects(p)
}

// ncftpget is HOST DIRECTORY REMOTE..., or a URL.
func (x *call) ncftpget() {
	if strings.Contains(x.operand(0), "://") {
		x.dialFTP()
		return
	}
	if len(x.operands) < 3 {
		return
	}
	host := x.operands[0]
	for _, o := range x.operands[2:] {
		p := x.pair("ftp", host.Text, x.value("-P"), host.Mark, o.Text, 21)
		x.lands(p, x.a.home(x.a.fold(x.a.resolve(x.operands[1].Text, x.operands[1].Mark, x.dir), baseName(o.Text))))
		x.connects(p)
	}
}

// clone is git clone, hg clone, svn checkout: URL [DIRECTORY].
func (x *call) clone() {
	if len(x.operands) == 0 {
		return
	}
	o := &x.operands[0]
	p, ok := x.remote(o.Text, o.Mark, "ssh")
	if !ok {
		return
	}
	if p.scheme == "ssh" {
		p = p.orPort(22)
	}
	dir := x.dir
	if d := x.option("-C"); d != nil && d.HasValue {
		dir = x.a.resolve(d.Value, d.Mark, x.dir)
	}
	name := strings.TrimSuffix(baseName(strings.TrimRight(p.path, "/")), ".git")
	m := o.Mark
	if len(x.operands) > 1 {
		name, m = x.operands[1].Text, x.operands[1].Mark
	}
	if name == "" {
		name = p.host
	}
	x.lands(p, x.a.path(name, m, dir))
	x.connects(p)
}

// pull and push of a repository that a URL names.
func (x *call) pull() { x.exchangeURL(func(p place) { x.fetches(p, "") }) }

func (x *call) push() { x.exchangeURL(func(p place) { x.sends(p, "") }) }

func (x *call) lists() { x.exchangeURL(func(place) {}) }

func (x *call) exchangeURL(do func(place)) {
	if len(x.operands) == 0 {
		return
	}
	p, ok := x.remote(x.operands[0].Text, x.operands[0].Mark, "ssh")
	if !ok {
		return
	}
	if p.scheme == "ssh" {
		p = p.orPort(22)
	}
	do(p)
	x.connects(p)
}

// cloud copies between a bucket (s3://, gs://, remote:path) and local files.
func (x *call) cloud() {
	n := len(x.operands)
	if n < 2 {
		return
	}
	src, dst := &x.operands[0], &x.operands[1]
	from, down := bucket(src)
	to, up := bucket(dst)
	switch {
	case down && up:
		x.fetches(from, "")
		x.sends(to, "")
	case down && dst.Text == "-":
		x.fetches(from, x.stdout())
	case down:
		x.lands(from, x.into(baseName(src.Text), dst, false))
	case up:
		x.reads(src.Text, src.Mark)
		x.sends(to, x.from(src.Text, src.Mark))
	}
}

// bucket reads s3://bucket/key, gs://.., or rclone's remote:path; false for a
// local path.
func bucket(o *Operand) (place, bool) {
	i := strings.Index(o.Text, "://")
	if i <= 0 {
		i = strings.IndexByte(o.Text, ':')
		return place{text: o.Text, mark: o.Mark}, o.Role == RoleHostPath && i > 0 && strings.IndexByte(o.Text[:i], '/') < 0
	}
	return place{text: o.Text, scheme: o.Text[:i], mark: o.Mark}, true
}
