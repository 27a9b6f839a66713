package program

import "math/bits"

// A Verb is what an effect does.
type Verb uint8

// The verbs, in the order of the contract.
const (
	Runs Verb = iota
	Reads
	Writes
	Removes
	ChangesMode
	Searches
	Archives
	Fetches
	Sends
	Connects
	Listens
	Kills
	Service
	Package
	Sets
	Schedules
	Account
	Module
	NumVerbs
)

var verbNames = [NumVerbs]string{
	Runs: "runs", Reads: "reads", Writes: "writes", Removes: "removes", ChangesMode: "mode", Searches: "searches", Archives: "archives",
	Fetches: "fetches", Sends: "sends", Connects: "connects", Listens: "listens", Kills: "kills", Service: "service", Package: "package",
	Sets: "sets", Schedules: "schedules", Account: "account", Module: "module",
}

// String returns the verb as rules spell it.
func (v Verb) String() string { return verbNames[v] }

// VerbOf returns the verb of that name.
func VerbOf(name string) (Verb, bool) { return indexOf[Verb](verbNames[:], name) }

// Verbs returns the names of all verbs.
func Verbs() []string { return append([]string(nil), verbNames[:]...) }

// A VerbSet is a set of verbs.
type VerbSet uint32

// Has reports whether v is in the set.
func (s VerbSet) Has(v Verb) bool { return s>>v&1 != 0 }

// A How says in what way a file is written or what mode it gets: a set, for a write may create and link.
type How uint16

// The ways. Those up to Empty go with Writes, the others with ChangesMode.
const (
	Create How = 1 << iota
	Append
	Edit
	Link
	Empty
	Executable
	Setid
	WorldWritable
	Immutable
	Mutable
	OtherMode
)

var howNames = [...]string{"create", "append", "edit", "link", "empty", "executable", "setid", "world_writable", "immutable", "mutable", "other"}

// HowOf returns the way of that name.
func HowOf(name string) (How, bool) {
	i, ok := indexOf[uint8](howNames[:], name)
	return 1 << i, ok
}

// Hows returns the names of all ways.
func Hows() []string { return append([]string(nil), howNames[:]...) }

// Names appends the names of the ways in h to dst.
func (h How) Names(dst []string) []string {
	for ; h != 0; h &= h - 1 {
		dst = append(dst, howNames[bits.TrailingZeros16(uint16(h))])
	}
	return dst
}

// An Action is what is done to a service, a package, an account or a module.
type Action uint8

// The actions; zero is none.
const (
	NoAction Action = iota
	ActionStart
	ActionStop
	ActionRestart
	ActionEnable
	ActionDisable
	ActionMask
	ActionInstall
	ActionRemove
	ActionAdd
	ActionDelete
	ActionModify
	ActionPassword
	ActionLock
	ActionLoad
	ActionUnload
	ActionList
	NumActions // how many there are, NoAction included
)

var actionNames = [NumActions]string{
	"", "start", "stop", "restart", "enable", "disable", "mask", "install", "remove", "add", "delete", "modify", "password", "lock", "load", "unload", "list",
}

// String returns the action as rules spell it.
func (a Action) String() string { return actionNames[a] }

// ActionOf returns the action of that name.
func ActionOf(name string) (Action, bool) {
	a, ok := indexOf[Action](actionNames[:], name)
	return a, ok && a != NoAction
}

// Actions returns those that an effect of verb v may have.
func (v Verb) Actions() []Action {
	switch v {
	case Service:
		return []Action{ActionStart, ActionStop, ActionRestart, ActionEnable, ActionDisable, ActionMask}
	case Package:
		return []Action{ActionInstall, ActionRemove}
	case Account:
		return []Action{ActionAdd, ActionDelete, ActionModify, ActionPassword, ActionLock}
	case Module:
		return []Action{ActionLoad, ActionUnload, ActionList}
	}
	return nil
}

// A HostClass tells hosts apart by what reaching them means.
type HostClass uint8

// The classes of hosts; zero is none.
const (
	NoHost HostClass = iota
	Remote
	Loopback
	Metadata
	MyIP
	UnknownHost
	numHostClasses
)

var hostClassNames = [numHostClasses]string{"", "remote", "loopback", "metadata", "myip", "unknown"}

// String returns the class as rules spell it.
func (c HostClass) String() string { return hostClassNames[c] }

// HostClassOf returns the class of that name.
func HostClassOf(name string) (HostClass, bool) {
	c, ok := indexOf[HostClass](hostClassNames[:], name)
	return c, ok && c != NoHost
}

// HostClasses returns the names of all classes.
func HostClasses() []string { return append([]string(nil), hostClassNames[1:]...) }

func indexOf[T ~uint8](names []string, name string) (T, bool) {
	for i, n := range names {
		if n == name {
			return T(i), true
		}
	}
	return 0, false
}
