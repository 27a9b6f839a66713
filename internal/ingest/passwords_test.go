package ingest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPasswordsRead(t *testing.T) {
	tests := []struct {
		line string
		want [][2]string
	}{
		{`echo "root:Sommer-2019!"|chpasswd`, [][2]string{{"root", "Sommer-2019!"}}},
		{`cd /tmp; echo "root:abcDEF123"|chpasswd|bash`, [][2]string{{"root", "abcDEF123"}}},
		{`printf 'root:one-1\nadmin:two-2\n' | sudo /usr/sbin/chpasswd`, [][2]string{{"root", "one-1"}, {"admin", "two-2"}}},
		{`chpasswd <<< "root:three:3"`, [][2]string{{"root", "three:3"}}},
		{`echo 'root:$1$x$y' | chpasswd -e`, nil},
		{`echo -e "old\nNew-pass\nNew-pass"|passwd|bash`, [][2]string{{"pi", "New-pass"}}},
		{`echo -e "New-pass\nNew-pass" | passwd root`, [][2]string{{"root", "New-pass"}}},
		{`echo New-pass | passwd --stdin admin`, [][2]string{{"admin", "New-pass"}}},
		{`passwd`, nil},
		{`cat /etc/passwd`, nil},
		{`useradd -p Geheim-77 -o -u 0 back`, [][2]string{{"back", "Geheim-77"}}},
		{`useradd -p '$1$abc$def' back`, nil},
		{`useradd -p $(openssl passwd -1 Geheim-77) back`, [][2]string{{"back", "Geheim-77"}}},
		{`usermod --password=Geheim-77 root`, [][2]string{{"root", "Geheim-77"}}},
		{"useradd -m -p `perl -e 'print crypt(\"Geheim-77\", \"ab\")'` back", [][2]string{{"back", "Geheim-77"}}},
		{`useradd -m back`, nil},
		{`echo "chpasswd root:x"`, nil},
	}
	var r passwordReader
	for _, tt := range tests {
		if !maySetPassword(tt.line) {
			t.Errorf("maySetPassword(%q) = false", tt.line)
		}
		for _, when := range []string{"first", "known"} {
			var got [][2]string
			for _, p := range r.of(tt.line) {
				if p.own {
					p.user = "pi"
				}
				got = append(got, [2]string{p.user, p.password})
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("of(%q), %s, differs (-want +got):\n%s", tt.line, when, diff)
			}
		}
	}
}
