package program

// An effectFunc adds the effects of one idea that no role expresses.
type effectFunc func(*call)

// effectOf returns the effect function of that name, or nil. Beside each stands what it expects of a row.
func effectOf(name string) effectFunc {
	for _, table := range [...]func(string) effectFunc{fileEffect, networkEffect, systemEffect, shellEffect} {
		if fn := table(name); fn != nil {
			return fn
		}
	}
	return nil
}

// fileEffect returns the effects on files.
func fileEffect(name string) effectFunc {
	switch name {
	case "chmod": // operands mode path...
		return (*call).chmod
	case "chattr": // operands path..., no roles for the attributes
		return (*call).chattr
	case "copy": // operands path..., options -t=dir -l -s -T
		return (*call).cp
	case "move": // the same
		return (*call).mv
	case "install": // the same, -m=mode -d
		return (*call).install
	case "link":
		return (*call).ln
	case "dd": // keys if=read of=path oflag=text conv=text seek=number
		return (*call).dd
	case "truncate": // -s=number, operands path...
		return (*call).truncate
	case "tee": // -a, operands path...
		return (*call).tee
	case "sed": // -i, operands expr path...
		return (*call).sed
	case "shred": // -u, operands path...
		return (*call).shred
	case "tar": // -c -x -t -r -u -f=path -C=dir -O --remove-files, operands path...
		return (*call).tar
	case "zip": // -m, operands path...
		return (*call).zip
	case "unzip": // -d=dir -l -t -p, operands path text...
		return (*call).unzip
	case "sevenzip", "rar": // sub a, u, e, x, l, t; -o=dir, operands path...
		return (*call).sevenZip
	case "gzip": // gzip and its kin: -d -c -k -t -l, operands path...
		return (*call).squeeze
	case "compile": // -o=write -c -S -E, operands read...
		return (*call).compile
	case "gpg": // -c -e -d -o=path -a, operands path...
		return (*call).gpg
	case "cpio": // -o -i -p -F=path -D=dir, operands path...
		return (*call).cpio
	case "find": // grammar find, operands path...
		return (*call).find
	case "grep": // -r -R --include=pattern, operands pattern path...
		return (*call).grep
	case "search_contents": // ripgrep, ag: operands pattern path...
		return (*call).contents
	case "fd": // fd: operands pattern path...
		return (*call).names
	case "locate": // operands pattern...
		return (*call).locate
	case "edits": // visudo, vipw: -f=edit
		return (*call).edits
	case "ar": // operands text path path...
		return (*call).ar
	case "ssh_keygen": // -f=path
		return (*call).sshKeygen
	case "container_copy": // operands path path: NAME:path, or a local one
		return (*call).containerCopy
	}
	return nil
}

// networkEffect returns the effects of and on the network.
func networkEffect(name string) effectFunc {
	switch name {
	case "fetch": // -O=save -P=dir --post-file=send --post-data=text --spider -r, operands url...
		return (*call).wget
	case "curl": // -o=save -O -d=text -F=text -T=path -I -G --url=url, operands url...
		return (*call).curl
	case "download", "aria2c", "axel", "lwp_download", "fetch_bsd": // -o=save (or -O, --out, --output) -d=dir, operands url... or url save
		return (*call).download
	case "browse", "lwp_request": // prints what a URL has: operands url...
		return (*call).browse
	case "probe": // only asks: operands url...
		return (*call).probe
	case "scp": // -P=port, operands hostpath...
		return (*call).scp
	case "rsync": // -e=command --port=port, operands hostpath...
		return (*call).rsync
	case "sftp": // -P=port, operands hostpath path
		return (*call).sftp
	case "ftp", "lftp": // interactive, or a URL: -o=save -p=port, operands host port
		return (*call).dialFTP
	case "ftpget": // -P=port, operands host path...
		return (*call).ftpget
	case "ftpput":
		return (*call).ftpput
	case "ncftpget":
		return (*call).ncftpget
	case "tftp": // -g -p -r=path -l=path -c=text, operands host port
		return (*call).tftp
	case "git_clone", "svn_checkout": // operands url path; -C=dir
		return (*call).clone
	case "git_remote": // operands url ..., remote names do nothing
		return (*call).pull
	case "git_push":
		return (*call).push
	case "connect_url":
		return (*call).lists
	case "cloud_copy", "rclone": // operands url... or path: s3://bucket/key
		return (*call).cloud
	case "netcat": // -l -p=port -e=command -c=command -u -z -U, operands host port
		return (*call).nc
	case "socat": // operands text text
		return (*call).socat
	case "telnet": // operands host port
		return (*call).telnet
	case "ssh": // -p=port -o=text -R=text -D=text, operands host command text...
		return (*call).ssh
	case "mysql": // -h=host -P=port
		return (*call).mysql
	case "psql": // -h=host -p=port -d=text, operands text... (a URL has the role url)
		return (*call).psql
	case "mssql": // -S=host or -H=host -p=port
		return (*call).mssql
	case "redis": // -h=host -p=port -u=url -s=path
		return (*call).redis
	case "mongo": // --host=host --port=port, operands url
		return (*call).mongo
	case "ldap": // -H=url -h=host -p=port
		return (*call).ldap
	case "smbclient": // -L=host -p=port, operands host
		return (*call).smb
	case "sshfs": // operands hostpath dir
		return (*call).sshfs
	case "server", "httpd", "telnetd", "sshd": // -p=port (or -P, --port): listens
		return (*call).server
	case "tcpsvd": // operands host port command
		return (*call).tcpsvd
	case "openssl_s_client": // -connect=text -host=host -port=port
		return (*call).tlsClient
	case "openssl_s_server": // -accept=port -port=port
		return (*call).tlsServer
	}
	return dialEffect(name)
}

