package secrets

import (
	"strings"
	"testing"
)

func TestMask(t *testing.T) {
	tests := []struct{ in, want string }{
		{"uname -a; cat /etc/passwd", "uname -a; cat /etc/passwd"},
		{"cat /etc/passwd > pass; ls pwd", "cat /etc/passwd > pass; ls pwd"},
		{"cat /etc/passwd | grep root; passwd -d root", "cat /etc/passwd | grep root; passwd -d root"},
		{`echo "root:hunter2" | chpasswd`, `echo *** | chpasswd`},
		{"echo root:hunter2|chpasswd|bash", "echo ***|chpasswd|bash"},
		{`echo -e "a:hunter2\nb:hun ter2"|sudo /usr/sbin/chpasswd`, `echo -e ***|sudo /usr/sbin/chpasswd`},
		{`echo "hunt|er2" | passwd`, `echo *** | passwd`},
		{"echo -hunter2 | passwd", "echo *** | passwd"},
		{"passwd < f <<< hunter2", "passwd < f <<< ***"},
		{"chpasswd < f; echo root:hunter2", "chpasswd < f; echo root:***"},
		{`echo -e "hunter2\nhunter2"|sudo /usr/bin/passwd bob`, `echo -e ***|sudo /usr/bin/passwd bob`},
		{`echo hunter2 | sudo passwd root`, `echo *** | sudo passwd root`},
		{`passwd root <<< 'hunter 2'`, `passwd root <<< ***`},
		{`chpasswd <<< 'root:hunter2'; id`, `chpasswd <<< ***; id`},
		{"sshpass -p 'hunter 2' ssh root@192.0.2.1", "sshpass -p *** ssh root@192.0.2.1"},
		{"sshpass -p'hunter 2' ssh root@host.example", "sshpass -p*** ssh ***@host.example"},
		{"curl -s -u admin:hunter2 http://a.example/", "curl -s -u *** http://a.example/"},
		{"curl -uadmin:hunter2 http://a.example/", "curl -u*** http://a.example/"},
		{`curl -u "admin:hun ter2" x`, `curl -u *** x`},
		{"curl -u hunter2 x", "curl -u *** x"},
		{`wget --user "admin:hun ter2" x`, `wget --user "admin:***" x`},
		{"mypass=hunt<er2 x", "mypass=*** x"},
		{"--password hunter2", "--password ***"},
		{"id a@corp.example_x", "id ***@corp.example_x"},
		{"password=***hunter2", "password=***"},
		{"x --proxy-user='admin:hunter2' y", "x --proxy-user='admin:***' y"},
		{"mysql -uroot -phunter2 -e 'show tables'", "mysql -uroot -p*** -e 'show tables'"},
		{"mariadb -u root -phunter2", "mariadb -u root -p***"},
		{"useradd -m -p hunter2 bob", "useradd -m -p *** bob"},
		{"useradd -p $(openssl passwd -1 hunter2) bob", "useradd -p *** bob"},
		{"x=$(openssl passwd -1 hunter2)", "x=$(openssl passwd -1 ***"},
		{"wget --password=hunter2 --user bob ftp://a.example", "wget --password=*** --user bob ftp://a.example"},
		{"x --http-password hunter2 y", "x --http-password *** y"},
		{"config set requirepass hunter2", "config set requirepass ***"},
		{"export DB_PASSWORD='hunter 2' API_KEY=hunter2", "export DB_PASSWORD=*** API_KEY=***"},
		{"FTP_PASS=hunter2 x", "FTP_PASS=*** x"},
		{`PGPASSWORD="hunter 2" psql`, `PGPASSWORD=*** psql`},
		{`{"password": "hunter2", "token":"hunter2"}`, `{"password": ***, "token":***}`},
		{"curl 'http://192.0.2.1/a?token=hunter2&x=1'", "curl 'http://192.0.2.1/a?token=***&x=1'"},
		{"wget http://bob:hunter2@a.example/x", "wget http://***@a.example/x"},
		{"wget ftp://bob:hunter2@192.0.2.1/x", "wget ftp://***@192.0.2.1/x"},
		{"git clone https://hunter2@a.example/x", "git clone https://***@a.example/x"},
		{"wget http://bob:hunt@er2@a.example/x", "wget http://***@a.example/x"},
		{"curl -H 'Authorization: Bearer hunter2' x", "curl -H 'Authorization: Bearer ***' x"},
		{"curl -H 'Authorization: Basic hunter2' x", "curl -H 'Authorization: Basic ***' x"},
		{"mail -s x someone.else@example.org < f", "mail -s x ***@example.org < f"},
		{"echo ssh-rsa AAAA alice@corp.example", "echo ssh-rsa AAAA ***@corp.example"},
		{"ssh root@192.0.2.1", "ssh root@192.0.2.1"},
	}
	for _, tt := range tests {
		got := Mask(tt.in)
		if got != tt.want {
			t.Errorf("Mask(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if again := Mask(got); again != got {
			t.Errorf("Mask(%q) = %q, want it as it is", got, again)
		}
	}
}

func TestMaskMail(t *testing.T) {
	const in, want = "password=x alice@corp.example", "password=x ***@corp.example"
	if got := MaskMail(in); got != want {
		t.Errorf("MaskMail(%q) = %q, want %q", in, got, want)
	}
}

// Every way needs a byte of betweenSecrets: it finds nothing in a text of all others.
func TestMaskNeedsABreak(t *testing.T) {
	var words []string
	for _, w := range []string{"root", "passwd", "chpasswd", "password", "pass", "pwd", "secret", "token", "api_key", "apikey", "bearer", "basic", "authorization", "sshpass", "curl", "mysql", "useradd", "openssl", "requirepass",
		"-p", "-u", "--user", "--password", "//", "a.example", "echo", "'x'", `"x"`, ";", "&", ">", "/", "\v", "\u00a0", "\u2028", "*", ","} {
		words = append(words, w, strings.ToUpper(w))
	}
	var all strings.Builder
	for _, a := range words {
		for _, b := range words {
			all.WriteString(a + b)
		}
	}
	for _, w := range ways() {
		if found := w.pattern.FindString(all.String()); found != "" || strings.ContainsAny(all.String(), betweenSecrets) {
			t.Errorf("%s hides %.60q, which has none of %q", w.pattern, found, betweenSecrets)
		}
	}
}
