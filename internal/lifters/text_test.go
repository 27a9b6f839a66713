package lifters

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	// Made of counted bytes, with checksums.
	subaddress = "83sDRz9WaWe7jz8d1RTZ3gETZJPw4eR22MB8UAkBnS8STthdSngNnrWacEbjqsDixJhA76VxiPxwU54A4iEko9dL8DqkF5w"
	integrated = "4Ctc3KZJhtAD7o8NSyTA6JRD2RTvFrAUed8WrZhxXy7U6QDxbXLGJ7xJVTGBsmFokaWaeMob7Mj8JiWAzPFHsSqcBmt6R4e7neAGTTcfUS"
	monero     = "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A"
	segwit     = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"                     // BIP 173
	taproot    = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0" // BIP 350
)

func TestFindWallet(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"pay " + genesis + ".", genesis},
		{"3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"},
		{"bitcoin:" + segwit + "?amount=1", segwit},
		{strings.ToUpper(segwit), strings.ToUpper(segwit)},
		{"(" + taproot + ")", taproot},
		{"xmr\n" + monero + "\n", monero},
		{"to " + subaddress + ".", subaddress}, {integrated, integrated},
		{genesis[:33] + "b", ""},                                                       // checksum
		{"BC1" + segwit[3:], ""},                                                       // mixed case
		{segwit[:len(segwit)-1] + "5", ""},                                             // checksum
		{"tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", ""},                             // test net
		{"bc1zw508d6qejxtdg4y5r3zarvaryvg6kdaj", ""},                                   // version 2 under bech32's checksum, not bech32m's
		{"8" + monero[1:], ""}, {monero[:94] + "B", ""}, {strings.Repeat("4", 95), ""}, // no checksum
		{monero[:94], ""}, {monero + "A", ""}, {"5" + monero[1:], ""},
		{strings.Replace(monero, "F", "0", 1), ""}, // not base58
		{"x" + genesis, ""},
		{"", ""},
	} {
		got, ok := findWallet(tt.text)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("findWallet(%q) = %q, %v, want %q", tt.text, got, ok, tt.want)
		}
	}
}

func TestFindWalletGivesUp(t *testing.T) {
	noise := strings.Repeat("1"+strings.Repeat("z", 33)+" ", maxWallets)
	if got, ok := findWallet(noise + genesis); ok {
		t.Errorf("findWallet behind %d candidates = %q, want none", maxWallets, got)
	}
	if _, ok := findWallet(noise[35:] + genesis); !ok {
		t.Errorf("findWallet behind %d candidates = none, want one", maxWallets-1)
	}
}

func TestWordSet(t *testing.T) {
	for _, tt := range []struct {
		text, word string
		want       bool
	}{
		{"Wire it", "wire", true}, {"WIRE", "wire", true}, {"a-wire.", "wire", true}, {"wired", "wire", false},
		{"hotwire", "wire", false}, {"wire_it", "wire", false}, {"1wire", "wire", false}, {"wirewire wire", "wire", true},
		{"gift card", "gift card", true}, {"gift\r\n\tcard", "gift card", true}, {"giftcard", "gift card", false},
		{"gift cards", "gift card", false}, {"gift  ", "gift card", false},
		{"gift" + strings.Repeat(" ", maxGap+1) + "card", "gift card", false},
		{"ÜBERWEISUNG!", "überweisung", true}, {"éwire", "wire", false}, {"wireé", "wire", false},
		{"cost: $5", "$5", true}, {"a$5", "$5", true}, {"$50", "$5", false},
		{"\xffwire\xff", "wire", true}, {"", "wire", false},
	} {
		if got := newWordSet([]string{tt.word}).any(tt.text); got != tt.want {
			t.Errorf("wordSet(%[2]q).any(%[1]q) = %[3]v, want %[4]v", tt.text, tt.word, got, tt.want)
		}
	}
}

func TestWordSetOrder(t *testing.T) {
	ws := newWordSet([]string{"urgent", "gift card", "wire"})
	const text = "Wire the GIFT card. wire"
	if got, ok := ws.first(text); got != "gift card" || !ok {
		t.Errorf("first(%q) = %q, %v, want the first of the set's order", text, got, ok)
	}
	if got, want := ws.all(text), []string{"gift card", "wire"}; !slices.Equal(got, want) {
		t.Errorf("all(%q) = %q, want %q", text, got, want)
	}
	if got, ok := ws.first("nothing"); ok || ws.all("nothing") != nil {
		t.Errorf("first = %q, want none", got)
	}
}

func TestPathOf(t *testing.T) {
	for _, tt := range []struct{ url, want string }{
		{"/a/b?c#d", "/a/b"}, {"/a#b?c", "/a"}, {"http://u:p@h:1/x?y", "/x"}, {"https://h", ""}, {"/r?u=http://h/x", "/r"},
		{"/go/http://h/x", "/go/http://h/x"}, {"*", "*"}, {"", ""},
	} {
		if got := pathOf(tt.url); got != tt.want {
			t.Errorf("pathOf(%q) = %q, want %q", tt.url, got, tt.want)
		}
	}
}

func TestUnescape(t *testing.T) {
	for _, tt := range []struct{ s, want string }{
		{"/%2eenv", "/.env"}, {"%252e", "%2e"}, {"%", "%"}, {"%2", "%2"}, {"%zz%41", "%zzA"}, {"a+b", "a+b"}, {"%00", "\x00"},
	} {
		if got := unescape(tt.s); got != tt.want {
			t.Errorf("unescape(%q) = %q, want %q", tt.s, got, tt.want)
		}
	}
}

// FuzzPatternSet: the literal test never keeps out a text that the pattern
// matches.
func FuzzPatternSet(f *testing.F) {
	for _, seed := range [][2]string{
		{`(?i)\bFLUSHALL\b`, "x flushall"}, {`(?i)-confg$`, "r-CONFG"}, {`(?:^|/)\.env$`, "/.env"}, {`(?i)ask`, "aſK"},
		{`a(?:bc|bd)+e`, "abcbde"}, {`(?:xyz){2,}`, "xyzxyz"}, {`(?:xyz){0,2}q`, "q"}, {"\uFFFD", "\xff"}, {`(?s)a.b`, "a\nb"}, {`(a|b)c*`, "b"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		re, err := regexp.Compile(pattern)
		if err != nil || len(pattern) > 200 {
			return
		}
		ps := newPatternSet([]*regexp.Regexp{re})
		if _, ok := ps.find(text); ok != re.MatchString(text) {
			t.Errorf("find(%q) with %q (literal %q) = %v, want %v", text, pattern, ps.patterns[0].literal, ok, !ok)
		}
	})
}

func TestRequiredLiterals(t *testing.T) {
	for _, tt := range []struct{ pattern, want string }{
		{`(?i)\bDROP\s+DATABASE\b`, "database"}, {`(?:^|/)\.env(?:\.\w+)?$`, ".env"}, {`startup-config`, "startup-config"},
		{`a|b`, ""}, {`(?:abc)+`, "abc"}, {`(?i)é`, ""},
	} {
		if got := newPatternSet([]*regexp.Regexp{regexp.MustCompile(tt.pattern)}).patterns[0].literal; got != tt.want {
			t.Errorf("literal of %q = %q, want %q", tt.pattern, got, tt.want)
		}
	}
}
