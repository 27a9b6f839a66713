package report

import (
	"fmt"
	"strconv"
)

// plural returns `1 line`, `2 lines`.
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// grouped returns n with commas between its thousands.
func grouped(n int64) string { return string(appendGrouped(nil, n)) }

func appendGrouped(dst []byte, n int64) []byte {
	digits := strconv.FormatInt(n, 10)
	if digits[0] == '-' {
		dst, digits = append(dst, '-'), digits[1:]
	}
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, digits[i])
	}
	return dst
}

// byteSize returns n in decimal units, one digit behind the point from kB on.
func byteSize(n int64) string {
	if n < 1000 {
		return plural(n, "byte")
	}
	units := [...]string{"kB", "MB", "GB", "TB", "PB", "EB"}
	v, u := float64(n)/1000, 0
	for v >= 999.95 && u < len(units)-1 {
		v, u = v/1000, u+1
	}
	return fmt.Sprintf("%.1f %s", v, units[u])
}
