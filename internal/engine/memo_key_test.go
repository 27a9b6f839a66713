package engine

import (
	"hash/maphash"
	"testing"

	"ttpctl/internal/event"
)

// FuzzKey: of two events the key of one spells the other if and only if their keys are equal, and then their hashes
// are.
func FuzzKey(f *testing.F) {
	f.Add("ls", "/tmp", 1.5, "ls", "/tmp", 1.5, uint8(0))
	f.Add("ls", "/tmp", 1.5, "ls/", "tmp", 1.5, uint8(1))
	f.Add("", "\x01\x02x", 0.0, "\x01\x02x", "", 0.0, uint8(6))
	f.Add("a\x00", "b", 2.0, "a", "\x00b", 3.0, uint8(255))
	user, uid := event.MustField(event.KindCommand, "user"), event.MustField(event.KindCommand, "uid")
	fields := []event.FieldID{commandText, commandPwd, user, uid}
	seed := maphash.MakeSeed()
	f.Fuzz(func(t *testing.T, a, b string, x float64, c, d string, y float64, form uint8) {
		made := func(a, b string, x float64, form uint8) *event.Event {
			ev := commandEvent(a)
			ev.Set(uid, event.NumberValue(x))
			if form&1 != 0 {
				ev.IdentityUUID = "i1"
			}
			if form&2 != 0 {
				ev.Set(commandPwd, event.StringValue(b))
			} else if form&4 != 0 {
				ev.Set(user, event.StringsValue([]string{b, a}))
			}
			return ev
		}
		one, two := made(a, b, x, form), made(c, d, y, form>>4)
		var n, o memoNote
		if !n.makeKey(one, fields) || !o.makeKey(two, fields) {
			return
		}
		key, same := string(n.key), string(n.key) == string(o.key)
		if got := o.spells(key, two, fields); got != same {
			t.Errorf("%q spells %v: %v, want %v", key, two, got, same)
		}
		if !n.spells(key, one, fields) {
			t.Errorf("%q does not spell %v, of which it is", key, one)
		}
		if g, h := n.hashOf(seed, one, fields), o.hashOf(seed, two, fields); same && g != h || g == 0 {
			t.Errorf("hashes of %v and %v are %x and %x, their keys equal: %v", one, two, g, h, same)
		}
	})
}
