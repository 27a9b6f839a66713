package rounds

import "syscall"

// tmpfs is how Linux names a file system in memory (magic.h).
const tmpfs = 0x01021994

// noExec is the flag of a file system where no program may be started (statfs(2)).
const noExec = 0x8

// roomIn returns how many bytes may be written below dir: none, where it is not kept in
// memory, or nothing may be created or started in it.
func roomIn(dir string) uint64 {
	const write, search = 2, 1
	var fs syscall.Statfs_t
	if syscall.Statfs(dir, &fs) != nil || fs.Type != tmpfs || fs.Flags&noExec != 0 || syscall.Access(dir, write|search) != nil {
		return 0
	}
	return fs.Bavail * uint64(fs.Bsize)
}
