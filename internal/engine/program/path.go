package program

import (
	"strings"

	"ttpctl/internal/engine/shell"
)

// Directories are kept as absolute paths, as paths that begin with ~ (a home that only a tilde named), or relative to a directory that nobody
// knows: "." and "./x". Only what leaves the analyser has /root and /home/NAME written as ~, for `/root/../etc` is /etc.
const unknownDir = "."

// path returns the canonical spelling of the file that a word names in directory dir: folded, with every home as ~, relative to an unknown directory as
// ./x. A word that begins with an expansion keeps its source.
func (a *Analyzer) path(word string, m shell.Mark, dir string) string {
	if word == "" {
		return "./"
	}
	if word[0] == '/' {
		if clean(word) && !strings.HasPrefix(word, "/root") && !strings.HasPrefix(word, "/home") {
			return word
		}
	} else if p, ok := a.within(word, dir); ok {
		return p
	}
	return a.home(a.resolve(word, m, dir))
}

// within is path of a plain word, of which nothing is to be folded, in a directory for which all that lies in it has one spelling.
func (a *Analyzer) within(word, dir string) (string, bool) {
	if a.spelled != dir {
		a.spelled, a.spelling = dir, a.spellingOf(dir)
	}
	switch {
	case a.spelling == "":
		return "", false
	case word == ".":
		return a.spelling, true
	case word[0] == '~' || word[0] == '$' || word[0] == '`' || word[0] == '.' || !clean(word):
		return "", false
	}
	return a.join3(a.spelling, "/", word), true
}

// spellingOf returns how paths within dir begin when homes are written as ~, "" where that depends on what follows. A directory that is an expansion
// stands as it was typed, with its slash at the end.
func (a *Analyzer) spellingOf(dir string) string {
	if dir == "" || dir[len(dir)-1] == '/' || dir == "/home" || strings.HasPrefix(dir, "/home/") && strings.ContainsAny(dir, "*?[") {
		return ""
	}
	return a.home(dir)
}

// resolve is path with homes left as they were typed. An empty word stays where it is, as `cd ""` does.
func (a *Analyzer) resolve(word string, m shell.Mark, dir string) string {
	base, rest := dir, word
	switch {
	case word == "":
		return dir
	case word[0] == '/':
		if clean(word) {
			return word
		}
		base = "/"
	case word[0] == '~' && m&shell.Quoted == 0:
		base, rest = "~", ""
		if i := strings.IndexByte(word, '/'); i > 0 {
			rest = word[i+1:]
		}
	case m&shell.Expands != 0 && (word[0] == '$' || word[0] == '`'):
		var ok bool
		if base, rest, ok = expansion(word, dir); !ok {
			return word
		}
	}
	return a.fold(base, rest)
}

// expansion resolves what stands for a directory at the beginning of a word: $HOME, $PWD, $(pwd).
func expansion(word, dir string) (base, rest string, ok bool) {
	for _, v := range [...]struct {
		name string
		home bool
	}{{"$HOME", true}, {"${HOME}", true}, {"$PWD", false}, {"${PWD}", false}, {"$(pwd)", false}, {"`pwd`", false}} {
		rest, ok := strings.CutPrefix(word, v.name)
		if !ok || rest != "" && rest[0] != '/' {
			continue
		}
		if v.home {
			dir = "~"
		}
		return dir, rest, true
	}
	return "", "", false
}

// clean reports whether a path has nothing to fold: no empty, `.` or `..` component and no slash at its end.
func clean(p string) bool {
	for i := 0; i < len(p); i++ {
		if p[i] != '/' {
			continue
		}
		switch {
		case i+1 == len(p):
			return i == 0
		case p[i+1] == '/':
			return false
		case p[i+1] == '.' && (i+2 == len(p) || p[i+2] == '/' || p[i+2] == '.' && (i+3 == len(p) || p[i+3] == '/')):
			return false
		}
	}
	return true
}

// fold appends the components of rest to base, which is clean, and folds `.` and `..`. From an unknown directory or a home, two steps up reach the root.
func (a *Analyzer) fold(base, rest string) string {
	b := append(a.buf[:0], base...)
	up := 0
	for rest != "" {
		var part string
		part, rest, _ = strings.Cut(rest, "/")
		switch part {
		case "", ".":
		case "..":
			b, up = parent(b, up)
		default:
			if len(b) > 0 && b[len(b)-1] != '/' {
				b = append(b, '/')
			}
			b = append(b, part...)
		}
	}
	a.buf = b
	return a.out.Bytes(b)
}

// parent removes the last component of b. up counts the steps above a directory that is not known.
func parent(b []byte, up int) ([]byte, int) {
	i := len(b) - 1
	for i >= 0 && b[i] != '/' {
		i--
	}
	last := string(b[i+1:])
	switch {
	case len(b) == 1 && b[0] == '/':
		return b, up
	case last == "." || last == ".." || i < 0: // an unknown directory, a home, an expansion
		if up++; up >= 2 {
			return append(b[:0], '/'), 0
		}
		if last == "." {
			return append(b[:0], ".."...), up
		}
		return append(b, "/.."...), up
	case i == 0:
		return b[:1], up
	}
	return b[:i], up
}

// home writes /root and /home/NAME as ~.
func (a *Analyzer) home(p string) string {
	rest, ok := strings.CutPrefix(p, "/root")
	if !ok || rest != "" && rest[0] != '/' {
		name, found := strings.CutPrefix(p, "/home/")
		if !found {
			return p
		}
		i := strings.IndexByte(name, '/')
		if strings.HasPrefix(name, "**") {
			return p
		}
		if i < 0 {
			if strings.ContainsAny(name, "*?[") {
				return p // every home, not one
			}
			i = len(name)
		}
		rest = name[i:]
	}
	if rest == "" {
		return "~"
	}
	return a.join2("~", rest)
}

// join2 returns x and y as one string.
func (a *Analyzer) join2(x, y string) string {
	a.buf = append(append(a.buf[:0], x...), y...)
	return a.out.Bytes(a.buf)
}

func (a *Analyzer) join3(x, y, z string) string {
	a.buf = append(append(append(a.buf[:0], x...), y...), z...)
	return a.out.Bytes(a.buf)
}

// nothing reports whether a path is a device that keeps nothing, or a standard
// stream: reading or writing it is no effect.
func nothing(path string) bool {
	switch path {
	case "/dev/null", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/tty":
		return true
	}
	return strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/self/fd/")
}

// baseName returns what follows the last slash.
func baseName(p string) string { return p[strings.LastIndexByte(p, '/')+1:] }
