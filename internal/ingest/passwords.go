package ingest

import (
	"regexp"
	"strings"

	"ttpctl/internal/engine/shell"
	"ttpctl/internal/ingest/aggregate"
)

// A passwordReader finds the passwords that command lines set: by passwd and
// chpasswd, which read them, and by useradd and usermod with -p. It belongs to
// one goroutine.
type passwordReader struct {
	parser *shell.Parser
	view   shell.View
	known  map[string][]newPassword // by line: attackers repeat themselves
	bytes  int                      // of the lines that are known
}

// Bounds of the lines that are known, in bytes. Beside its text a line takes
// knownSetterCost, and as much for each password.
const (
	maxKnown        = 2 << 20
	maxKnownSetter  = 1 << 10 // of a line
	knownSetterCost = 120
)

// A newPassword is what a line sets.
type newPassword struct {
	user, password string
	own            bool // of whoever runs the line: there is no user
}

// setPasswords tells the aggregates of the passwords that a command line sets.
func (c *cowrieSessions) setPasswords(s *cowrieSession, set []newPassword) {
	for _, p := range set {
		if p.own {
			p.user = s.user
		}
		if p.user != "" {
			c.set.PasswordSet(&aggregate.NewPassword{Attacker: s.attacker, Username: p.user, Password: p.password})
		}
	}
}

// of returns what a line sets, which others may be reading too.
func (r *passwordReader) of(line string) []newPassword {
	if !maySetPassword(line) {
		return nil
	}
	if set, ok := r.known[line]; ok {
		return set
	}
	set := r.read(line)
	if len(line) <= maxKnownSetter {
		if r.bytes >= maxKnown || r.known == nil {
			r.known, r.bytes = make(map[string][]newPassword), 0
		}
		r.known[strings.Clone(line)] = set
		r.bytes += len(line) + knownSetterCost*(1+len(set))
	}
	return set
}

// maySetPassword is a cheap test: few lines get beyond it.
func maySetPassword(line string) bool {
	return strings.Contains(line, "passwd") || strings.Contains(line, "useradd") || strings.Contains(line, "usermod")
}

// read takes a line apart.
func (r *passwordReader) read(line string) (set []newPassword) {
	if r.parser == nil {
		r.parser = shell.NewParser()
	}
	r.parser.Parse(line, &r.view)
	for i := range r.view.Commands {
		cmd := &r.view.Commands[i]
		switch cmd.Name {
		case "chpasswd":
			set = append(set, fedPairs(cmd)...)
		case "passwd":
			set = append(set, passwdPair(cmd))
		case "useradd", "usermod", "adduser":
			set = append(set, r.optionPair(cmd))
		}
	}
	n := 0
	for _, p := range set {
		if p.password != "" && (p.own || p.user != "") {
			set[n] = newPassword{strings.Clone(p.user), strings.Clone(p.password), p.own}
			n++
		}
	}
	return set[:n]
}

// fedPairs returns what chpasswd reads: a pair a line, unless it is told that
// the passwords are hashes.
func fedPairs(cmd *shell.Command) (pairs []newPassword) {
	for _, arg := range cmd.Args {
		if arg == "-e" || arg == "--encrypted" {
			return nil
		}
	}
	for l := range strings.Lines(cmd.Input) {
		name, password, _ := strings.Cut(strings.TrimRight(l, "\r\n"), ":")
		pairs = append(pairs, newPassword{user: strings.TrimSpace(name), password: password})
	}
	return pairs
}

// passwdPair returns what passwd sets: it reads the new password last, and
// twice unless --stdin is given.
func passwdPair(cmd *shell.Command) newPassword {
	p := newPassword{own: true}
	for _, arg := range cmd.Args {
		if !strings.HasPrefix(arg, "-") {
			p.user, p.own = arg, false
			break
		}
	}
	if words := strings.Fields(cmd.Input); len(words) > 0 {
		p.password = words[len(words)-1]
	}
	return p
}

// optionPair returns the user that useradd and its like make or change, with
// the password of -p. That ought to be a hash; what attackers write there is
// often the command that makes it, or the password itself.
func (r *passwordReader) optionPair(cmd *shell.Command) newPassword {
	password, last := "", ""
	for i, arg := range cmd.Args {
		switch name, value, ok := strings.Cut(arg, "="); {
		case (arg == "-p" || arg == "--password") && i+1 < len(cmd.Args):
			password = cmd.Args[i+1]
		case name == "--password" && ok:
			password = value
		case strings.HasPrefix(arg, "-p") && len(arg) > len("-p"):
			password = arg[len("-p"):]
		}
		last = arg
	}
	switch {
	case strings.HasPrefix(password, "$(") || strings.HasPrefix(password, "`"):
		password = r.hashed()
	case strings.HasPrefix(password, "$"):
		return newPassword{}
	}
	return newPassword{user: last, password: password}
}

// cryptCall is how perl, python and php hash a password.
var cryptCall = regexp.MustCompile(`crypt(?:\.crypt)?\(\s*["']([^"']+)["']`)

// hashed returns the password that a command of the line makes a hash of, or
// "".
func (r *passwordReader) hashed() string {
	for i := range r.view.Commands {
		cmd := &r.view.Commands[i]
		switch {
		case cmd.Name == "mkpasswd", cmd.Name == "openssl" && len(cmd.Args) > 1 && cmd.Args[0] == "passwd":
			if last := cmd.Args[max(0, len(cmd.Args)-1):]; len(last) == 1 && !strings.HasPrefix(last[0], "-") {
				return last[0]
			}
		default:
			if m := cryptCall.FindStringSubmatch(cmd.Text); m != nil {
				return m[1]
			}
		}
	}
	return ""
}
