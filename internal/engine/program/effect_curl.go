package program

import "strings"

// maxURLs is how many URLs of one curl are looked at: for each all options are read.
const maxURLs = 64

// curl: what is sent (-d, -F, -T), what comes back and whether it is kept.
func (x *call) curl() {
	if o := x.option("-b"); o != nil && !strings.Contains(o.Value, "=") {
		x.reads(o.Value, o.Mark) // a file of cookies
	}
	n := 0
	for i := 0; i < len(x.options) && n < maxURLs; i++ {
		if o := &x.options[i]; o.Name == "--url" {
			x.curlURL(o.Value, o, n)
			n++
		}
	}
	for i := 0; i < len(x.operands) && n < maxURLs; i++ {
		if o := &x.operands[i]; o.Role == RoleURL {
			x.curlURL(o.Text, &Option{Mark: o.Mark}, n)
			n++
		}
	}
}

func (x *call) curlURL(word string, o *Option, n int) {
	p := x.url(word, o.Mark, "http")
	if p.scheme == "file" {
		x.reads(p.path, o.Mark)
		return
	}
	if p.class == NoHost {
		return
	}
	sent := x.curlSends(p)
	to, kept := x.curlKeeps(p, n)
	if (!sent || kept) && !x.has("-I") {
		x.lands(p, to)
	}
	x.connects(p)
}

// curlKeeps returns where the answer to URL n goes: each -o and -O is for one URL, in order.
func (x *call) curlKeeps(p place, n int) (to string, kept bool) {
	var out *Option
	k := 0
	for i := range x.options {
		o := &x.options[i]
		if o.Spec == nil || !o.Spec.named("-o") && !o.Spec.named("-O") {
			continue
		}
		if k == n {
			out = o
		}
		k++
	}
	dir := x.dir
	if d := x.option("--output-dir"); d != nil {
		dir = x.a.resolve(d.Value, d.Mark, x.dir)
	}
	switch {
	case out != nil && out.HasValue && out.Value == "-", out == nil && !x.has("--remote-name-all"):
		return x.stdout(), x.to.kind == file
	case out != nil && out.HasValue:
		if to = x.a.path(out.Value, out.Mark, dir); nothing(to) {
			return "", false
		}
		return to, true
	}
	path, _, _ := strings.Cut(p.path, "?")
	path, _, _ = strings.Cut(path, "#")
	name := baseName(path)
	if name == "" {
		return "", false // curl refuses: there is no name
	}
	return x.a.path(name, p.mark, dir), true
}

// curlSends adds what is sent to p: data of the command itself, or of files.
func (x *call) curlSends(p place) (sent bool) {
	get := x.has("-G")
	for i := range x.options {
		o := &x.options[i]
		if o.Spec == nil || !o.HasValue {
			continue
		}
		switch o.Spec.Names[0] {
		case "-d", "--data-binary", "--data-ascii", "--json", "--data-urlencode", "--data-raw":
			if get {
				continue
			}
			x.curlData(p, o)
		case "-F":
			x.curlForm(p, o)
		case "-T":
			x.reads(o.Value, o.Mark)
			x.sends(p, x.from(o.Value, o.Mark))
		case "--form-string":
			x.sendsText(p)
		default:
			continue
		}
		sent = true
	}
	return sent
}

// curlData is -d text, -d @file, --data-urlencode name@file.
func (x *call) curlData(p place, o *Option) {
	name, file, at := strings.Cut(o.Value, "@")
	encoded := o.Spec.named("--data-urlencode")
	if !at || o.Spec.named("--data-raw") || name != "" && (!encoded || strings.IndexByte(name, '=') >= 0) {
		x.sendsText(p)
		return
	}
	x.curlFile(p, file, o)
}

// curlForm is -F name=@file, name=<file, name=text.
func (x *call) curlForm(p place, o *Option) {
	_, value, _ := strings.Cut(o.Value, "=")
	if value == "" || value[0] != '@' && value[0] != '<' {
		x.sendsText(p)
		return
	}
	file, _, _ := strings.Cut(value[1:], ";")
	x.curlFile(p, strings.Trim(file, `"`), o)
}

func (x *call) curlFile(p place, file string, o *Option) {
	x.reads(file, o.Mark)
	x.sends(p, x.from(file, o.Mark))
}

// sendsText adds, once, that text of the command itself is sent.
func (x *call) sendsText(p place) {
	effects := x.a.l.effects[x.first:]
	for k := range effects {
		if e := &effects[k]; e.Verb == Sends && e.From == "" && e.Target == p.text {
			return
		}
	}
	x.sends(p, "")
}
