package corpus

import (
	"encoding/base64"
	"encoding/hex"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/event"
)

func TestScrubText(t *testing.T) {
	const b = Placeholder
	enc := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	tests := []struct {
		name, text, want string
		form             Form
	}{
		{"dotted", "ping 203.0.113.9", "ping " + b, Dotted},
		{"dotted, then text", "203.0.113.9.nip.io", b + ".nip.io", Dotted},
		{"dotted within numbers", "1.203.0.113.9.5", "1." + b + ".5", Dotted},
		{"behind a letter", "ip=a203.0.113.9b", "ip=a" + b + "b", Dotted},
		{"port", "nc 203.0.113.9:4444", "nc " + b + ":4444", Dotted},
		{"leading zeros", "203.000.113.009", b, Dotted},
		{"dashes", "ec2-203-0-113-9.example.com", "ec2-" + b + ".example.com", Dotted},
		{"defanged", "203[.]0[.]113[.]9", b, Dotted},
		{"defanged in words", "203[dot]0[dot]113[dot]9", b, Dotted},
		{"three parts", "ping 203.0.28937", "ping " + b, Dotted},
		{"two parts", "ping 203.28937", "ping " + b, Dotted},
		{"reverse look-up", "dig 9.113.0.203.in-addr.arpa", "dig " + b + ".in-addr.arpa", Dotted},
		{"decimal", "ping 3405803785", "ping " + b, Decimal},
		{"hex", "ping 0xcb007109", "ping " + b, Hex},
		{"hex, upper case", "ping 0XCB007109", "ping " + b, Hex},
		{"hex with zeros", "ping 0x00cb007109", "ping " + b, Hex},
		{"dotted hex", "ping 0xcb.0x0.0x71.0x9", "ping " + b, Hex},
		{"bare hex", "python x.py cb007109", "python x.py " + b, Hex},
		{"octal", "ping 031300070411", "ping " + b, Octal},
		{"dotted octal", "ping 0313.0.0161.011", "ping " + b, Octal},
		{"bytes", `echo -ne "\xcb\x00\x71\x09"`, `echo -ne "` + b + `"`, Hex},
		{"ipv6", "ping 2001:db8::9", "ping " + b, IPv6},
		{"expanded", "ping 2001:0db8:0000:0000:0000:0000:0000:0009", "ping " + b, IPv6},
		{"upper case", "ping 2001:DB8:0:0::9", "ping " + b, IPv6},
		{"brackets", "curl http://[2001:db8::9]:80/x", "curl http://" + b + ":80/x", IPv6},
		{"zone", "ping 2001:db8::9%eth0", "ping " + b + "%eth0", IPv6},
		{"mapped", "curl http://[::ffff:203.0.113.9]/", "curl http://" + b + "/", IPv6},
		{"mapped in hex", "ping ::ffff:cb00:7109", "ping " + b, IPv6},
		{"ipv6 in digits", "20010db8000000000000000000000009", b, Hex},
		{"url", "wget http://203.0.113.9:8080/a", "wget http://" + b + ":8080/a", Dotted},
		{"url with a user", "wget ftp://u:p@203.0.113.9/a", "wget ftp://u:p@" + b + "/a", Dotted},
		{"percent", "GET /?u=%32%30%33.0.113.9", "GET /?u=" + b, Escaped},
		{"percent dots", "/?u=203%2E0%2e113%2E9", "/?u=" + b, Escaped},
		{"percent twice", "/?u=%2532%2530%2533.0.113.9", "/?u=" + b, Escaped},
		{"percent in ipv6", "/?u=2001%3Adb8%3A%3A9", "/?u=" + b, Escaped},
		{"hex escapes", `echo -e "\x32\x30\x33.0.113.9"`, `echo -e "` + b + `"`, Escaped},
		{"octal escapes", `printf '\062\060\063.0.113.9'`, `printf '` + b + `'`, Escaped},
		{"references", "&#50;&#x30;3.0.113.9", b, Escaped},
		{"quotes", `wget 203.0.""113.9`, "wget " + b, Escaped},
		{"escaped dots", `grep '203\.0\.113\.9' log`, `grep '` + b + `' log`, Escaped},
		{"line continuation", "wget 203.0.\\\n113.9/x", "wget " + b + "/x", Escaped},
		{"base64", "echo " + enc("wget http://203.0.113.9/x") + " | base64 -d", "echo " + enc("wget http://"+b+"/x") + " | base64 -d", Base64},
		{"base64 without padding", "x=" + strings.TrimRight(enc("nc 203.0.113.9 1"), "="), "x=" + strings.TrimRight(enc("nc "+b+" 1"), "="), Base64},
		{"base64 behind letters", "zz" + enc("nc 203.0.113.9 1"), "zz" + enc("nc "+b+" 1"), Base64},
		{"base64 of base64", enc("echo " + enc("nc 203.0.113.9 1")), enc("echo " + enc("nc "+b+" 1")), Base64},
		{"base64 of a decimal", enc("ping 3405803785 now"), enc("ping " + b + " now"), Base64},
		{"base64 in lines", enc("wget http://203.0.113.9/x")[:16] + "\n" + enc("wget http://203.0.113.9/x")[16:], enc("wget http://" + b + "/x"), Base64},
		{"base64 for URLs", base64.RawURLEncoding.EncodeToString([]byte("??>>203.0.113.9")), base64.RawURLEncoding.EncodeToString([]byte("??>>" + b)), Base64},
		{"utf-16 in base64", enc("n\x00c\x00 \x002\x000\x003\x00.\x000\x00.\x001\x001\x003\x00.\x009\x00"), enc("n\x00c\x00 \x00" + b + "\x00"), Base64},
		{"hex text", "xxd -r -p <<< " + hex.EncodeToString([]byte("203.0.113.9")), "xxd -r -p <<< " + hex.EncodeToString([]byte(b)), HexText},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := NewScrubber(mustExclude(t, "203.0.113.9,2001:db8::9"))
			if got := s.Text(tt.text); got != tt.want {
				t.Errorf("Text(%q) = %q, want %q", tt.text, got, tt.want)
			}
			if s.Counts[tt.form] == 0 {
				t.Errorf("Text(%q) counted %v, want form %s", tt.text, s.Counts, tt.form)
			}
		})
	}
}

