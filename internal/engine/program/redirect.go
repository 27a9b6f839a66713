package program

import (
	"slices"
	"strings"

	"ttpctl/internal/engine/shell"
)

// index finds the redirections of each command.
func (a *Analyzer) index() {
	v := a.v
	a.lone = a.lone[:0]
	if len(v.Redirects) == 0 {
		return
	}
	a.first = zeroed(a.first, len(v.Commands))
	a.next = zeroed(a.next, len(v.Redirects))
	for k := len(v.Redirects) - 1; k >= 0; k-- {
		if c := v.Redirects[k].Command; c >= 0 {
			a.next[k], a.first[c] = a.first[c], int32(k+1)
		} else {
			a.lone = append(a.lone, int32(k))
		}
	}
	slices.Reverse(a.lone)
	slices.SortStableFunc(a.lone, func(x, y int32) int { return v.Redirects[x].At - v.Redirects[y].At })
}

func zeroed(s []int32, n int) []int32 {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// redirects calls f with the redirections of command i in order.
func (a *Analyzer) redirects(i int, f func(*shell.Redirect)) {
	if len(a.v.Redirects) == 0 {
		return
	}
	for k := a.first[i]; k > 0; k = a.next[k-1] {
		f(&a.v.Redirects[k-1])
	}
}

// loneBefore adds entries for the redirections without a command that stand before command i, and returns the rest.
func (a *Analyzer) loneBefore(lone []int32, i int) []int32 {
	for len(lone) > 0 && a.v.Redirects[lone[0]].At <= i {
		r := &a.v.Redirects[lone[0]]
		lone = lone[1:]
		if r.Op == "<<" || r.Op == "<<-" || r.Op == "<<<" {
			continue
		}
		c := a.l.open(r.Text, -1)
		x := &a.call
		x.reset(a, c, -1, a.dir(r.Scope))
		x.silent, x.bound = !r.Compound, true
		x.redirect(r)
		x.carry(true)
		x.carry(false)
		if a.l.close(c, x.first); len(c.Effects) == 0 {
			a.l.Commands = a.l.Commands[:len(a.l.Commands)-1]
		}
	}
	return lone
}

// An endpoint is what a standard stream is bound to.
type endpoint struct {
	kind endpointKind
	path string     // of a file, canonical
	how  How        // of a file that is written
	mark shell.Mark // of the file's word
	net  place      // of a connection
}

type endpointKind uint8

const (
	inherited endpointKind = iota // whatever the line's is
	piped
	file
	null
	network
	inline // a here-document or here-string
)

// opened is a descriptor that stays open onto a connection.
type opened struct {
	fd  string
	net place
}

// redirect notes what one redirection does to the standard streams and opens.
func (x *call) redirect(r *shell.Redirect) {
	switch r.Op {
	case "<<", "<<-", "<<<":
		x.in = endpoint{kind: inline}
		return
	case ">&", "<&":
		if x.duplicate(r) {
			return
		}
	}
	e := x.endpoint(r)
	x.opens = append(x.opens, open{e: e, op: r.Op, fd: r.FD})
	x.bind(r, e)
}

// open is a file or connection that a redirection opens.
type open struct {
	e      endpoint
	op, fd string
}

// endpoint returns what the word of a redirection names.
func (x *call) endpoint(r *shell.Redirect) endpoint {
	if p, ok := x.device(r.Target, r.Mark); ok {
		return endpoint{kind: network, net: p}
	}
	if substituted(r.Target) {
		return endpoint{kind: piped}
	}
	e := endpoint{kind: file, mark: r.Mark, path: x.path(r.Target, r.Mark)}
	if nothing(e.path) {
		return endpoint{kind: null}
	}
	switch r.Op {
	case ">>", "&>>":
		e.how = Append
	case "<>":
		e.how = Edit
	default:
		e.how = Create
	}
	return e
}

// bind attaches an endpoint to the streams that a redirection names.
func (x *call) bind(r *shell.Redirect, e endpoint) {
	switch {
	case r.Op == "<" && (r.FD == "" || r.FD == "0"):
		x.in = e
	case r.Op == "<>" && (r.FD == "" || r.FD == "0"):
		x.in = e
	case r.Op == "<" || r.Op == "<>":
		if r.FD == "1" {
			x.to = e
		}
	case r.FD == "" || r.FD == "1":
		x.to = e
	case r.FD == "0":
		x.in = e
	}
}

// duplicate reads `2>&1`, `0>&1`, `<&3`, `>&-`; false: what follows is a file.
func (x *call) duplicate(r *shell.Redirect) bool {
	target := strings.TrimSuffix(r.Target, "-")
	if target != "" && strings.Trim(target, "0123456789") != "" {
		return false
	}
	fd := r.FD
	if fd == "" {
		fd = "1"
		if r.Op == "<&" {
			fd = "0"
		}
	}
	from, ok := x.descriptor(target)
	switch {
	case !ok:
	case fd == "0":
		x.in = from
		if from.kind == network {
			x.opens = append(x.opens, open{e: from, op: "<&", fd: fd})
		}
	case fd == "1":
		x.to = from
		if from.kind == network {
			x.opens = append(x.opens, open{e: from, op: ">&", fd: fd})
		}
	}
	return true
}

// descriptor returns what a descriptor is bound to.
func (x *call) descriptor(fd string) (endpoint, bool) {
	switch fd {
	case "0":
		return x.in, true
	case "1":
		return x.to, true
	case "2", "":
		return endpoint{kind: null}, fd == "2"
	}
	for k := len(x.opens) - 1; k >= 0; k-- {
		if x.opens[k].fd == fd {
			return x.opens[k].e, true
		}
	}
	for _, o := range x.a.opened {
		if o.fd == fd {
			return endpoint{kind: network, net: o.net}, true
		}
	}
	return endpoint{}, false
}

// device reads /dev/tcp/HOST/PORT, which bash and ksh open as a connection.
func (x *call) device(word string, m shell.Mark) (place, bool) {
	scheme, rest := "tcp", ""
	switch {
	case strings.HasPrefix(word, "/dev/tcp/"):
		rest = word[len("/dev/tcp/"):]
	case strings.HasPrefix(word, "/dev/udp/"):
		scheme, rest = "udp", word[len("/dev/udp/"):]
	default:
		return place{}, false
	}
	host, port, _ := strings.Cut(rest, "/")
	return x.at(scheme, host, port, m), true
}

// carry adds the effects of the files and connections that redirections open: what is read, or what is written.
func (x *call) carry(in bool) {
	for k := range x.opens {
		switch o := &x.opens[k]; {
		case in && o.e.kind == file && (o.op == "<" || o.op == "<>"):
			x.add(Effect{Verb: Reads, Target: o.e.path, Mark: o.e.mark})
		case !in && o.e.kind == file && o.op != "<":
			x.written(o)
		case !in && o.e.kind == network:
			x.talks(o)
		}
	}
}

// written adds the write of a redirection's file: empty when nothing was written before it was cut.
func (x *call) written(o *open) {
	how := o.e.how
	if how == Create && x.silent {
		how = Empty
	}
	e := Effect{Verb: Writes, How: how, Target: o.e.path, Mark: o.e.mark}
	if x.c.Program == "cat" && how != Empty {
		e.From = x.copied()
	}
	x.add(e)
}

// copied returns the one file that a reader prints, "" when it prints none or several.
func (x *call) copied() string {
	if x.c.Row != nil && x.c.Row.Is("@reader") && len(x.operands) == 1 && x.operands[0].Role == RoleRead {
		return x.path(x.operands[0].Text, x.operands[0].Mark)
	}
	return ""
}

// talks adds what a redirection to a connection does: it sends what is written, fetches what is read.
func (x *call) talks(o *open) {
	if o.op != "<&" && !x.dup(o) {
		x.connects(o.e.net)
	}
	switch o.op {
	case "<", "<&":
		x.fetches(o.e.net, x.received())
	case "<>":
		if x.c.Program == "exec" {
			x.a.opened = append(x.a.opened, opened{o.fd, o.e.net})
		}
	default:
		if x.c.Program == "exec" && o.fd != "" && o.fd != "1" {
			x.a.opened = append(x.a.opened, opened{o.fd, o.e.net})
		} else if o.fd != "2" {
			x.sends(o.e.net, x.sent())
		}
	}
}

// received returns where what a redirection reads from a connection goes; a shell's commands go nowhere.
func (x *call) received() string {
	if x.isShell() {
		return ""
	}
	return x.stdout()
}

// sent returns what a redirection writes to a connection: the one file that the command copies, or what it is fed; its own words are no file.
func (x *call) sent() string {
	if x.isShell() {
		return ""
	}
	if from := x.copied(); from != "" {
		return from
	}
	if x.fed() {
		return x.stdin()
	}
	return ""
}

// dup reports whether an open only repeats a connection of an exec before.
func (x *call) dup(o *open) bool {
	if o.op != ">&" {
		return false
	}
	for _, before := range x.a.opened {
		if before.net.host == o.e.net.host && before.net.port == o.e.net.port {
			return true
		}
	}
	return false
}
