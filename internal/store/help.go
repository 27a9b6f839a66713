package store

import (
	"errors"
	"fmt"
)

// classHelp says what to do about a failure of a database, by its class; each
// names the file.
var classHelp = map[Class]string{
	Retry:  "try again",
	Locked: "try again, or see who holds it with `fuser %s`",
	Full:   "remove other files from the disk of %s, or name a database on another disk with --db; ttpctl db prune makes room within the file, but needs some itself",
	Gone:   "put the file back as %s, or a database of ttpctl in its place; or start again with another --db",
}

// kindHelp says it for databases that are of no use as they are.
var kindHelp = map[error]string{
	ErrReadOnly:    "check the owner and mode of %s and of its directory, or name another file with --db",
	ErrCorrupt:     "set %[1]s aside and recover what is left with `sqlite3 %[1]s .recover`, or name another file with --db",
	ErrNotDatabase: "name another file than %s with --db",
	ErrNewerSchema: "use that ttpctl with %s, or name another file with --db",
	ErrOlderSchema: "a command that writes brings %s up to date, such as `ttpctl rule disable` or `ttpctl tag --save`",
}

// Help returns what to do about the failure of a database in err, "" when
// there is none, or nothing to do.
func Help(err error) string {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return ""
	}
	help, ok := classHelp[e.Class]
	if e.Class == Unusable {
		help, ok = kindHelp[e.Kind]
	}
	if !ok || e.Class == Retry {
		return help
	}
	return fmt.Sprintf(help, e.Path)
}
