package report

import (
	"fmt"
	"strconv"
	"strings"
)

// Plural returns `1 line`, `2 lines`, `1,000 addresses`.
func Plural[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	ending := "s"
	if strings.HasSuffix(noun, "s") {
		ending = "es"
	}
	return Grouped(n) + " " + noun + ending
}

// Grouped returns n with commas between its thousands.
func Grouped[N int | int64](n N) string { return string(appendGrouped(nil, int64(n))) }

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
		return Plural(n, "byte")
	}
	units := [...]string{"kB", "MB", "GB", "TB", "PB", "EB"}
	v, u := float64(n)/1000, 0
	for v >= 999.95 && u < len(units)-1 {
		v, u = v/1000, u+1
	}
	return fmt.Sprintf("%.1f %s", v, units[u])
}
