package program

// A Role is what a word is to its program. Roles of files with an effect have it wherever a row uses them; what the others mean is the business of
// the row's effect functions, of rules, and of readers.
type Role uint8

// The roles.
const (
	RoleText     Role = iota
	RoleRead          // a file: reads
	RoleWrite         // a file: writes, create
	RoleAppend        // a file: writes, append
	RoleEdit          // a file: writes, edit
	RoleChange        // a file: reads, and writes, edit
	RoleRemove        // a file or directory: removes
	RoleSearch        // a directory: searches
	RoleScript        // a file: runs
	RoleSend          // a file: reads; an effect function sends it
	RoleSave          // where a fetch leaves what it gets: an effect function's business
	RolePath          // a file or directory whose use an effect function knows
	RoleDir           // a directory that is merely named
	RoleURL           // with or without a scheme
	RoleHost          // a name or address
	RoleHostPath      // host:path, or a local path
	RolePort
	RoleUser
	RoleGroup
	RoleCommand // a command line, or the first word of one
	RolePattern
	RoleExpr // a program text: sed, awk, python -c
	RoleService
	RolePackage
	RoleProcess // a process by its name
	RolePID
	RoleSignal
	RoleMode
	RoleModule
	RoleVariable // NAME, or NAME=value
	RoleNumber
	RoleDevice
	numRoles
)

var roleNames = [numRoles]string{
	"text", "read", "write", "append", "edit", "change", "remove", "search", "script", "send", "save", "path", "dir", "url", "host", "hostpath", "port",
	"user", "group", "command", "pattern", "expr", "service", "package", "process", "pid", "signal", "mode", "module", "variable", "number", "device",
}

// String returns the role as rows and explain spell it.
func (r Role) String() string { return roleNames[r] }

// RoleOf returns the role of that name.
func RoleOf(name string) (Role, bool) { return indexOf[Role](roleNames[:], name) }
