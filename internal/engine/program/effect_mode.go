package program

import "strings"

// chmod is the effect of a mode and files after it.
func (x *call) chmod() {
	files, how := x.operands, OtherMode
	if !x.has("--reference") && !x.takesMode() && len(files) > 0 {
		how, files = modeHow(files[0].Text), files[1:]
	}
	for i := range files {
		files[i].Role = RolePath
		x.file(Effect{Verb: ChangesMode, How: how, Mark: files[i].Mark}, files[i].Text)
	}
}

// takesMode reports whether the mode is one like -x, which the grammar has taken for options.
func (x *call) takesMode() bool {
	for i := range x.options {
		if o := &x.options[i]; o.Spec == nil && len(o.Name) == 2 && strings.IndexByte("rwxXst", o.Name[1]) >= 0 {
			return true
		}
	}
	return false
}

// modeHow says what a mode, octal or symbolic, gives.
func modeHow(mode string) How {
	var how How
	if mode != "" && strings.Trim(mode, "01234567") == "" {
		how = octalHow(mode)
	} else {
		for clause := range strings.SplitSeq(mode, ",") {
			how |= clauseHow(clause)
		}
	}
	if how == 0 {
		return OtherMode
	}
	return how
}

// octalHow reads 4755: any x bit, setuid or setgid, w for others.
func octalHow(mode string) (how How) {
	n := len(mode)
	bit := func(fromEnd int, mask byte) bool { return n > fromEnd && (mode[n-1-fromEnd]-'0')&mask != 0 }
	if bit(0, 1) || bit(1, 1) || bit(2, 1) {
		how |= Executable
	}
	if bit(3, 6) {
		how |= Setid
	}
	if bit(0, 2) {
		how |= WorldWritable
	}
	return how
}

// clauseHow reads u+s, a=rwx, +x; what a clause takes away gives nothing.
func clauseHow(clause string) (how How) {
	i := strings.IndexAny(clause, "+=")
	if i < 0 {
		return 0
	}
	who, perm := clause[:i], clause[i+1:]
	if strings.Contains(perm, "x") {
		how |= Executable
	}
	if strings.Contains(perm, "s") && !(who == "o") {
		how |= Setid
	}
	if strings.Contains(perm, "w") && strings.ContainsAny(who, "oa") {
		how |= WorldWritable
	}
	return how
}

// chattr is [+-=][attributes] files; gnu's grammar has taken -ia for options.
func (x *call) chattr() {
	var how How
	for i := range x.options {
		if n := x.options[i].Name; n == "-i" || n == "-a" {
			how |= Mutable
		}
	}
	files := x.operands
	if len(files) > 0 && files[0].Text != "" && strings.IndexByte("+=", files[0].Text[0]) >= 0 {
		files[0].Role = RoleMode
		if strings.ContainsAny(files[0].Text, "ia") {
			how |= Immutable
		}
		files = files[1:]
	}
	if how == 0 {
		how = OtherMode
	}
	for _, o := range files {
		x.file(Effect{Verb: ChangesMode, How: how, Mark: o.Mark}, o.Text)
	}
}
