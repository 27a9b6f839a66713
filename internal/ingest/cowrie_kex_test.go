package ingest

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"testing"

	"ttpctl/internal/event"
)

// TestHassh makes hashes of lists, odd ones too, more than are remembered, and
// each again.
func TestHassh(t *testing.T) {
	d := newCowrieDecoder(event.AllFields()).(*cowrieDecoder)
	hassh := func(kex, enc, mac, comp string) string {
		l := fmt.Sprintf(`{"eventid":"cowrie.client.kex","session":"s","kexAlgs":%s,"encCS":%s,"macCS":%s,"compCS":%s}`, kex, enc, mac, comp)
		var rec cowrieRecord
		if err := d.record(&rec, []byte(l), l); err != nil {
			t.Fatalf("%s: %v", l, err)
		}
		return d.kex.hassh([]byte(l), l)
	}
	of := func(text string) string {
		sum := md5.Sum([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	for _, tt := range []struct{ kex, enc, mac, comp, want string }{
		{`["a","b"]`, `["c"]`, `["d","e"]`, `["none"]`, of("a,b;c;d,e;none")},
		{`["","b"]`, `[]`, `["d",""]`, `[""]`, of(",b;;d,;")},
		{`["a",5,null,{"x":["y"]},["z"],"b"]`, `[ "c" ]`, `["\u0064"]`, `["é"]`, of("a,,,,,b;c;d;é")},
		{`"a"`, `["c"]`, `["d"]`, `["none"]`, ""},
		{`{}`, `["c"]`, `["d"]`, `["none"]`, ""},
	} {
		if got := hassh(tt.kex, tt.enc, tt.mac, tt.comp); got != tt.want {
			t.Errorf("hassh of %s, %s, %s, %s = %q, want %q", tt.kex, tt.enc, tt.mac, tt.comp, got, tt.want)
		}
	}
	for n := range 3 * knownHasshs {
		for range 2 {
			if got, want := hassh(fmt.Sprintf(`["a%d"]`, n), `["c"]`, `["d"]`, `["none"]`), of(fmt.Sprintf("a%d;c;d;none", n)); got != want {
				t.Fatalf("hassh %d = %q, want %q", n, got, want)
			}
		}
		if len(d.kex.known) > knownHasshs {
			t.Fatalf("%d hashes are known", len(d.kex.known))
		}
	}
}
