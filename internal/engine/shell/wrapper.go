package shell

import "strings"

// wrapper tells how a command that runs another one takes its arguments.
type wrapper struct {
	values   string // short options that take a value
	longs    string // long options that take the next word; separated by blanks, without dashes
	stops    string // short options that make it run nothing
	script   string // short option whose value is a text for a shell
	operands int    // words of its own before the command
	assigns  bool   // NAME=value before the command is its own
	joins    bool   // the words of the command are joined and read by a shell
	users    bool   // its operands are users or files, a command comes only after --
	verbs    string // its first operand has to be one of these for a command to follow, blanks around each
	password string // short option that takes the first line of input away
}

// wrapperOf is the table of commands that are peeled. Sources: their manual pages (sudo 1.9, opendoas, coreutils 9, util-linux 2.40, findutils
// 4.9, procps-ng 4, strace 6, systemd 255, bash 5.2, sshpass 1.10, screen 4.9, tmux 3.3, numactl 2.0.16,
// cpulimit 2.8, expect 5.45, xvfb-run of xorg-server 21, trickle 1.07, tini 0.19). The program table has the same options, and TestWrappers holds
// the two together: this package has to know where an inner command begins before any table is asked.
func wrapperOf(name string) (wrapper, bool) {
	if strings.HasPrefix(name, "busybox") {
		return wrapper{}, true // droppers bring their own: busybox-armv7l
	}
	switch name {
	case "sudo":
		return wrapper{values: "CDghpRrTtUu", stops: "leVv", assigns: true, password: "S",
			longs: "close-from chdir group host prompt chroot role command-timeout type other-user user"}, true
	case "doas":
		return wrapper{values: "aCu", stops: "L"}, true
	case "pkexec":
		return wrapper{longs: "user"}, true
	case "su":
		return wrapper{values: "gGsTw", script: "c", users: true, longs: "group supp-group shell whitelist-environment"}, true
	case "runuser":
		return wrapper{values: "gGsuw", script: "c", users: true, longs: "group supp-group shell user whitelist-environment"}, true
	case "env":
		return wrapper{values: "uCa", script: "S", assigns: true, longs: "unset chdir argv0"}, true
	case "nohup", "toybox", "setsid", "linux32", "linux64", "i386", "x86_64", "builtin", "unbuffer", "catchsegv", "eatmydata", "valgrind":
		return wrapper{}, true
	case "fakeroot":
		return wrapper{values: "lisb", longs: "lib faked fd-base"}, true
	case "command":
		return wrapper{stops: "vV"}, true
	case "exec":
		return wrapper{values: "a"}, true
	case "proxychains", "proxychains4", "torify", "torsocks", "tsocks":
		return wrapper{values: "faPup", longs: "address port user pass"}, true
	case "timeout":
		return wrapper{values: "ks", longs: "kill-after signal", operands: 1}, true
	case "nice":
		return wrapper{values: "n", longs: "adjustment"}, true
	case "ionice":
		return wrapper{values: "cn", stops: "pPu", longs: "class classdata"}, true
	case "chrt":
		return wrapper{values: "TPD", stops: "pm", operands: 1, longs: "sched-runtime sched-period sched-deadline"}, true
	case "taskset":
		return wrapper{stops: "p", operands: 1}, true
	case "stdbuf":
		return wrapper{values: "ioe", longs: "input output error"}, true
	case "time":
		return wrapper{values: "fo", longs: "format output"}, true
	case "watch":
		return wrapper{values: "nq", longs: "interval equexit", joins: true}, true
	case "xargs":
		return wrapper{values: "adEILnPs", longs: "arg-file delimiter max-args max-procs max-chars process-slot-var"}, true
	case "chroot":
		return wrapper{operands: 1, longs: "groups userspec"}, true
	case "setarch":
		return wrapper{operands: 1}, true
	case "sshpass":
		return wrapper{values: "pfdP"}, true
	case "strace":
		return wrapper{values: "abeEIoOpPsSuUX", longs: "output trace env attach user detach-on interruptible signal status trace-path columns abbrev verbose raw " +
			"read write quiet silent silence decode-fds decode-pids kvm string-limit const-print-style summary-syscall-overhead summary-sort-by " +
			"summary-columns inject fault"}, true
	case "ltrace":
		return wrapper{values: "aADeEFIlnoOpPsuUwxX", longs: "output align debug library indent where"}, true
	case "unshare":
		return wrapper{values: "RwSG", longs: "root wd setuid setgid propagation setgroups map-user map-users map-group map-groups monotonic boottime"}, true
	case "nsenter":
		return wrapper{values: "tSGW", longs: "target setuid setgid"}, true
	case "flock":
		return wrapper{values: "wE", script: "c", operands: 1, longs: "timeout wait conflict-exit-code"}, true
	case "script":
		return wrapper{values: "BIOTmEo", script: "c", users: true,
			longs: "echo log-io log-in log-out log-timing logging-format output-limit"}, true
	case "fakechroot":
		return wrapper{values: "ldecb", longs: "lib elfloader environment config-dir bindir"}, true
	case "firejail":
		return wrapper{longs: "profile net shell join name"}, true
	case "cpulimit":
		return wrapper{values: "pePl", longs: "pid exe path limit"}, true
	case "prlimit":
		return wrapper{values: "o", stops: "p", longs: "output pid"}, true
	case "numactl":
		return wrapper{values: "imNC", stops: "sH", longs: "interleave membind cpunodebind physcpubind preferred preferred-many shmmode length shmid shm file"}, true
	case "setpriv":
		return wrapper{stops: "d", longs: "groups rgid egid regid ruid euid reuid pdeathsig selinux-label apparmor-profile"}, true
	case "choom":
		return wrapper{values: "n", stops: "p", longs: "adjust pid"}, true
	case "runcon":
		return wrapper{values: "turl", operands: 1, longs: "type user role range"}, true
	case "faketime":
		return wrapper{values: "fp", operands: 1}, true
	case "gosu", "su-exec", "setuidgid":
		return wrapper{operands: 1}, true
	case "sg":
		return wrapper{script: "c", operands: 1}, true
	case "xvfb-run":
		return wrapper{values: "efnpsw", longs: "error-file auth-file server-num xauth-protocol server-args wait"}, true
	case "trickle":
		return wrapper{values: "duwtlLnP"}, true
	case "tini":
		return wrapper{values: "pe"}, true
	case "dumb-init":
		return wrapper{values: "r", longs: "rewrite"}, true
	case "screen":
		return wrapper{values: "cehpsStT", stops: "rRxlwX"}, true
	case "tmux":
		return wrapper{values: "LSfcTsntxyFeE", operands: 1, joins: true,
			verbs: " new-session new new-window neww split-window splitw run-shell run respawn-pane respawnp respawn-window popup "}, true
	case "systemd-run":
		return wrapper{values: "pEuMH", longs: "unit property setenv description slice uid gid nice working-directory on-calendar on-active host machine " +
			"service-type path-property on-boot on-startup on-unit-active on-unit-inactive timer-property socket-property"}, true
	}
	return wrapper{}, false
}

