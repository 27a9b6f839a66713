package prefilter

import "testing"

func TestPairRarity(t *testing.T) {
	if n := len(pairBits); n != byteKinds*byteKinds {
		t.Fatalf("%d pairs, want %d", n, byteKinds*byteKinds)
	}
	for _, tt := range []struct{ common, rare string }{{"e ", "zq"}, {"in", "ni"}, {"-n", "n-"}, {" -", "^-"}, {"s/", "/\xff"}} {
		if c, r := pairRarity(tt.common, 0), pairRarity(tt.rare, 0); c >= r {
			t.Errorf("pairRarity(%q) = %d, want less than that of %q, which is %d", tt.common, c, tt.rare, r)
		}
	}
	for _, tt := range []struct{ literal, pair string }{{"ssh", "sh"}, {"the", "th"}, {"awk", "wk"}} {
		if at := rarestPair(tt.literal); pairRarity(tt.literal, at) < pairRarity(tt.pair, 0) {
			t.Errorf("rarestPair(%q) = %d, but %q is rarer", tt.literal, at, tt.pair)
		}
	}
}
