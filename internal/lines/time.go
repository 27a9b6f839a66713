package lines

import "time"

// ParseTime parses RFC 3339, without the leniencies of time.Parse; t and z may
// be lower-case, as RFC 3339 allows.
func ParseTime(s string) (t time.Time, ok bool) {
	if t, ok = parseUTC(s); ok {
		return t, true
	}
	var buf [64]byte
	if len(s) > len(buf) {
		return time.Time{}, false
	}
	text := append(buf[:0], s...)
	const date = len("2006-01-02")
	if last := len(text) - 1; last > date {
		if text[date] == 't' {
			text[date] = 'T'
		}
		if text[last] == 'z' {
			text[last] = 'Z'
		}
	}
	err := t.UnmarshalText(text)
	return t, err == nil
}

// parseUTC parses what sensors write, 2006-01-02T15:04:05Z with up to nine
// digits behind the second. Of anything else it returns false: the package time
// says what it is.
func parseUTC(s string) (t time.Time, ok bool) {
	const whole = len("2006-01-02T15:04:05")
	last := len(s) - 1
	if last < whole || s[last] != 'Z' || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return time.Time{}, false
	}
	century, year, month, day := twoDigits(s, 0), twoDigits(s, 2), twoDigits(s, 5), twoDigits(s, 8)
	hour, minute, second := twoDigits(s, 11), twoDigits(s, 14), twoDigits(s, 17)
	if century|year|month|day|hour|minute|second < 0 || month < 1 || month > 12 || day < 1 || day > 28 && day > daysIn(100*century+year, month) || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	nanos := 0
	if last > whole {
		if s[whole] != '.' || last-whole < 2 || last-whole > 10 {
			return time.Time{}, false
		}
		for i := whole + 1; i < whole+10; i++ {
			nanos *= 10
			if i >= last {
				continue
			}
			if !isDigit(s[i]) {
				return time.Time{}, false
			}
			nanos += int(s[i] - '0')
		}
	}
	return time.Date(100*century+year, time.Month(month), day, hour, minute, second, nanos, time.UTC), true
}

// twoDigits returns the number that s[i:i+2] is, negative if it is no number.
func twoDigits(s string, i int) int {
	a, b := s[i]-'0', s[i+1]-'0'
	if a > 9 || b > 9 {
		return -1
	}
	return int(10*a + b)
}

// daysIn returns the days of a month.
func daysIn(year, month int) int {
	switch {
	case month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0):
		return 29
	case month == 2:
		return 28
	}
	return 30 + (month+month/8)&1
}
