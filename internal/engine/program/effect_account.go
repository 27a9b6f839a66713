package program

import (
	"strings"

	"ttpctl/internal/engine/shell"
)

// account adds one effect for each group, or one without.
func (x *call) account(user string, m shell.Mark, action Action, groups ...string) {
	n := 0
	for _, list := range groups {
		for g := range strings.SplitSeq(list, ",") {
			if g != "" {
				x.add(Effect{Verb: Account, Target: user, Action: action, Group: g, Mark: m})
				n++
			}
		}
	}
	if n == 0 {
		x.add(Effect{Verb: Account, Target: user, Action: action, Mark: m})
	}
}

// user returns the last operand and its mark; - when there is none: one's own account.
func (x *call) user() (string, shell.Mark) {
	if n := len(x.operands); n > 0 {
		return x.operands[n-1].Text, x.operands[n-1].Mark
	}
	return "-", 0
}

// useradd: -D alone shows or changes defaults.
func (x *call) useradd() {
	if len(x.operands) == 0 {
		return
	}
	user, m := x.user()
	x.account(user, m, ActionAdd, x.value("-g"), x.value("-G"))
}

// adduser is Debian's (USER [GROUP], --ingroup) or BusyBox's (-G).
func (x *call) adduser() {
	switch len(x.operands) {
	case 0:
	case 1:
		x.account(x.operand(0), x.operands[0].Mark, ActionAdd, x.value("--ingroup"), x.value("-G"), x.value("-g"))
	default:
		x.account(x.operand(0), x.operands[0].Mark, ActionModify, x.operand(1))
	}
}

// addgroup and delgroup change an account when they name one before the group.
func (x *call) addgroup() {
	if len(x.operands) == 2 {
		x.account(x.operand(0), x.operands[0].Mark, ActionModify, x.operand(1))
	}
}

func (x *call) usermod() {
	if len(x.operands) == 0 {
		return
	}
	user, m := x.user()
	n := 0
	for _, o := range x.options {
		if o.Name != "-L" && o.Name != "--lock" && o.Name != "-p" && o.Name != "--password" && o.Name != "-a" && o.Name != "--append" {
			n++
		}
	}
	if n > 0 {
		x.account(user, m, ActionModify, x.value("-g"), x.value("-G"))
	}
	if x.has("-p") {
		x.account(user, m, ActionPassword)
	}
	if x.has("-L") {
		x.account(user, m, ActionLock)
	}
}

func (x *call) userdel() {
	if len(x.operands) == 2 {
		x.account(x.operand(0), x.operands[0].Mark, ActionModify, x.operand(1)) // deluser USER GROUP
		return
	}
	if len(x.operands) > 0 {
		x.account(x.operand(0), x.operands[0].Mark, ActionDelete)
	}
}

func (x *call) passwd() {
	user, m := x.user()
	switch {
	case x.has("-S", "--help", "-h"):
	case x.has("-l"):
		x.account(user, m, ActionLock)
	case x.has("-u", "-e", "-n", "-x", "-w", "-i"):
		x.account(user, m, ActionModify)
	default:
		x.account(user, m, ActionPassword)
	}
}

// chpasswd reads USER:PASSWORD lines; newusers makes accounts of its lines.
func (x *call) chpasswd() { x.accountLines(ActionPassword) }

func (x *call) newusers() { x.accountLines(ActionAdd) }

func (x *call) accountLines(action Action) {
	n := 0
	if x.i >= 0 && len(x.operands) == 0 {
		for line := range strings.Lines(x.a.v.Commands[x.i].Input) {
			user, _, ok := strings.Cut(strings.TrimSpace(line), ":")
			if ok && user != "" {
				x.account(user, 0, action)
				n++
			}
		}
	}
	if n == 0 {
		x.account("-", 0, action)
	}
}

// gpasswd changes who is in a group.
func (x *call) gpasswd() {
	group := x.operand(0)
	for i := range x.options {
		o := &x.options[i]
		switch o.Name {
		case "-a", "--add", "-d", "--delete":
			x.account(o.Value, o.Mark, ActionModify, group)
		case "-M", "--members", "-A", "--administrators":
			for user := range strings.SplitSeq(o.Value, ",") {
				if user != "" {
					x.account(user, o.Mark, ActionModify, group)
				}
			}
		}
	}
}

// groupmems -g GROUP -a USER.
func (x *call) groupmems() {
	if o := x.option("-a", "-d"); o != nil {
		x.account(o.Value, o.Mark, ActionModify, x.value("-g"))
	}
}

// modifies is chsh, chfn, chage: something about an account; what only shows does nothing.
func (x *call) modifies() {
	if x.has("-l") && x.c.Program != "usermod" {
		return
	}
	user, m := x.user()
	x.account(user, m, ActionModify)
}

// insmod loads a file; modprobe a name, or with -r unloads it.
func (x *call) insmod() {
	if len(x.operands) > 0 {
		o := x.operands[0]
		x.add(Effect{Verb: Module, Target: x.path(o.Text, o.Mark), Action: ActionLoad, Mark: o.Mark})
		x.reads(o.Text, o.Mark)
	}
}

func (x *call) modprobe() {
	if len(x.operands) == 0 || x.has("-c", "-n", "-D", "-l", "--show-depends", "--resolve-alias", "-R") {
		return
	}
	action, names := ActionLoad, x.operands[:1]
	if x.has("-r") {
		action = ActionUnload
	}
	if x.has("-r", "-a") {
		names = x.operands
	}
	for _, o := range names {
		x.add(Effect{Verb: Module, Target: o.Text, Action: action, Mark: o.Mark})
	}
}

func (x *call) rmmod() {
	for _, o := range x.operands {
		x.add(Effect{Verb: Module, Target: strings.TrimSuffix(baseName(o.Text), ".ko"), Action: ActionUnload, Mark: o.Mark})
	}
}

func (x *call) lsmod() { x.add(Effect{Verb: Module, Target: "*", Action: ActionList}) }