// peeled is what peel found: a text for a shell, or the index of the command's first word, or neither.
type peeled struct {
	script   string
	at       int
	password bool
}

// peel looks for the command in args, whose first word is the wrapper.
func (w wrapper) peel(args []string) peeled {
	var t peeled
	operands := w.operands
	for i := 1; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
			if i+1+operands < len(args) {
				t.at = i + 1 + operands
				return t
			}
		case strings.HasPrefix(a, "--"):
			name, value, attached := strings.Cut(a[2:], "=")
			if w.script != "" && longScript(name) {
				if !attached && i+1 < len(args) {
					value = args[i+1]
				}
				t.script = value
				return t
			}
			if !attached && takes(w.longs, name) {
				i++
			}
		case len(a) > 1 && a[0] == '-':
			skip, stop := w.short(a[1:], args[i+1:], &t)
			if stop {
				return t
			}
			i += skip
		case a == "-":
		case w.assigns && assignment(a):
		case w.users:
		case operands > 0 && w.verbs != "" && !strings.Contains(w.verbs, " "+a+" "):
			return t
		case operands > 0:
			operands--
		default:
			t.at = i
			return t
		}
	}
	return t
}

// short reads one cluster of short options; skip is 1 when the next word is a value, stop says that the search is over.
func (w wrapper) short(cluster string, next []string, t *peeled) (skip int, stop bool) {
	for k := range len(cluster) {
		c := cluster[k : k+1]
		switch {
		case strings.Contains(w.stops, c):
			return 0, true
		case c == w.script:
			t.script = cluster[k+1:]
			if t.script == "" && len(next) > 0 {
				t.script = next[0]
			}
			return 0, true
		case c == w.password:
			t.password = true
		case strings.Contains(w.values, c):
			if k == len(cluster)-1 {
				return 1, false
			}
			return 0, false
		}
	}
	return 0, false
}

// longScript reports whether a long option carries a text for a shell.
func longScript(name string) bool {
	return name == "command" || name == "session-command" || name == "split-string"
}

func takes(list, name string) bool {
	for list != "" {
		var word string
		word, list, _ = strings.Cut(list, " ")
		if word == name {
			return true
		}
	}
	return false
}
