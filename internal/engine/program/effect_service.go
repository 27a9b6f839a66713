package program

import (
	"strings"

	"ttpctl/internal/engine/shell"
)

// service adds what is done to a service, whose name loses its path and `.service`.
func (x *call) service(name string, m shell.Mark, actions ...Action) {
	name = strings.TrimSuffix(baseName(name), ".service")
	if name == "" {
		return
	}
	for _, a := range actions {
		if a != NoAction {
			x.add(Effect{Verb: Service, Target: name, Action: a, Mark: m})
		}
	}
}

// verbAction reads the word that scripts and managers of services take.
func verbAction(word string) Action {
	switch word {
	case "start", "up", "onestart", "faststart", "forcestart":
		return ActionStart
	case "stop", "down", "onestop", "faststop", "forcestop", "kill", "zap":
		return ActionStop
	case "restart", "reload", "try-restart", "condrestart", "reload-or-restart", "reload-or-try-restart", "try-reload-or-restart", "force-reload",
		"onerestart", "graceful":
		return ActionRestart
	case "enable", "reenable", "on", "add", "defaults", "defaults-disabled", "preset":
		return ActionEnable
	case "disable", "off", "del", "delete", "remove":
		return ActionDisable
	case "mask":
		return ActionMask
	}
	return NoAction
}

// systemctl is VERB UNIT...; --now starts or stops too.
func (x *call) systemctl() {
	action, also := verbAction(x.c.Subcommand), NoAction
	if x.has("--now") {
		switch action {
		case ActionEnable:
			also = ActionStart
		case ActionDisable, ActionMask:
			also = ActionStop
		}
	}
	for _, o := range x.operands {
		x.service(o.Text, o.Mark, action, also)
	}
}

// serviceVerb is NAME VERB: service, rc-service, invoke-rc.d, chkconfig, update-rc.d.
func (x *call) serviceVerb() {
	if len(x.operands) > 1 {
		x.service(x.operand(0), x.operands[0].Mark, verbAction(x.operand(1)))
	}
}

// verbService is VERB NAME...: rc-update, initctl, sv, supervisorctl.
func (x *call) verbService() {
	if len(x.operands) < 2 {
		return
	}
	action := verbAction(x.operand(0))
	for i, o := range x.operands[1:] {
		if i > 0 && x.c.Program == "rc-update" {
			return // runlevels
		}
		x.service(o.Text, o.Mark, action)
	}
}

// upstart is start, stop, restart and reload themselves.
func (x *call) upstart() {
	if len(x.operands) > 0 {
		x.service(x.operand(0), x.operands[0].Mark, verbAction(x.c.Program))
	}
}

// chkconfig is NAME on|off, --add NAME, --del NAME.
func (x *call) chkconfig() {
	switch o := x.option("--add", "--del"); {
	case o != nil && o.Name == "--add" && len(x.operands) > 0:
		x.service(x.operand(0), x.operands[0].Mark, ActionEnable)
	case o != nil && len(x.operands) > 0:
		x.service(x.operand(0), x.operands[0].Mark, ActionDisable)
	default:
		x.serviceVerb()
	}
}

// initScript adds the service behind a script of /etc/init.d or /etc/rc.d that is run by its path.
func (x *call) initScript(path string) {
	for _, dir := range [...]string{"/etc/init.d/", "/etc/rc.d/init.d/", "/etc/rc.d/", "/usr/local/etc/rc.d/"} {
		name, ok := strings.CutPrefix(path, dir)
		if !ok || name == "" || strings.IndexByte(name, '/') >= 0 {
			continue
		}
		words := x.c.Words
		if len(words) > 0 {
			x.service(name, 0, verbAction(words[0].Text))
		}
		return
	}
}

// installs and uninstalls add packages; the row says which words they are.
func (x *call) installs() { x.packages(ActionInstall) }

func (x *call) uninstalls() { x.packages(ActionRemove) }

func (x *call) packages(action Action) {
	for _, o := range x.operands {
		if o.Role == RolePackage {
			x.pack(action, o.Text, o.Mark)
		}
	}
}

// pack adds one package: a file by its path, a name without its version.
func (x *call) pack(action Action, word string, m shell.Mark) {
	switch {
	case word == "" || word == "-":
	case strings.Contains(word, "://"):
		x.add(Effect{Verb: Package, Target: word, Action: action, Mark: m})
		if action == ActionInstall {
			p := x.url(strings.TrimPrefix(word, "git+"), m, "http")
			x.fetches(p, "")
			x.connects(p)
		}
	case action == ActionInstall && packageFile(word):
		x.add(Effect{Verb: Package, Target: x.path(word, m), Action: action, Mark: m})
		x.reads(word, m)
	default:
		x.add(Effect{Verb: Package, Target: unversioned(word), Action: action, Mark: m})
	}
}

// packageFile reports whether a word names a file rather than a package.
func packageFile(word string) bool {
	if strings.HasPrefix(word, "/") || strings.HasPrefix(word, ".") || strings.HasPrefix(word, "~") {
		return true
	}
	for _, ext := range [...]string{".deb", ".rpm", ".apk", ".ipk", ".whl", ".tgz", ".tar.gz", ".gem", ".tar.xz", ".pkg", ".tar.zst", ".snap", ".flatpakref", ".egg", ".zip"} {
		if strings.HasSuffix(word, ext) {
			return true
		}
	}
	return false
}

// unversioned cuts a version off a name: a=1, a==1, a>=1, a@1, not the scope of @scope/a.
func unversioned(name string) string {
	if i := strings.IndexAny(name, "=<>~!;"); i > 0 {
		return name[:i]
	}
	if i := strings.LastIndexByte(name, '@'); i > 0 {
		return name[:i]
	}
	return name
}

// packagesByOption is a manager whose options say what happens: pacman -S, rpm -e, dpkg -i.
func (x *call) dpkg() {
	switch {
	case x.has("-i", "--install", "--unpack"):
		x.packageFiles()
	case x.has("-r", "--remove", "-P", "--purge"):
		x.uninstalls()
	}
}

func (x *call) rpm() {
	switch {
	case x.has("-e", "--erase"):
		x.uninstalls()
	case x.has("-q", "--query", "-V", "-K", "--import"):
	case x.has("-i", "-U", "-F", "--install", "--upgrade", "--freshen", "--reinstall"):
		x.packageFiles()
	}
}

// packageFiles adds packages that are files whatever their names look like.
func (x *call) packageFiles() {
	for _, o := range x.operands {
		if strings.Contains(o.Text, "://") {
			x.pack(ActionInstall, o.Text, o.Mark)
			continue
		}
		x.add(Effect{Verb: Package, Target: x.path(o.Text, o.Mark), Action: ActionInstall, Mark: o.Mark})
		x.reads(o.Text, o.Mark)
	}
}

func (x *call) pacman() {
	switch {
	case x.has("-R"):
		x.uninstalls()
	case x.has("-U"):
		x.packageFiles()
	case x.has("-S") && !x.has("-s", "-i", "-l", "-g"):
		x.installs()
	}
}
