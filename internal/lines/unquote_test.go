package lines

import (
	"fmt"
	"strings"
	"testing"
)

// TestStringsStay reads many strings with escapes and looks at them afterwards:
// what was read once does not change.
func TestStringsStay(t *testing.T) {
	j := NewStrictJSON()
	var got, want []string
	for n := range 3000 {
		text := fmt.Sprintf("%d\n\t\"é\"%s", n, strings.Repeat("x", n%100*n%9000))
		line := []byte(fmt.Sprintf(`{"a":"%d\n\t\"\u00e9\"%s"}`, n, strings.Repeat("x", n%100*n%9000)))
		j.Reset(line, string(line))
		err := j.Object(func(string) error {
			s, err := j.Str()
			got, want = append(got, s), append(want, text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("string %d is now %.60q, want %.60q", i, got[i], want[i])
		}
	}
}

func TestHugeStringIsLetGo(t *testing.T) {
	j := NewStrictJSON()
	line := `{"a":"` + strings.Repeat(`\n`, 2*KeepBytes) + `"}`
	j.Reset([]byte(line), line)
	if err := j.Object(func(string) error { _, err := j.Str(); return err }); err != nil {
		t.Fatal(err)
	}
	if c := cap(j.room.buf); c > KeepBytes {
		t.Errorf("the reader keeps %d bytes", c)
	}
}
