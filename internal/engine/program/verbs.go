package program

import "strings"

// Verbs returns the effects that the form's own words may have: those of its roles and of its effect functions. What any command may have beside them,
// by a redirection, an assignment or its path, is not in it.
func (f *Form) Verbs() VerbSet {
	var set VerbSet
	for i := range f.Specs {
		if f.Specs[i].Value != NoValue {
			set |= f.Specs[i].Role.verbs()
		}
	}
	for i := range f.Operands {
		set |= f.Operands[i].verbs()
	}
	for _, name := range f.Effects {
		set |= effectVerbs(name)
	}
	return set
}

func (o *Operands) verbs() VerbSet {
	set := o.Rest.verbs()
	for _, r := range o.First {
		set |= r.verbs()
	}
	for _, r := range o.Last {
		set |= r.verbs()
	}
	return set
}

// verbs returns the effects that a role has by itself.
func (r Role) verbs() VerbSet {
	switch r {
	case RoleRead, RoleSend:
		return setOf(Reads)
	case RoleWrite, RoleAppend, RoleEdit:
		return setOf(Writes)
	case RoleChange:
		return setOf(Reads, Writes)
	case RoleRemove:
		return setOf(Removes)
	case RoleSearch:
		return setOf(Searches)
	case RoleScript:
		return setOf(Runs)
	}
	return 0
}

func setOf(verbs ...Verb) (set VerbSet) {
	for _, v := range verbs {
		set |= 1 << v
	}
	return set
}

// effectVerbs returns what an effect function may add.
func effectVerbs(name string) VerbSet {
	switch name {
	case "edits", "ssh_keygen", "container_copy", "ar":
		return setOf(Reads, Writes, Archives)
	case "chmod", "chattr":
		return setOf(ChangesMode)
	case "copy", "link", "dd":
		return setOf(Reads, Writes)
	case "move", "shred", "sed", "gzip":
		return setOf(Reads, Writes, Removes, Archives)
	case "install":
		return setOf(Reads, Writes, ChangesMode)
	case "compile":
		return setOf(Writes)
	case "truncate", "tee", "unzip", "perl":
		return setOf(Reads, Writes, Runs)
	case "tar", "zip", "sevenzip", "rar", "gpg", "cpio":
		return setOf(Reads, Writes, Archives, Removes)
	case "find":
		return setOf(Searches, Removes, Writes)
	case "grep", "search_contents", "fd", "locate":
		return setOf(Searches, Reads)
	case "cat", "echo", "mute", "cd", "popd":
		return setOf()
	}
	return networkVerbs(name) | systemVerbs(name)
}

func networkVerbs(name string) VerbSet {
	switch name {
	case "fetch", "curl", "scp", "rsync", "sftp", "ftp", "lftp", "tftp", "cloud_copy", "rclone":
		return setOf(Fetches, Sends, Connects, Reads, Writes)
	case "netcat", "socat":
		return setOf(Fetches, Sends, Connects, Reads, Writes, Listens, Runs)
	case "download", "aria2c", "axel", "lwp_download", "fetch_bsd", "ftpget", "ncftpget", "git_clone", "svn_checkout":
		return setOf(Fetches, Connects, Writes)
	case "browse", "lwp_request":
		return setOf(Fetches, Connects, Reads)
	case "git_remote":
		return setOf(Fetches, Connects)
	case "ftpput", "git_push":
		return setOf(Sends, Connects, Reads)
	case "server", "httpd", "telnetd", "sshd", "openssl_s_server", "php":
		return setOf(Listens, Runs)
	case "tcpsvd":
		return setOf(Listens, Runs)
	case "ssh":
		return setOf(Connects, Listens)
	case "openssl_s_client", "telnet":
		return setOf(Connects, Fetches, Sends)
	case "probe", "connect_url", "mysql", "psql", "mssql", "redis", "mongo", "ldap", "smbclient", "sshfs":
		return setOf(Connects)
	}
	if strings.HasPrefix(name, "dial:") {
		return setOf(Connects)
	}
	return 0
}

func systemVerbs(name string) VerbSet {
	switch name {
	case "kill", "pkill", "killall", "killall5", "fuser":
		return setOf(Kills)
	case "systemctl", "service", "update_rc_d", "verb_service", "rc_update", "sv", "launchctl", "upstart", "chkconfig":
		return setOf(Service)
	case "pkg_install", "pkg_remove", "dpkg", "rpm", "pacman":
		return setOf(Package, Reads, Fetches, Connects)
	case "useradd", "adduser", "addgroup", "delgroup", "usermod", "userdel", "deluser", "passwd", "chpasswd", "newusers", "gpasswd", "groupmems", "chsh", "chage":
		return setOf(Account)
	case "insmod", "modprobe", "rmmod", "lsmod":
		return setOf(Module, Reads)
	case "crontab", "at", "systemd_run":
		return setOf(Schedules, Reads, Removes)
	case "export", "unset", "env", "assignments", "setenv":
		return setOf(Sets)
	case "shell", "eval":
		return setOf(Runs)
	case "python":
		return setOf(Runs, Listens, Package, Reads, Fetches, Connects)
	}
	return 0
}
