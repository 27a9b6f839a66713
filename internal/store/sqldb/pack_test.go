package sqldb

import (
	"testing"

	"ttpctl/internal/store"
)

// A row of messages that is not whole is an error, not a panic.
func TestUnpackMalformed(t *testing.T) {
	t.Parallel()
	whole, _ := pack(nil, []store.Message{{Topic: store.Tagged, Body: []byte("one")}, {Topic: store.Suppressed, Body: []byte("two")}})
	for n := range whole {
		ms, err := unpack(nil, whole[:n], 1, 0, 10)
		if atEnd := n == 1 || n == 6; (err == nil) != atEnd {
			t.Errorf("unpack() of the first %d bytes of %d = %d messages, %v", n, len(whole), len(ms), err)
		}
	}
	for _, row := range []string{"", "\x02", "\x01\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "\x01\x01\x05abc"} {
		if ms, err := unpack(nil, []byte(row), 1, 0, 10); err == nil {
			t.Errorf("unpack(%q) = %v, want an error", row, ms)
		}
	}
}
