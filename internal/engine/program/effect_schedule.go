package program

import "strings"

// schedules adds a command that runs later, - when it cannot be seen.
func (x *call) schedules(command string) {
	x.add(Effect{Verb: Schedules, Target: command})
}

// crontab installs a table: a file, standard input, or what an editor makes.
func (x *call) crontab() {
	switch {
	case x.has("-l", "-r"):
	case x.has("-e"):
		x.schedules("-")
	case len(x.operands) > 0 && x.operand(0) != "-":
		if !x.scheduledLines() {
			x.schedules("-")
		}
	case len(x.operands) > 0 || x.fed():
		if !x.scheduledLines() {
			x.schedules("-")
		}
	}
}

// scheduledLines adds the entries of a table that the line holds.
func (x *call) scheduledLines() bool {
	n := 0
	for line := range strings.Lines(x.a.v.Commands[x.i].Input) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || variableLine(line) {
			continue
		}
		x.schedules(line)
		n++
	}
	return n > 0
}

// variableLine reports whether a line of a table sets a variable: `MAILTO=""`.
func variableLine(line string) bool {
	name, _, ok := strings.Cut(line, "=")
	return ok && name != "" && strings.Trim(strings.TrimSpace(name), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// atJobs is at and batch: they run their input, or the file of -f, later.
func (x *call) atJobs() {
	if x.has("-l", "-d", "-r", "-c", "-V") {
		return
	}
	n := 0
	if !x.has("-f") {
		for line := range strings.Lines(x.a.v.Commands[x.i].Input) {
			if line = strings.TrimSpace(line); line != "" {
				x.schedules(line)
				n++
			}
		}
	}
	if n == 0 {
		x.schedules("-")
	}
}

// systemdRun schedules when it has a timer.
func (x *call) systemdRun() {
	for i := range x.options {
		if !strings.HasPrefix(x.options[i].Name, "--on-") && x.options[i].Name != "--timer-property" {
			continue
		}
		words := x.c.Words
		x.a.buf = x.a.buf[:0]
		for _, w := range words[max(0, len(words)-len(x.operands)):] {
			if len(x.a.buf) > 0 {
				x.a.buf = append(x.a.buf, ' ')
			}
			x.a.buf = append(x.a.buf, w.Text...)
		}
		if command := x.a.out.Bytes(x.a.buf); command != "" {
			x.schedules(command)
		} else {
			x.schedules("-")
		}
		return
	}
}
