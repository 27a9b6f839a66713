package sessions

import (
	"os"
	"slices"
	"strings"

	"ttpctl/internal/hint"
)

// Nowhere says that no log was named, and that the database at path, which need not be
// there, keeps no sessions.
func (a *Asked) Nowhere(path string) error {
	if a.ID != "" {
		return hint.Errorf("an argument that names no file is the ID of a session: ttpctl sessions ID LOG", "%s: no such file, and no log named to find a session of that id in; %s keeps none", a.ID, path)
	}
	return hint.Errorf("ttpctl sessions cowrie.json, or - for stdin; ttpctl serve --keep-sessions 30 keeps some", "no input: no file named, and no sessions in %s", path)
}

// Asked is what somebody wants to see of the sessions.
type Asked struct {
	ID    string  // of the session to replay, "" = they are listed
	Play  float64 // how many times as fast as it was typed; 0 = at once
	Limit int     // at most so many sessions; 0 = all
}

// Split tells the ID among the arguments of a command line, which it takes, from
// the logs, and checks the whole. Without logs the sessions are those that a database
// kept.
func (a *Asked) Split(args []string) (logs []string, err error) {
	for _, arg := range args {
		_, missing := os.Stat(arg)
		switch {
		case arg == "-" || missing == nil || strings.ContainsAny(arg, "*?[{"):
			logs = append(logs, arg)
		case a.ID != "":
			return nil, hint.Errorf("one session is replayed at a time", "%s: no such file, and the session is %s", arg, a.ID)
		default:
			a.ID = arg
		}
	}
	switch {
	case a.Limit < 0:
		return nil, hint.Errorf("0 is all of them", "--limit: %d is below 0", a.Limit)
	case a.Play < 0 || a.Play > 1e6:
		return nil, hint.Errorf("1 is the attacker's own speed, 10 ten times that", "--play: %v is no speed", a.Play)
	case a.Play > 0 && a.ID == "":
		return nil, hint.Errorf("ttpctl sessions --play ID [LOG]", "--play: no session named")
	}
	return logs, nil
}

// maxKeepDays is ten years.
const maxKeepDays = 3660

// CheckKeep refuses days for which no run can mean to keep sessions: by the names that
// --db and --publish give.
func CheckKeep(days int, db, publish string) error {
	switch {
	case days < 0 || days > maxKeepDays:
		return hint.Errorf("", "--keep-sessions: %d is outside [0, %d]", days, maxKeepDays)
	case days > 0 && db == "none":
		return hint.Errorf("leave one of them out", "--keep-sessions with --db none: there is nowhere to keep them")
	case days > 0 && publish != "":
		return hint.Errorf("give it to the serve that tags what is published", "--keep-sessions with --publish: nothing is tagged here")
	}
	return nil
}

// Plain returns those of ids that a terminal cannot take for more than they are.
func Plain(ids []string) []string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	return slices.DeleteFunc(ids, func(id string) bool { return strings.Trim(id, plain) != "" })
}
