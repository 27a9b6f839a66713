package program

import "strings"

// fetch is wget: each URL lands in the file of -O, else in one named as its last component.
func (x *call) fetch() {
	for _, o := range x.operands {
		if o.Role == RoleURL {
			x.wget(o)
		}
	}
}

func (x *call) wget(o Operand) {
	p := x.url(o.Text, o.Mark, "http")
	switch out := x.option("-O"); {
	case x.has("--spider"):
	case out != nil:
		x.fetches(p, x.save(out.Value, out))
	default:
		dir := x.dir
		if d := x.option("-P"); d != nil {
			dir = x.a.resolve(d.Value, d.Mark, x.dir)
		}
		x.fetches(p, x.a.path(lastComponent(p.path), o.Mark, dir))
	}
	x.connects(p)
}

// save returns where an option leaves what is fetched: a file, - for standard output, nothing for /dev/null.
func (x *call) save(word string, o *Option) string {
	if word == "-" || word == "/dev/stdout" {
		return "-"
	}
	if to := x.path(word, o.Mark); !nothing(to) {
		return to
	}
	return ""
}

// fetches adds a fetch of p and, when it leaves a file, the write of that.
func (x *call) fetches(p place, to string) {
	x.add(Effect{Verb: Fetches, Target: p.text, Scheme: p.scheme, Host: p.host, Class: p.class, Port: p.port, To: to, Mark: p.mark})
	if to != "" && to != "-" {
		x.add(Effect{Verb: Writes, How: Create, Target: to})
	}
}

// lastComponent returns the name under which wget saves a path: with its query, without its fragment.
func lastComponent(path string) string {
	path, _, _ = strings.Cut(path, "#")
	name, query, asked := strings.Cut(path, "?")
	if name = baseName(name); name == "" {
		name = "index.html"
	}
	if asked {
		return name + "?" + query
	}
	return name
}
