package program

import "strings"

// tar's mode says what its operands are: members that are read (c, r, u), or names inside (x, t).
func (x *call) tar() {
	f := x.option("-f")
	dir := x.dir
	var into *Option
	if c := x.option("-C"); c != nil && c.HasValue {
		dir, into = x.a.resolve(c.Value, c.Mark, x.dir), c
	}
	switch {
	case x.has("-c", "-r", "-u", "-A"):
		x.packs(f, dir)
	case x.has("-x"):
		x.readsArchive(f)
		if x.has("-O", "--to-command") {
			return
		}
		if into == nil {
			into = &Option{Value: "."}
		}
		x.writes(Create, into.Value, into.Mark)
	case x.has("-t", "-d"):
		x.readsArchive(f)
	}
}

func (x *call) readsArchive(f *Option) {
	if f != nil && f.HasValue {
		x.reads(f.Value, f.Mark)
	}
}

// packs reads members in dir and writes the archive f, or standard output.
func (x *call) packs(f *Option, dir string) {
	for i := range x.operands {
		o := &x.operands[i]
		o.Role = RolePath
		x.add(Effect{Verb: Reads, Target: x.a.path(o.Text, o.Mark, dir), Mark: o.Mark})
	}
	how := Create
	if !x.has("-c") {
		how = Edit
		if x.has("-r") {
			how = Append
		}
	}
	if f == nil || !f.HasValue || f.Value == "-" {
		x.archivesTo(x.stdout())
	} else {
		x.archives(how, f.Value, f)
	}
	if x.has("--remove-files") {
		for _, o := range x.operands {
			x.add(Effect{Verb: Removes, Target: x.a.path(o.Text, o.Mark, dir), Mark: o.Mark})
		}
	}
}

// archives adds an archive file and its write.
func (x *call) archives(how How, word string, o *Option) {
	x.file(Effect{Verb: Archives, Mark: o.Mark}, word)
	x.writes(how, word, o.Mark)
}

// archivesTo adds an archive that goes to standard output.
func (x *call) archivesTo(path string) {
	if path != "" {
		x.add(Effect{Verb: Archives, Target: path})
	}
}

// zip is ARCHIVE MEMBER...; a name without a dot gets one.
func (x *call) zip() {
	if len(x.operands) == 0 {
		return
	}
	members := x.operands[1:]
	for i := range members {
		members[i].Role = RolePath
		x.reads(members[i].Text, members[i].Mark)
	}
	out := x.operands[0].Text
	if out == "-" {
		x.archivesTo(x.stdout())
	} else {
		if !strings.Contains(baseName(out), ".") {
			out += ".zip"
		}
		x.archives(Create, out, &Option{Mark: x.operands[0].Mark})
	}
	if x.has("-m") {
		for _, o := range members {
			x.file(Effect{Verb: Removes, Mark: o.Mark}, o.Text)
		}
	}
}

// unzip is ARCHIVE [MEMBER...] -d DIRECTORY.
func (x *call) unzip() {
	if len(x.operands) == 0 {
		return
	}
	x.reads(x.operands[0].Text, x.operands[0].Mark)
	if x.has("-l", "-t", "-p", "-c", "-z", "-v") {
		return
	}
	x.unpacks(x.option("-d"))
}

// unpacks adds the directory that an archive is unpacked into.
func (x *call) unpacks(dir *Option) {
	if dir == nil || !dir.HasValue {
		dir = &Option{Value: "."}
	}
	x.writes(Create, dir.Value, dir.Mark)
}

// sevenZip is COMMAND ARCHIVE [FILE...]: 7z, rar and unrar.
func (x *call) sevenZip() {
	if len(x.operands) < 2 {
		return
	}
	archive, members := x.operands[1], x.operands[2:]
	switch x.operand(0) {
	case "a", "u", "m":
		for _, o := range members {
			x.reads(o.Text, o.Mark)
		}
		out := archive.Text
		if !strings.Contains(baseName(out), ".") {
			out += map[bool]string{true: ".rar", false: ".7z"}[x.c.Program == "rar"]
		}
		x.archives(Create, out, &Option{Mark: archive.Mark})
	case "e", "x":
		x.reads(archive.Text, archive.Mark)
		dir := x.attached("-o")
		if n := len(members); dir == nil && n > 0 && strings.HasSuffix(members[n-1].Text, "/") {
			dir = &Option{Value: members[n-1].Text, HasValue: true, Mark: members[n-1].Mark}
		}
		x.unpacks(dir)
	case "l", "t":
		x.reads(archive.Text, archive.Mark)
	}
}

// attached returns an option whose value stands right behind its name, which longdash takes for part of the name.
func (x *call) attached(name string) *Option {
	for i := range x.options {
		if o := &x.options[i]; strings.HasPrefix(o.Name, name) && len(o.Name) > len(name) {
			return &Option{Value: o.Name[len(name):], HasValue: true, Mark: o.Mark}
		}
	}
	return x.option(name)
}

