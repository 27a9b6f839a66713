package ingest

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"ttpctl/internal/event"
)

// checkIdentity runs data through one format and checks that no line was
// lost, that every event can be used, and that nothing invalid came out.
func checkIdentity(t *testing.T, formatName string, data []byte) Account {
	t.Helper()
	delivered, rejections := 0, 0
	check := evaluatorFunc(func(ev *event.Event) {
		delivered++
		if ev.SourceID == "" || ev.Attacker(nil) == "" && ev.IdentityUUID == "" {
			t.Errorf("%s: event without id or anchor from %q", formatName, data)
		}
		if s := describe(ev); !utf8.ValidString(s) || strings.Contains(s, "NaN") || strings.Contains(s, "Inf:") {
			t.Errorf("%s: event %q from %q", formatName, s, data)
		}
	})
	a, err := Run(t.Context(), []Input{{Name: "in", Reader: bytes.NewReader(data)}}, Config{Format: formatName, Workers: 1, MaxLine: 4096},
		func() Evaluator { return check }, func(b *Batch) error {
			for _, r := range b.Rejections {
				rejections++
				if r.Line < 1 || r.Reason == "" || strings.ContainsAny(r.Reason, "\n\r") {
					t.Errorf("%s: rejection %+v of %q", formatName, r, data)
				}
			}
			return nil
		})
	if err != nil {
		t.Errorf("%s: Run(%q) = %v", formatName, data, err)
	}
	if want := countLines(t, data); a.Lines != want {
		t.Errorf("%s: %d lines of %q, want %d", formatName, a.Lines, data, want)
	}
	if sum := a.Blank + a.Direct + a.Absorbed + a.Ignored + a.Rejected; sum != a.Lines {
		t.Errorf("%s: %q: fates add up to %d, want %d lines: %+v", formatName, data, sum, a.Lines, a)
	}
	if a.Ignored != a.IgnoredTypes.Total() || a.Rejected != rejections {
		t.Errorf("%s: %q: ignored %d, by type %d; rejected %d, reported %d", formatName, data, a.Ignored, a.IgnoredTypes.Total(), a.Rejected, rejections)
	}
	if a.Events != a.Direct+a.Aggregated+a.FannedOut || a.Events-a.Kinds[event.KindUnknown] != delivered {
		t.Errorf("%s: %q: %d events of %d direct lines, %d unhandled, %d evaluated", formatName, data, a.Events, a.Direct, a.Kinds[event.KindUnknown], delivered)
	}
	return a
}

type evaluatorFunc func(ev *event.Event)

func (f evaluatorFunc) Evaluate(dst []event.Tag, ev *event.Event) []event.Tag {
	f(ev)
	return dst
}

// TestConformance holds for every reader in the table, whatever it is fed.
func TestConformance(t *testing.T) {
	good := map[string]string{
		"ttp":       eventLine(1),
		"access":    `203.0.113.9 - - [18/Mar/2026:13:28:51 +0000] "GET / HTTP/1.1" 200 5 "-" "x"`,
		"cowrie":    `{"eventid":"cowrie.command.input","input":"ls","sensor":"x","timestamp":"2026-03-18T13:28:51Z","src_ip":"203.0.113.9","session":"s"}`,
		"dionaea":   dionaeaConnection("ftpd", "accept", someCredentials),
		"tanner":    tannerLine(""),
		"heralding": `{"service":"vnc","username":"a","password":"b","success":false,"src_ip":"203.0.113.9","session":"s","timestamp":"2025-02-22 08:12:21.043131"}`,
	}
	for _, f := range formats() {
		l, ok := good[f.name]
		if !ok {
			t.Errorf("no good line of format %s in this test", f.name)
			continue
		}
		a := checkIdentity(t, f.name, []byte("\ufeff"+l+"\r\n \r\n"+l))
		if a.Direct+a.Absorbed != 2 || a.Direct == 0 || a.Blank != 1 || a.Rejected != 0 {
			t.Errorf("%s: two good lines gave %+v", f.name, a)
		}
		if a := checkIdentity(t, Auto, []byte("\n"+l)); a.Formats.Count(f.name) != 1 {
			t.Errorf("%s: auto took %q for %v", f.name, l, a.Formats.Names())
		}
		if a := checkIdentity(t, f.name, []byte(strings.Repeat("x", 5000)+"\n"+l)); a.Rejected != 1 || a.Direct != 1 {
			t.Errorf("%s: an over-long line and a good one gave %+v", f.name, a)
		}
		for _, junk := range []string{"{}", "[]", "nonsense", "{", "\x00\x01", "{\"a\":1}{", strings.Repeat("[", 3000), "\xff{\x00"} {
			if a := checkIdentity(t, f.name, []byte(junk+"\n"+l)); a.Rejected != 1 || a.Direct != 1 {
				t.Errorf("%s: %.50q and a good line gave %+v", f.name, junk, a)
			}
		}
		mutate(t, f.name, l)
	}
}

// mutate feeds damaged copies of a good line.
func mutate(t *testing.T, formatName, good string) {
	rng := rand.New(rand.NewPCG(1, 2))
	var text []byte
	for range 3000 {
		l := []byte(good)
		for range rng.IntN(4) {
			at := rng.IntN(len(l))
			switch rng.IntN(3) {
			case 0:
				l[at] = byte(rng.IntN(256))
			case 1:
				l = append(l[:at], l[at+1:]...)
			default:
				l = append(l[:at], append([]byte(`",:{}[]\0 x`)[rng.IntN(11):][:1:1], l[at:]...)...)
			}
		}
		text = append(append(text, l...), '\n')
	}
	checkIdentity(t, formatName, text)
}

func TestCheckFormat(t *testing.T) {
	for _, name := range []string{"auto", "ttp", "cowrie", "access"} {
		if err := CheckFormat(name); err != nil {
			t.Errorf("CheckFormat(%q) = %v", name, err)
		}
	}
	_, err := Run(t.Context(), nil, Config{Format: "xml"}, func() Evaluator { return noRules{} }, func(*Batch) error { return nil })
	if err == nil || !strings.Contains(err.Error(), `"xml"`) {
		t.Errorf("Run with format xml = %v, want an error that names it", err)
	}
}

var errSink = errors.New("sink is full")
