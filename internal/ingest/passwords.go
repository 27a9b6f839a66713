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
}

// setPasswords tells the aggregates of the passwords that a command line sets.
func (c *cowrieSessions) setPasswords(s *cowrieSession, line string) {
	if !maySetPassword(line) {
		return
	}
	for _, p := range c.passwords.read(line, s.user) {
		c.set.PasswordSet(&aggregate.NewPassword{Attacker: s.attacker, Username: p[0], Password: p[1]})
	}
}

// maySetPassword is a cheap test: few lines get beyond it.
func maySetPassword(line string) bool {
	return strings.Contains(line, "passwd") || strings.Contains(line, "useradd") || strings.Contains(line, "usermod")
}

// read returns the pairs of user name and password that line sets; user is who
// runs it.
func (r *passwordReader) read(line, user string) (pairs [][2]string) {
	if r.parser == nil {
		r.parser = shell.NewParser()
	}
	r.parser.Parse(line, &r.view)
	for i := range r.view.Commands {
		cmd := &r.view.Commands[i]
		switch cmd.Name {
		case "chpasswd":
			pairs = append(pairs, fedPairs(cmd)...)
		case "passwd":
			pairs = append(pairs, passwdPair(cmd, user))
		case "useradd", "usermod", "adduser":
			pairs = append(pairs, r.optionPair(cmd))
		}
	}
	n := 0
	for _, p := range pairs {
		if p[0] != "" && p[1] != "" {
			pairs[n] = [2]string{strings.Clone(p[0]), strings.Clone(p[1])}
			n++
		}
	}
	return pairs[:n]
}

// fedPairs returns what chpasswd reads: a pair a line, unless it is told that
// the passwords are hashes.
func fedPairs(cmd *shell.Command) (pairs [][2]string) {
	for _, arg := range cmd.Args {
		if arg == "-e" || arg == "--encrypted" {
			return nil
		}
	}
	for l := range strings.Lines(cmd.Input) {
		name, password, _ := strings.Cut(strings.TrimRight(l, "\r\n"), ":")
		pairs = append(pairs, [2]string{strings.TrimSpace(name), password})
	}
	return pairs
}

// passwdPair returns what passwd sets: it reads the new password last, and
// twice unless --stdin is given.
func passwdPair(cmd *shell.Command, user string) [2]string {
	for _, arg := range cmd.Args {
		if !strings.HasPrefix(arg, "-") {
			user = arg
			break
		}
	}
	lines := strings.Fields(cmd.Input)
	if len(lines) == 0 {
		return [2]string{}
	}
	return [2]string{user, lines[len(lines)-1]}
}

// optionPair returns the user that useradd and its like make or change, with
// the password of -p. That ought to be a hash; what attackers write there is
// often the command that makes it, or the password itself.
func (r *passwordReader) optionPair(cmd *shell.Command) [2]string {
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
		return [2]string{}
	}
	return [2]string{last, password}
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
