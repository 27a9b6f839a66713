package lines

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// slowTime is ParseTime by the package time alone.
func slowTime(s string) (t time.Time, ok bool) {
	const date = len("2006-01-02")
	b := []byte(s)
	if len(b) > 64 {
		return t, false
	}
	if len(b) > date+1 {
		b = []byte(s[:date] + strings.Replace(s[date:date+1], "t", "T", 1) + s[date+1:])
		if last := len(b) - 1; b[last] == 'z' {
			b[last] = 'Z'
		}
	}
	return t, t.UnmarshalText(b) == nil
}

// FuzzParseTime holds ParseTime to the package time.
func FuzzParseTime(f *testing.F) {
	for _, s := range []string{
		"", "Z", "2026-03-18T10:26:59.715732Z", "2026-03-18T10:26:59Z", "2026-03-18T10:26:59.Z", "2026-03-18T10:26:59.1Z", "2026-03-18T10:26:59.123456789Z", "2026-03-18T10:26:59.1234567890Z",
		"2026-03-18T10:26:59.999999999+01:00", "2026-03-18t10:26:59z", "2026-03-18T10:26:59,5Z", "2026-03-18 10:26:59Z", "2026-03-18T10:26:60Z", "2026-03-18T24:00:00Z", "2026-03-18T1:26:59Z",
		"0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2024-02-29T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-12-31T00:00:00Z",
		"2026-00-18T10:26:59Z", "2026-13-18T10:26:59Z", "2026-03-00T10:26:59Z", "20x6-03-18T10:26:59Z", "2026-03-18T10:26:59.12x4Z", "2026-03-18T10:26:5:Z", "2026-03-18T10:26:59+25:00", "2026-03-18T10:26:59-00:00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := ParseTime(s)
		want, wantOK := slowTime(s)
		if ok != wantOK || ok && !reflect.DeepEqual(got, want) {
			t.Errorf("ParseTime(%q) = %v, %v, want %v, %v", s, got, ok, want, wantOK)
		}
	})
}

// TestParseTimeDays asks for every day of years of all lengths, and some that
// are none.
func TestParseTimeDays(t *testing.T) {
	for _, year := range []string{"0000", "1900", "2000", "2023", "2024", "2100"} {
		for month := range 14 {
			for day := range 33 {
				s := year + "-" + two(month) + "-" + two(day) + "T23:59:59.000001Z"
				got, ok := ParseTime(s)
				if want, wantOK := slowTime(s); ok != wantOK || ok && !reflect.DeepEqual(got, want) {
					t.Errorf("ParseTime(%q) = %v, %v, want %v, %v", s, got, ok, want, wantOK)
				}
			}
		}
	}
}

func two(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }
