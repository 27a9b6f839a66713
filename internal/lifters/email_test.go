package lifters

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/idna"

	"ttpctl/internal/event"
)

func TestHostOf(t *testing.T) {
	for _, tt := range []struct{ url, want string }{
		{"https://a.example/x", "a.example"}, {"http://u:p@a.example:80/x@y", "a.example"}, {"//a.example/x", "a.example"},
		{"a.example", "a.example"}, {"a.example:80", "a.example"}, {"mailto:u@a.example", "a.example"}, {`http:\\a.example\x`, "a.example"},
		{" https://a.example.?q ", "a.example"}, {"https://a.example#f", "a.example"}, {"", ""}, {":", ""}, {"http://", ""}, {"@", ""},
	} {
		if got := hostOf(tt.url); got != tt.want {
			t.Errorf("hostOf(%q) = %q, want %q", tt.url, got, tt.want)
		}
	}
}

func TestIDNURL(t *testing.T) {
	label := func(s string) string {
		ascii, err := idna.Punycode.ToASCII(s)
		if err != nil {
			t.Fatal(err)
		}
		return ascii
	}
	for _, tt := range []struct {
		url             string
		any, confusable bool
	}{
		{"https://xn--80ak6aa92e.com/", true, true},                   // аррӏе, all Cyrillic
		{"https://аррӏе.com/", true, true},                            // the same, not converted
		{"https://" + label("pаypal") + ".com", true, true},           // one Cyrillic letter
		{"https://" + label("ɡoogle") + ".com", true, true},           // one letter beyond ASCII
		{"https://" + label("münchen") + ".de", true, false},          // a name
		{"https://" + label("пример") + ".test", true, false},         // a name in Cyrillic
		{"https://" + label("東京タワー") + ".jp", true, false},            // Han and Katakana are one language
		{"https://" + label("abc한국") + ".kr", true, false},            // Latin and Hangul may mix
		{"https://" + label("aпример") + ".test", true, true},         // Latin and Cyrillic may not
		{"https://mail." + label("münchen") + ".de:443", true, false}, // not the first label
		{"https://example.com/xn--80ak6aa92e", false, false},
		{"https://xn--80ak6aa92e.com@example.com", false, false},
		{"https://axn--80ak6aa92e.com", false, false},
		{"https://ｅxample.com/", false, false}, // full width is ASCII once it is mapped
		{"https://xn--\xff/", false, false},
	} {
		for want, params := range map[*bool]string{&tt.any: "", &tt.confusable: ", require_confusable: true"} {
			s := compileOne(t, []event.Kind{event.KindEmail}, "{kind: lifter:email_idn_url"+params+"}", "")
			if got := len(evaluate(t, s, eventOf(event.KindEmail, payload{"urls": []any{tt.url}}))) > 0; got != *want {
				t.Errorf("idn_url%s on %q fires %v, want %v", params, tt.url, got, *want)
			}
		}
	}
}

func TestSenderMasquerade(t *testing.T) {
	const all = "signals: [from_returnpath_mismatch, from_mailfrom_mismatch, dkim_fail, spf_fail]"
	const mismatch = "signals: [from_returnpath_mismatch, from_mailfrom_mismatch]"
	for _, tt := range []struct {
		name, params string
		p            payload
		want         bool
	}{
		{"one organisation", all, payload{"from_domain": "news.bank.co.uk", "return_path_domain": "BOUNCE.Bank.co.uk."}, false},
		{"one suffix", all, payload{"from_domain": "a.co.uk", "mail_from_domain": "b.co.uk"}, true},
		{"private suffix", all, payload{"from_domain": "a.github.io", "mail_from_domain": "b.github.io"}, true},
		{"the last @", all, payload{"from": `"boss@a.example" <x@b.example>`, "mail_from": "<y@b.example>"}, false},
		{"no sender", all, payload{"from": "x@a.example", "mail_from": "<>"}, false},
		{"Unicode and its punycode", all, payload{"from_domain": "bücher.example", "mail_from_domain": "xn--bcher-kva.example"}, false},
		{"no address", all, payload{"from": "x@a.example", "mail_from": "MAILER-DAEMON"}, false},
		{"within the suffix", all, payload{"from_domain": "bank.co.uk", "mail_from_domain": "co.uk"}, true},
		{"the domain and its host", all, payload{"from_domain": "bank.co.uk", "mail_from_domain": "mail.bank.co.uk"}, false},
		{"half a label", all, payload{"from_domain": "ibank.example", "mail_from_domain": "bank.example"}, true},
		{"labels alike from the middle", all, payload{"from_domain": "x.ibank.example", "mail_from_domain": "x.bank.example"}, true},
		{"wildcard suffix", all, payload{"from_domain": "a.foo.ck", "mail_from_domain": "b.foo.ck"}, true},
		{"exception to it", all, payload{"from_domain": "a.www.ck", "mail_from_domain": "b.www.ck"}, false},
		{"suffix alone", all, payload{"from_domain": "co.uk", "mail_from_domain": "co.uk"}, false},
		{"address literals", all, payload{"from_domain": "[192.0.2.1]", "mail_from_domain": "[198.51.2.1]"}, true},
		{"dkim passes, unsigned", all, payload{"dkim_result": "pass", "dkim_signed": false}, false},
		{"softfail", all, payload{"spf_result": "softfail", "spf_pass": false}, false},
		{"temperror", all, payload{"spf_result": "temperror"}, false},
		{"spf fails", all, payload{"spf_result": "Fail"}, true},
		{"not asked", mismatch, payload{"dkim_result": "fail"}, false},
		{"mismatch alone, strict", mismatch + ", require_auth_fail: true", payload{"from_domain": "a.test", "mail_from_domain": "b.test"}, false},
		{"mismatch and failure, strict", mismatch + ", require_auth_fail: true",
			payload{"from_domain": "a.test", "mail_from_domain": "b.test", "spf_result": "fail"}, true},
		{"failure, strict", mismatch + ", require_auth_fail: true",
			payload{"from_domain": "a.test", "mail_from_domain": "a.test", "spf_result": "fail"}, false},
	} {
		s := compileOne(t, []event.Kind{event.KindEmail}, "{kind: lifter:email_sender_masquerade, "+tt.params+"}", "")
		if got := len(evaluate(t, s, eventOf(event.KindEmail, tt.p))) > 0; got != tt.want {
			t.Errorf("%s: sender_masquerade on %v fires %v, want %v", tt.name, tt.p, got, tt.want)
		}
	}
}

