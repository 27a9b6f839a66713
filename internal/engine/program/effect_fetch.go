package program

import (
	"strings"

	"ttpctl/internal/engine/shell"
)

// wget is GNU's and BusyBox's: each URL lands in the file of -O, else in one named as its last component.
func (x *call) wget() {
	for _, o := range x.operands {
		if o.Role == RoleURL {
			x.wgetURL(x.url(o.Text, o.Mark, "http"))
		}
	}
}

func (x *call) wgetURL(p place) {
	x.wgetSends(p)
	switch out := x.option("-O"); {
	case x.has("--spider"):
	case out != nil:
		x.lands(p, x.save(out))
	case x.has("-r", "-m", "-p", "-x"), p.nameless():
		x.fetches(p, "") // a tree of directories named after the host, or nobody knows what
	default:
		dir := x.dir
		if d := x.option("-P"); d != nil && d.Value != "" {
			dir = x.a.resolve(d.Value, d.Mark, x.dir)
		}
		x.lands(p, x.a.path(lastComponent(p.path), p.mark, dir))
	}
	x.connects(p)
}

func (x *call) wgetSends(p place) {
	if o := x.option("--post-file", "--body-file"); o != nil {
		x.sends(p, x.from(o.Value, o.Mark))
	} else if x.has("--post-data", "--body-data") {
		x.sends(p, "")
	}
}

// from returns what a word of a send names: a file, or - for standard input.
func (x *call) from(word string, m shell.Mark) string {
	if word == "-" || word == "." {
		return x.stdin()
	}
	if from := x.path(word, m); !nothing(from) {
		return from
	}
	return x.stdin()
}

// save returns where an option leaves what is fetched: a file, - for standard output, nothing for /dev/null.
func (x *call) save(o *Option) string {
	if o.Value == "-" || o.Value == "/dev/stdout" {
		return x.stdout()
	}
	if to := x.path(o.Value, o.Mark); !nothing(to) {
		return to
	}
	return ""
}

// nameless reports whether nothing of a URL is known, its path neither: `$URL`.
func (p *place) nameless() bool {
	return p.class == UnknownHost && p.path == "" && !strings.Contains(p.text, "://")
}

// lastComponent returns the name under which a URL's path is saved: with its query, without its fragment.
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

// download is the plain kind: a URL and where it goes, by -o or -O, a second operand, or its name.
func (x *call) download() {
	dir := x.dir
	if d := x.option("-d", "--dir"); d != nil && d.HasValue {
		dir = x.a.resolve(d.Value, d.Mark, x.dir)
	}
	for i, o := range x.operands {
		if o.Role != RoleURL {
			continue
		}
		p := x.url(o.Text, o.Mark, "http")
		out := x.option("-o", "-O", "--out", "--output")
		switch {
		case out != nil && out.HasValue && out.Value != "-":
			x.lands(p, x.a.path(out.Value, out.Mark, dir))
		case out != nil && out.HasValue:
			x.lands(p, x.stdout())
		case i+1 < len(x.operands) && x.operands[i+1].Role == RoleSave:
			x.lands(p, x.path(x.operands[i+1].Text, x.operands[i+1].Mark))
		default:
			if p.nameless() {
				x.fetches(p, "")
			} else {
				x.lands(p, x.a.path(lastComponent(p.path), o.Mark, dir))
			}
		}
		x.connects(p)
	}
}

// browse prints what a URL has: lynx, GET, w3m. They show files of this host too.
func (x *call) browse() {
	for _, o := range x.operands {
		if o.Role == RoleURL && page(o.Text) {
			x.reads(o.Text, o.Mark)
			continue
		}
		if o.Role == RoleURL && (strings.Contains(o.Text, "://") || strings.IndexByte(o.Text, '.') > 0) {
			p := x.url(o.Text, o.Mark, "http")
			x.fetches(p, x.stdout())
			x.connects(p)
		}
	}
}

// page reports whether what a browser is given is a file.
func page(word string) bool {
	if strings.Contains(word, "://") {
		return false
	}
	name := baseName(word)
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return strings.HasPrefix(word, "/") || strings.HasPrefix(word, "./") || strings.HasPrefix(word, "~/")
	}
	switch name[dot:] {
	case ".html", ".htm", ".xhtml", ".txt", ".md", ".gz", ".xml":
		host, _, _ := strings.Cut(word, "/")
		return host == name || strings.IndexByte(host, '.') <= 0
	}
	return strings.HasPrefix(word, "/") || strings.HasPrefix(word, "./") || strings.HasPrefix(word, "~/")
}

// probe only connects: HEAD.
func (x *call) probe() {
	for _, o := range x.operands {
		if o.Role == RoleURL {
			x.connects(x.url(o.Text, o.Mark, "http"))
		}
	}
}