// ar is KEYS [MEMBER OF THE LIST] ARCHIVE FILE...: q and r add, d removes members, the others read.
func (x *call) ar() {
	if len(x.operands) < 2 {
		return
	}
	keys, archive := x.operand(0), x.operands[1]
	switch {
	case strings.ContainsAny(keys, "rq"):
		for _, o := range x.operands[2:] {
			x.reads(o.Text, o.Mark)
		}
		x.archives(Edit, archive.Text, &Option{Mark: archive.Mark})
	case strings.ContainsAny(keys, "dms"):
		x.writes(Edit, archive.Text, archive.Mark)
	default:
		x.reads(archive.Text, archive.Mark)
	}
}

// suffix returns the ending of compressed files, by program.
func suffix(program string) string {
	switch program {
	case "bzip2", "bunzip2", "pbzip2", "lbzip2":
		return ".bz2"
	case "xz", "unxz":
		return ".xz"
	case "lzma", "unlzma":
		return ".lzma"
	case "zstd", "unzstd":
		return ".zst"
	case "lz4", "unlz4":
		return ".lz4"
	case "compress", "uncompress":
		return ".Z"
	case "lzop", "unlzop":
		return ".lzo"
	case "brotli":
		return ".br"
	}
	return ".gz"
}

// squeeze is gzip and its kin: each file is replaced by one with a suffix, or back.
func (x *call) squeeze() {
	back := x.has("-d") || strings.HasPrefix(x.c.Program, "un") || strings.HasPrefix(x.c.Program, "gun") || x.c.Program == "bunzip2"
	ext := suffix(x.c.Program)
	if len(x.operands) == 0 && !back && !x.has("-l", "-t") {
		x.archivesTo(x.stdout())
	}
	for i := range x.operands {
		o := &x.operands[i]
		x.reads(o.Text, o.Mark)
		switch {
		case x.has("-t", "-l"):
		case x.has("-c"):
			if !back {
				x.archivesTo(x.stdout())
			}
		default:
			x.squeezed(o, back, ext)
		}
	}
}

func (x *call) squeezed(o *Operand, back bool, ext string) {
	src := x.path(o.Text, o.Mark)
	path := src
	switch out := x.option("-o"); {
	case out != nil && out.HasValue:
		path = x.path(out.Value, out.Mark)
		back = back || x.has("-d")
	case back:
		if strings.HasSuffix(path, ".tgz") {
			path = x.a.join2(strings.TrimSuffix(path, ".tgz"), ".tar")
		} else {
			path = strings.TrimSuffix(path, ext)
		}
	default:
		path = x.a.join2(path, ext)
	}
	if !back {
		x.add(Effect{Verb: Archives, Target: path, Mark: o.Mark})
	}
	x.add(Effect{Verb: Writes, How: Create, Target: path, From: src, Mark: o.Mark})
	if !x.has("-k") && !(x.keeps() && !x.has("--rm")) {
		x.file(Effect{Verb: Removes, Mark: o.Mark}, o.Text)
	}
}

// keeps reports whether the program leaves its input alone by itself.
func (x *call) keeps() bool {
	switch x.c.Program {
	case "zstd", "unzstd", "lz4", "unlz4", "lzop", "unlzop", "brotli":
		return true
	}
	return false
}

// gpg -c and -e pack a file; -d unpacks one.
func (x *call) gpg() {
	pack := x.has("-c", "-e", "-s", "--clearsign", "-b")
	if !pack && !x.has("-d") {
		return
	}
	out := x.option("-o")
	for i := range x.operands {
		o := &x.operands[i]
		o.Role = RoleRead
		x.reads(o.Text, o.Mark)
		if !pack {
			continue
		}
		switch {
		case out == nil:
			ext := ".gpg"
			if x.has("-a") {
				ext = ".asc"
			}
			x.archives(Create, o.Text+ext, &Option{Mark: o.Mark})
		case out.Value == "-":
			x.archivesTo(x.stdout())
		}
	}
	if pack && len(x.operands) == 0 && out == nil {
		x.archivesTo(x.stdout())
	}
	if out != nil && out.HasValue && out.Value != "-" {
		if pack {
			x.file(Effect{Verb: Archives, Mark: out.Mark}, out.Value)
		}
		x.writes(Create, out.Value, out.Mark)
	}
}

// cpio packs on -o, unpacks on -i, copies into a directory on -p.
func (x *call) cpio() {
	f := x.option("-F", "-O", "-I")
	switch {
	case x.has("-o"):
		if f == nil {
			x.archivesTo(x.stdout())
		} else {
			x.archives(Create, f.Value, f)
		}
	case x.has("-i"):
		x.readsArchive(f)
		x.unpacks(x.option("-D"))
	case x.has("-p"):
		for _, o := range x.operands {
			x.writes(Create, o.Text, o.Mark)
		}
	}
}