func wrap(s string, n int, eol string) string {
	var b strings.Builder
	for len(s) > n {
		b.WriteString(s[:n] + eol)
		s = s[n:]
	}
	return b.String() + s
}

func TestLongestBase64(t *testing.T) {
	const least = 4096
	raw := make([]byte, least)
	for i := range raw {
		raw[i] = byte(i * 31)
	}
	whole := base64.StdEncoding.EncodeToString(raw)
	short := base64.StdEncoding.EncodeToString(raw[1:])
	lines := wrap(whole, 76, "\r\n")
	for _, tt := range []struct {
		name, text string
		want       int
	}{
		{"one line", whole, least},
		{"one byte less", short, 0},
		{"wrapped", "Hello,\r\n\r\n" + lines + "\r\n\r\nbye", least},
		{"wrapped and quoted", "> " + strings.ReplaceAll(wrap(whole, 76, "\n"), "\n", "\n> "), least},
		{"in a script", `<script>var a="` + whole + `";</script>`, least},
		{"no padding", strings.TrimRight(whole, "="), least},
		{"zero bytes", base64.StdEncoding.EncodeToString(make([]byte, least)), least},
		{"longest of two", short + "\n\n" + base64.StdEncoding.EncodeToString(append(raw, raw...)), 2 * least},
		{"letters glued on", strings.TrimRight(whole, "=") + "xyz", least + 2},
		{"a letter glued in front", "payload: x" + base64.StdEncoding.EncodeToString(append(raw, raw[:2]...)), least + 2},
		{"hex dump", wrap(strings.Repeat("0123456789abcdef", 600), 64, "\n"), 0},
		{"words, one a line", strings.Repeat("incomprehensibilities\n", 600), 0},
		{"prose", strings.Repeat("the quick brown fox jumps over the lazy dog ", 300), 0},
		{"two halves", whole[:4000] + ".\n" + whole[4000:], 0},
		{"inline image", `<img src="data:image/png;base64,` + whole + `">`, 0},
		{"inline image, wrapped", "<img src=\"data:image/png;base64,\r\n" + lines + "\r\n\">", 0},
		{"inline program", `<a href="data:application/octet-stream;base64,` + whole + `">`, least},
		{"after an image", `<img src="data:image/gif;base64,R0lG"> ` + whole, least},
		{"image part", "--b\r\nContent-Type: image/jpeg; name=a.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n" + lines + "\r\n--b--", 0},
		{"part behind an image", "--b\r\nContent-Type: image/jpeg\r\n\r\nQUJD\r\n--b\r\nContent-Type: application/zip\r\n\r\n" + lines, least},
		{"S/MIME part", "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\n" + lines, 0},
		{"PGP", "-----BEGIN PGP MESSAGE-----\nVersion: 2\n\n" + lines + "\n=abcd\n-----END PGP MESSAGE-----\n", 0},
		{"PGP that never ends", "-----BEGIN PGP MESSAGE-----\n\n" + lines, least},
		{"behind PGP", "-----BEGIN PGP MESSAGE-----\nQQ==\n-----END PGP MESSAGE-----\n" + lines, least},
		{"certificate", "-----BEGIN CERTIFICATE-----\n" + lines + "\n-----END CERTIFICATE-----\n", least},
		{"empty", "", 0},
	} {
		if got := longestBase64(tt.text, least); got != tt.want {
			t.Errorf("%s: longestBase64 = %d, want %d", tt.name, got, tt.want)
		}
	}
}

// TestHostileBodies: two megabytes of whatever is worst for a scanner cost a
// fraction of a second; what is not linear would take minutes.
func TestHostileBodies(t *testing.T) {
	email := []event.Kind{event.KindEmail}
	s := compile(t,
		ruleFile("T0001", ruleText("T0001", email, "kind: lifter:email_encoded_payload", "")),
		ruleFile("T0002", ruleText("T0002", email, "{kind: lifter:behavioral_ransom_note, payment_keywords: [a b, btc]}", "")))
	const size, limit = 2 << 20, 20 * time.Second
	for _, unit := range []string{"-----BEGIN PGP X\n", "a", "a ", "\n", "data:image/;base64,\n", "=", "\xff",
		"1zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz btc ", "bc1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq btc "} {
		ev := eventOf(event.KindEmail, payload{"body_text": strings.Repeat(unit, size/len(unit))})
		start := time.Now()
		evaluate(t, s, ev)
		if d := time.Since(start); d > limit {
			t.Errorf("2 MB of %q took %v", unit, d)
		}
	}
}
