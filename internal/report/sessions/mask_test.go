package sessions

import "testing"

func TestMask(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"nothing", "uname -a; cat /etc/passwd", "uname -a; cat /etc/passwd"},
		{"chpasswd", `echo "root:Xy7secret" | chpasswd`, `echo "root:***" | chpasswd`},
		{"chpasswd unquoted", "echo root:Xy7secret|chpasswd|bash", "echo root:***|chpasswd|bash"},
		{"passwd", `echo -e "old\nnew\nnew"|passwd`, `echo -e ***|passwd`},
		{"passwd through sudo", `echo hunter2hunter2 | sudo passwd root`, `echo *** | sudo passwd root`},
		{"here string", `passwd root <<< 'abcdef'`, `passwd root <<< ***`},
		{"sshpass", "sshpass -p 'abc def' ssh root@192.0.2.1", "sshpass -p *** ssh root@192.0.2.1"},
		{"mysql", "mysql -u root -phunter2 -e 'show databases'", "mysql -u root -p*** -e 'show databases'"},
		{"curl user", "curl -u admin:abcd http://192.0.2.1/x", "curl -u admin:*** http://192.0.2.1/x"},
		{"userinfo", "wget ftp://bob:abcd@192.0.2.1/x", "wget ftp://bob:***@192.0.2.1/x"},
		{"option", "wget --password=abcd --user=b ftp://192.0.2.1", "wget --password=*** --user=b ftp://192.0.2.1"},
		{"option and word", "tool --password abcd x", "tool --password *** x"},
		{"variable", "export DB_PASSWORD=abcd; env", "export DB_PASSWORD=***; env"},
		{"quoted variable", `PGPASSWORD="a b" psql`, `PGPASSWORD=*** psql`},
		{"query", "curl 'http://192.0.2.1/a?token=abcd&x=1'", "curl 'http://192.0.2.1/a?token=***&x=1'"},
		{"header", "curl -H 'Authorization: Bearer abcd.efgh' http://192.0.2.1", "curl -H 'Authorization: Bearer ***' http://192.0.2.1"},
		{"useradd", "useradd -m -p abcdEF bob", "useradd -m -p *** bob"},
		{"openssl", "useradd -p $(openssl passwd -1 abcd) bob", "useradd -p *** bob"},
		{"mail", "mail -s x someone.else@example.org < f", "mail -s x ***@example.org < f"},
		{"no mail", "ssh root@192.0.2.1", "ssh root@192.0.2.1"},
		{"file names", "cat /etc/passwd > pass; ls pwd", "cat /etc/passwd > pass; ls pwd"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Mask(tt.in)
			if got != tt.want {
				t.Errorf("Mask(%q) = %q, want %q", tt.in, got, tt.want)
			}
			if again := Mask(got); again != got {
				t.Errorf("Mask(%q) = %q, want it as it is", got, again)
			}
		})
	}
}
