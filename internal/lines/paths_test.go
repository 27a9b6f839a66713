package lines

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ttpctl/internal/event"
)

// FuzzPathsEqualNone holds readers that know names from the lines before to readers
// that know none: lines are read in turn, again and again.
func FuzzPathsEqualNone(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":2}`+"\n"+`{"a":1,"a":2}`+"\n"+`{"a":1,"b":2,"a":3}`+"\n"+`{"b":1,"a":2,"b":3}`), uint8(9))
	f.Add([]byte(`{"a":{"b":1,"c":2},"d":3}`+"\n"+`{"a":{"b":1},"c":2,"d":3,"c":4}`+"\n"+`{"a":{"b":1,"a":2},"d":3}`), uint8(7))
	f.Add([]byte(`{"a": 1 , "b" : 2}`+"\n"+`{"a":1,"b":2}`+"\n"+`{"a": 1,"\u0061":2}`+"\n"+`{"a"1}`+"\n"+`{"a":1 "b":2}`+"\n"+`{"a":`+"\n"+`{"a": 1,"b":2,}`+"\n"+`{ "a":1,"b":2]`), uint8(1))
	f.Add([]byte(strings.Join(eventLines(), "\n")), uint8(0x55))
	f.Fuzz(func(t *testing.T, text []byte, how uint8) {
		all := bytes.Split(text[:min(len(text), 4096)], []byte("\n"))
		all = all[:min(len(all), 32)]
		strict, tolerant := NewStrictJSON(), NewTolerantJSON()
		wants := func(id event.FieldID) bool { return how>>(id%8)&1 == 0 }
		events := NewEventReader(EventRules{Wants: wants})
		for range 4 {
			for _, l := range all {
				got, why := walkLine(strict, l, how)
				if want, because := walkLine(NewStrictJSON(), l, how); why != because || !slices.Equal(got, want) {
					t.Fatalf("strict: %q reads as %q, %q, want %q, %q", cut(l), got, why, want, because)
				}
				got, why = walkLine(tolerant, l, how)
				if want, because := walkLine(NewTolerantJSON(), l, how); why != because || !slices.Equal(got, want) {
					t.Fatalf("tolerant: %q reads as %q, %q, want %q, %q", cut(l), got, why, want, because)
				}
				var ev, plain event.Event
				given, err := events.Read(&ev, l, string(l))
				want, plainErr := NewEventReader(EventRules{Wants: wants}).Read(&plain, l, string(l))
				if why, because := reasonOf(err, l), reasonOf(plainErr, l); why != because {
					t.Fatalf("event: %q: %q, want %q", cut(l), why, because)
				}
				if err == nil && (!reflect.DeepEqual(given, want) || !reflect.DeepEqual(fields(&ev), fields(&plain))) {
					t.Fatalf("event: %q reads as %v, want %v", cut(l), fields(&ev), fields(&plain))
				}
			}
		}
	})
}

// TestPathsAreBounded: names that never come again fill no memory, and the names
// of a log are known again afterwards.
func TestPathsAreBounded(t *testing.T) {
	t.Parallel()
	j := NewStrictJSON()
	read := func(l string) (known bool) {
		t.Helper()
		j.Reset([]byte(l), l)
		if err := j.Object(func(string) error {
			known = j.names.inner.step > 0
			return j.Skip()
		}); err != nil {
			t.Fatalf("%q: %v", cut([]byte(l)), err)
		}
		return known
	}
	for n := range 5 * maxSteps {
		read(fmt.Sprintf(`{"a%d":1,"b%d":{"c%d":{"d":2}},"e":[{"f%d":1}]}`, n%7, n/7, n, n))
		if len(j.names.paths.steps) > maxSteps {
			t.Fatalf("%d steps, at most %d", len(j.names.paths.steps), maxSteps)
		}
	}
	long := `{"` + strings.Repeat("x", maxStepLen) + `":1}`
	many := "{"
	for n := range 2 * maxPathLen {
		many += `"` + strconv.Itoa(n) + `":1,`
	}
	many += `"z":1}`
	for range 2 * maxPathLen {
		if read(long) || read(many) {
			t.Fatal("a name that is too long, or that comes too late, is known")
		}
	}
	const usual = `{"eventid":"x","session":"y","src_ip":"z"}`
	for range maxSteps {
		j.names.paths.steps = append(j.names.paths.steps, step{})
	}
	for range 3 {
		read(usual)
	}
	if !read(usual) {
		t.Errorf("%s is not known after it was read three times", usual)
	}
}