func TestScrubRange(t *testing.T) {
	s := NewScrubber(mustExclude(t, "203.0.113.0/24,2001:db8:7::/48"))
	tests := []struct{ text, want string }{
		{"ping 203.0.113.200", "ping " + Placeholder},
		{"ping 203.0.114.200", "ping 203.0.114.200"},
		{"ping 3405803776", "ping " + Placeholder},
		{"ping 0xcb0071ff", "ping " + Placeholder},
		{"ping 2001:db8:7:1:2:3:4:5", "ping " + Placeholder},
		{"ping 2001:db8:8::1", "ping 2001:db8:8::1"},
	}
	for _, tt := range tests {
		if got := s.Text(tt.text); got != tt.want {
			t.Errorf("Text(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestScrubLeaves(t *testing.T) {
	s := NewScrubber(mustExclude(t, "203.0.113.9,2001:db8::9,9.9.9.9"))
	for _, text := range []string{
		"", "uname -a", "ping 203.0.113.90", "ping 1203.0.113.9", "ping 203.0.113.8", "chmod 777 x", "sleep 1700000000",
		"wget http://192.0.2.1/x", "echo aGVsbG8gd29ybGQgaGVsbG8=", "ping 2001:db8::99", "date 12:30:45", "9.9.9",
		`echo "a'b" \\ %zz &#xx;`, strings.Repeat("a", 1000), "d41d8cd98f00b204e9800998ecf8427e",
	} {
		if got := s.Text(text); got != text {
			t.Errorf("Text(%q) = %q, want it untouched", text, got)
		}
	}
	if len(s.Counts) > 0 {
		t.Errorf("Counts = %v, want none", s.Counts)
	}
	if got := s.Unmatched(); len(got) != 3 {
		t.Errorf("Unmatched() = %v, want all three", got)
	}
}

func TestScrubEvent(t *testing.T) {
	var ev event.Event
	ev.SetKind("http_request")
	ev.SetField("raw_url", event.StringValue("/?u=203.0.113.9"))
	ev.SetField("status", event.NumberValue(3405803785))
	ev.SetField("headers", event.Value{Kind: event.Object, Keys: []string{"X-203.0.113.9"},
		List: []event.Value{event.StringsValue([]string{"by 0xcb007109", "ok"})}})
	s := NewScrubber(mustExclude(t, "203.0.113.9"))
	s.Event(&ev)
	want := `{"raw_url":"/?u=scrubbed.test","status":0,"headers":{"X-scrubbed.test":["by scrubbed.test","ok"]}}`
	if got := string(appendPayload(nil, &ev)); got != want {
		t.Errorf("Event() left %s, want %s", got, want)
	}
}

func TestScrubIsLinear(t *testing.T) {
	for _, unit := range []string{"1.", "0", "0x", "a:", "::", "%25", "A", "QUFB", "\\", "9.113.0.203-", "203.0.113.9 ", "f"} {
		s := NewScrubber(mustExclude(t, "203.0.113.9,2001:db8::9,198.51.100.0/24"))
		took := func(n int) time.Duration {
			text := strings.Repeat(unit, n/len(unit))
			begin := time.Now()
			s.Text(text)
			return time.Since(begin)
		}
		// Sixteen times the text: were it quadratic, 256 times as long, whenever one
		// looks. The machine may be busy: one look at which it is not is enough.
		var small, large time.Duration
		for try := 0; try == 0 || try < 30 && large > 150*max(small, time.Millisecond); try++ {
			small, large = took(1<<13), took(1<<17)
		}
		if large > 150*max(small, time.Millisecond) {
			t.Errorf("128 KiB of %q took %v, 8 KiB took %v", unit, large, small)
		}
	}
}

// forms spells an IPv4 address in every form that a text may hold it in.
func forms(ip netip.Addr) []string {
	b := ip.As4()
	v := uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3])
	dotted := ip.String()
	var percent strings.Builder
	for i := range len(dotted) {
		percent.WriteString("%" + hex.EncodeToString([]byte{dotted[i]}))
	}
	return []string{
		dotted, strconv.FormatUint(v, 10), "0x" + strconv.FormatUint(v, 16), "0" + strconv.FormatUint(v, 8),
		"::ffff:" + dotted, "[::ffff:" + dotted + "]", "http://" + dotted + "/x", percent.String(),
		base64.StdEncoding.EncodeToString([]byte("x " + dotted + " y")),
	}
}

// independent is a search for an address that shares nothing with the
// scrubber: regular expressions, net/netip and encoding/base64.
type independent struct{ dotted, number, v6, code *regexp.Regexp }

func newIndependent() *independent {
	return &independent{
		dotted: regexp.MustCompile(`^[0-9]{1,3}(?:\.[0-9]{1,3}){3}`),
		number: regexp.MustCompile(`0[xX][0-9a-fA-F]+|[0-9]+`),
		v6:     regexp.MustCompile(`[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*`),
		code:   regexp.MustCompile(`[A-Za-z0-9+/]{12,}={0,2}`),
	}
}

func (f *independent) finds(text string, want netip.Addr, depth int) string {
	for i := range len(text) {
		if i > 0 && isDigit(text[i-1]) {
			continue
		}
		if loc := f.dotted.FindStringIndex(text[i:]); loc != nil {
			end := i + loc[1]
			if end < len(text) && isDigit(text[end]) {
				continue
			}
			if ip, err := netip.ParseAddr(text[i:end]); err == nil && ip == want {
				return text[i:end]
			}
		}
	}
	b := want.As4()
	v := uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3])
	for _, m := range f.number.FindAllString(text, -1) {
		n, err := strconv.ParseUint(m, 0, 64)
		if err == nil && n == v {
			return m
		}
	}
	for _, m := range f.v6.FindAllString(text, -1) {
		if ip, err := netip.ParseAddr(m); err == nil && ip.Unmap() == want {
			return m
		}
	}
	if depth > 0 {
		for _, m := range f.code.FindAllString(text, -1) {
			if plain, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(m, "=")); err == nil {
				if got := f.finds(string(plain), want, depth-1); got != "" {
					return m
				}
			}
		}
		if i := strings.IndexByte(text, '%'); i >= 0 {
			if got := f.finds(percentDecode(text), want, depth-1); got != "" {
				return got
			}
		}
	}
	return ""
}

func percentDecode(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(v))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func FuzzScrub(f *testing.F) {
	for i := range forms(netip.MustParseAddr("203.0.113.9")) {
		f.Add("wget ", " -O x", byte(i), byte(i+1), uint32(0xcb007109))
	}
	f.Add("1.", ".5", byte(0), byte(0), uint32(0x01020304))
	f.Add("%", "%32", byte(7), byte(0), uint32(0x7f000001))
	find := newIndependent()
	f.Fuzz(func(t *testing.T, before, after string, one, two byte, address uint32) {
		ip := addr4(address | 1<<24)
		spelled := forms(ip)
		text := before + spelled[int(one)%len(spelled)] + after + spelled[int(two)%len(spelled)] + before
		x := mustExclude(t, ip.String())
		clean := NewScrubber(x).Text(text)
		if got := find.finds(clean, ip, 2); got != "" {
			t.Errorf("Text(%q) = %q, which still holds %s as %q", text, clean, ip, got)
		}
		if again := NewScrubber(x).Text(clean); again != clean {
			t.Errorf("Text(%q) = %q, want a clean text to stay", clean, again)
		}
	})
}
