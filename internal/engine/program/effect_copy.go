package program

import (
	"strings"

	"ttpctl/internal/engine/shell"
)

// targets calls f with each source of cp, mv, install and ln and the file that it becomes. A directory is one by -t, by its spelling, or because
// there are several sources. Into "" nothing is copied: they fail.
func (x *call) targets(f func(src *Operand, to string)) {
	var target Operand
	n := len(x.operands)
	switch t := x.option("-t"); {
	case t != nil && t.HasValue:
		target = Operand{Text: t.Value, Mark: t.Mark}
		if t.Value != "" {
			target.Text = strings.TrimRight(t.Value, "/") + "/"
		}
	case n < 2:
		return
	default:
		n--
		target = x.operands[n]
	}
	if target.Text == "" {
		return
	}
	several := n > 1 && !x.has("-T")
	for i := range x.operands[:n] {
		src := &x.operands[i]
		f(src, x.into(baseName(strings.TrimRight(src.Text, "/")), &target, several))
	}
}

// cp reads its sources and writes their copies; -l and -s make links.
func (x *call) cp() {
	x.targets(func(src *Operand, _ string) { x.reads(src.Text, src.Mark) })
	x.targets(func(src *Operand, to string) {
		how := Create
		if nothing(x.path(src.Text, src.Mark)) {
			how = Empty
		} else if x.has("-l", "-s") {
			how = Link
		}
		x.becomes(src, how, to)
	})
}

// becomes adds the write of a path, canonical already, that is made of src.
func (x *call) becomes(src *Operand, how How, path string) {
	if nothing(path) {
		return
	}
	e := Effect{Verb: Writes, How: how, Target: path, Mark: src.Mark & shell.Glob}
	if how != Empty {
		e.From = x.path(src.Text, src.Mark)
	}
	x.add(e)
}

// mv writes the new names and removes the old ones.
func (x *call) mv() {
	x.targets(func(src *Operand, to string) { x.becomes(src, Create, to) })
	x.targets(func(src *Operand, _ string) { x.file(Effect{Verb: Removes, Mark: src.Mark}, src.Text) })
}

// install is cp with a mode; -d makes directories, which are no files.
func (x *call) install() {
	if !x.has("-d") {
		x.cp()
	}
	o := x.option("-m")
	if o == nil {
		return
	}
	how := modeHow(o.Value)
	if x.has("-d") {
		for _, d := range x.operands {
			x.file(Effect{Verb: ChangesMode, How: how, Mark: d.Mark}, d.Text)
		}
		return
	}
	x.targets(func(src *Operand, to string) {
		x.add(Effect{Verb: ChangesMode, How: how, Target: to, Mark: src.Mark & shell.Glob})
	})
}

// ln makes links; one to /dev/null empties what a name stands for.
func (x *call) ln() {
	link := func(src *Operand, to string) {
		how := Link
		if nothing(x.path(src.Text, src.Mark)) {
			how = Empty
		}
		x.becomes(src, how, to)
	}
	if len(x.operands) == 1 && !x.has("-t") {
		src := &x.operands[0]
		link(src, x.path(baseName(strings.TrimRight(src.Text, "/")), src.Mark))
		return
	}
	x.targets(link)
}

// dd reads if and writes of.
func (x *call) dd() {
	of := x.option("of")
	if of == nil || !of.HasValue {
		return
	}
	how := Create
	switch {
	case x.value("if") != "" && nothing(x.path(x.value("if"), 0)):
		how = Empty
	case strings.Contains(x.value("oflag"), "append"):
		how = Append
	case x.has("seek") || strings.Contains(x.value("conv"), "notrunc"):
		how = Edit
	}
	e := Effect{Verb: Writes, How: how, Mark: of.Mark}
	if from := x.option("if"); from != nil && how != Empty {
		e.From = x.path(from.Value, from.Mark)
	}
	x.file(e, of.Value)
}

// truncate -s 0 empties; another size leaves something.
func (x *call) truncate() {
	size := strings.TrimLeft(x.value("-s"), "=<>+-/% ")
	how := Edit
	if strings.TrimRight(size, "bBkKmMgGtTpPiI") != "" && strings.Trim(strings.TrimRight(size, "bBkKmMgGtTpPiI"), "0") == "" && !strings.ContainsAny(x.value("-s"), "+->%/") {
		how = Empty
	}
	for _, o := range x.operands {
		x.writes(how, o.Text, o.Mark)
	}
}

