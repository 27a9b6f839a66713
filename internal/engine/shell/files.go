package shell

import "strings"

// saved is a file that the line writes, with what it holds then.
type saved struct {
	name string
	out  stream
}

// maxFiles bounds the files that are followed.
const maxFiles = 32

// save notes what the command's redirections leave in files.
func (p *Parser) save(redirs []Redirect, out stream) {
	for i := range redirs {
		r := &redirs[i]
		switch r.Op {
		case ">", ">|", "&>", ">>", "&>>":
			if r.FD == "" || r.FD == "1" {
				p.saveFile(r.Target, out, strings.HasSuffix(r.Op, ">>"))
			}
		}
	}
}

// saveFile notes that out is written to a file, or behind what it holds.
func (p *Parser) saveFile(name string, out stream, behind bool) {
	if name == "" || strings.HasPrefix(name, "/dev/") && !strings.HasPrefix(name, "/dev/shm/") {
		return
	}
	for i := range p.files {
		if f := &p.files[i]; f.name == name {
			if behind {
				out = p.concat(f.out, out)
			}
			f.out = out
			return
		}
	}
	if behind && !out.holds() || len(p.files) == maxFiles {
		return
	}
	if behind {
		out = p.written(out)
		out.ok = false // what was in the file before is not known
	}
	p.files = append(p.files, saved{name, out})
}

// holds reports whether some of the stream's text is known.
func (s stream) holds() bool { return s.known() || s.body != "" }

// contents returns what a file holds that the line wrote. A name without its directory is the file of that name in any directory, for a cd may stand between.
func (p *Parser) contents(name string) (stream, bool) {
	name = strings.TrimPrefix(name, "./")
	for i := len(p.files) - 1; i >= 0; i-- {
		if f := &p.files[i]; sameFile(strings.TrimPrefix(f.name, "./"), name) {
			return f.out, f.out.holds()
		}
	}
	return stream{}, false
}

func sameFile(a, b string) bool {
	switch {
	case a == b:
		return true
	case strings.HasPrefix(a, "/") == strings.HasPrefix(b, "/"):
		return false
	}
	return a[strings.LastIndexByte(a, '/')+1:] == b[strings.LastIndexByte(b, '/')+1:]
}

// input returns what a command reads after a redirection of its standard input from a file.
func (p *Parser) input(r *Redirect, in stream) stream {
	if r.Op != "<" && r.Op != "<>" || r.FD != "" && r.FD != "0" {
		return in
	}
	out, _ := p.contents(r.Target)
	return out
}

// program follows a command that is a file which the line wrote.
func (p *Parser) program(idx int, in stream) stream {
	c := &p.v.Commands[idx]
	path := c.Path
	if path == "" {
		path = c.Name
	}
	if out, ok := p.contents(path); ok && strings.IndexByte(path, '/') >= 0 {
		return p.sub(p.text(out), idx, c.Name, in)
	}
	return stream{}
}