// dialEffect returns the effects that connect the operands with the role host at the port that the name says: dial:1433.
func dialEffect(name string) effectFunc {
	if len(name) < 6 || name[:5] != "dial:" || portOf(name[5:]) == 0 {
		return nil
	}
	port := portOf(name[5:])
	return func(x *call) { x.dials(port) }
}

// systemEffect returns the effects on processes, services, packages, accounts, modules and schedules.
func systemEffect(name string) effectFunc {
	switch name {
	case "kill": // -s=signal -n=signal -l, operands pid...
		return (*call).kill
	case "pkill", "killall": // -s.. -u=user .., operands process...
		return (*call).pkill
	case "killall5":
		return (*call).killAny
	case "fuser": // -k, operands path...
		return (*call).fuser
	case "systemctl": // sub start, stop ..: operands service...; --now
		return (*call).systemctl
	case "service", "update_rc_d": // operands service text
		return (*call).serviceVerb
	case "verb_service", "rc_update", "sv", "launchctl": // operands text service...
		return (*call).verbService
	case "upstart": // the program's name is the verb: operands service
		return (*call).upstart
	case "chkconfig": // --add --del, operands service text
		return (*call).chkconfig
	case "pkg_install": // operands package...
		return (*call).installs
	case "pkg_remove": // operands package...
		return (*call).uninstalls
	case "dpkg": // -i -r -P, operands package...
		return (*call).dpkg
	case "rpm": // -i -U -F -e -q, operands package...
		return (*call).rpm
	case "pacman": // -S -R -U, operands package...
		return (*call).pacman
	case "useradd": // -g=group -G=group, operands user
		return (*call).useradd
	case "adduser": // --ingroup=group -G=group, operands user group
		return (*call).adduser
	case "addgroup", "delgroup": // operands user group
		return (*call).addgroup
	case "usermod": // -g=group -G=group -L -p=text, operands user
		return (*call).usermod
	case "userdel", "deluser": // operands user group
		return (*call).userdel
	case "passwd": // -l -u -d -S, operands user
		return (*call).passwd
	case "chpasswd":
		return (*call).chpasswd
	case "newusers": // operands read
		return (*call).newusers
	case "gpasswd": // -a=user -d=user -M=text, operands group
		return (*call).gpasswd
	case "groupmems": // -a=user -d=user -g=group
		return (*call).groupmems
	case "chsh", "chage": // operands user
		return (*call).modifies
	case "insmod": // operands path text...
		return (*call).insmod
	case "modprobe": // -r -a, operands module...
		return (*call).modprobe
	case "rmmod": // operands module...
		return (*call).rmmod
	case "lsmod":
		return (*call).lsmod
	case "crontab": // -l -r -e -u=user, operands read
		return (*call).crontab
	case "at": // -f=read -l -d -r -c, operands text...
		return (*call).atJobs
	case "systemd_run": // --on-calendar=text .., operands command text...
		return (*call).systemdRun
	}
	return nil
}

// shellEffect returns the effects of shells, interpreters and their builtins.
func shellEffect(name string) effectFunc {
	switch name {
	case "cd": // operands dir
		return (*call).cd
	case "popd":
		return (*call).popd
	case "export": // operands variable...
		return (*call).declares
	case "unset": // -f, operands variable...
		return (*call).unsets
	case "env": // -u=variable, operands text... (assignments, then the command)
		return (*call).env
	case "assignments": // a wrapper that takes NAME=value before its command
		return (*call).leading
	case "setenv": // operands variable text
		return (*call).setenv
	case "shell": // inline code is an option with the role expr; operands script text...
		return (*call).interpret
	case "eval": // operands text...
		return (*call).evaluates
	case "python": // as interpret, -m=module
		return (*call).python
	case "php": // as interpret, -S=text -f=path
		return (*call).php
	case "perl": // as interpret, -n -p -i
		return (*call).perl
	case "mute": // writes nothing
		return (*call).mute
	case "echo":
		return (*call).echo
	case "cat":
		return (*call).cat
	}
	return nil
}