// tee writes what it reads; /dev/null leaves the files empty.
func (x *call) tee() {
	how := Create
	switch {
	case x.has("-a"):
		how = Append
	case x.in.kind == null:
		how = Empty
	}
	for _, o := range x.operands {
		x.writes(how, o.Text, o.Mark)
	}
}

// sed reads its files, and with -i changes them.
func (x *call) sed() {
	edit := x.has("-i", "-I")
	for _, o := range x.operands {
		if o.Role != RolePath {
			continue
		}
		x.reads(o.Text, o.Mark)
		if edit {
			x.writes(Edit, o.Text, o.Mark)
		}
	}
}

// shred overwrites; with -u it removes.
func (x *call) shred() {
	for _, o := range x.operands {
		if x.has("-u") {
			x.file(Effect{Verb: Removes, Mark: o.Mark}, o.Text)
		} else {
			x.writes(Edit, o.Text, o.Mark)
		}
	}
}

// edits opens the files that the program is there for.
func (x *call) edits() {
	if x.has("-c", "-h", "-V") || x.has("-f") {
		return
	}
	file := "/etc/passwd"
	switch group := x.c.Program == "vigr" || x.has("-g"); {
	case x.c.Program == "visudo":
		file = "/etc/sudoers"
	case group && x.has("-s"):
		file = "/etc/gshadow"
	case group:
		file = "/etc/group"
	case x.has("-s"):
		file = "/etc/shadow"
	}
	x.writes(Edit, file, 0)
}

// containerCopy copies between a container, NAME:path, and files of this host.
func (x *call) containerCopy() {
	if len(x.operands) < 2 {
		return
	}
	src, dst := &x.operands[0], &x.operands[1]
	inside := func(o *Operand) bool { return strings.IndexByte(o.Text, ':') > 0 }
	if !inside(src) {
		x.reads(src.Text, src.Mark)
	}
	if !inside(dst) && dst.Text != "-" {
		name := src.Text[strings.IndexByte(src.Text, ':')+1:]
		x.add(Effect{Verb: Writes, How: Create, Target: x.into(baseName(strings.TrimRight(name, "/")), dst, false)})
	}
}

// sshKeygen makes a pair of keys, unless it is asked for something else.
func (x *call) sshKeygen() {
	f := x.option("-f")
	switch {
	case x.has("-A", "-D", "-k", "-Q", "-s", "-Y", "-M", "-I", "-r"):
	case x.has("-R", "-H"):
		x.keyFile(f, "~/.ssh/known_hosts", Edit)
	case f == nil || !f.HasValue:
	case x.has("-l", "-y", "-e", "-i", "-B", "-L", "-F"):
		x.reads(f.Value, f.Mark)
	case x.has("-p", "-c"):
		x.writes(Edit, f.Value, f.Mark)
	default:
		x.writes(Create, f.Value, f.Mark)
		x.writes(Create, f.Value+".pub", f.Mark)
	}
}

func (x *call) keyFile(f *Option, usual string, how How) {
	if f == nil {
		f = &Option{Value: usual}
	}
	x.writes(how, f.Value, f.Mark)
}

// mute marks commands that write nothing: `:`, true.
func (x *call) mute() { x.silent = true }

// echo writes nothing with -n and no words, printf with an empty format.
func (x *call) echo() {
	x.silent = true
	for _, w := range x.c.Words {
		x.silent = x.silent && (w.Text == "" || w.Text == "-n" || w.Text == "-ne" || w.Text == "-en")
	}
	if x.c.Program == "echo" && !x.muted() {
		x.silent = false
	}
}

// muted reports whether echo leaves its newline out.
func (x *call) muted() bool {
	w := x.c.Words
	return len(w) > 0 && strings.HasPrefix(w[0].Text, "-n") || len(w) > 0 && w[0].Text == "-en"
}

// cat writes nothing when all it reads is /dev/null.
func (x *call) cat() {
	x.silent = len(x.operands) > 0 || x.in.kind == null
	for _, o := range x.operands {
		x.silent = x.silent && o.Text == "/dev/null"
	}
}
