package settings

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"ttpctl/internal/hint"
)

// Size is a setting of a number of bytes, with k, M or G for 2^10, 2^20 and
// 2^30.
type Size int

var sizeUnits = []struct {
	suffix string
	shift  uint
}{{"k", 10}, {"m", 20}, {"g", 30}}

// Set implements pflag.Value.
func (b *Size) Set(text string) error {
	digits, shift := strings.ToLower(text), uint(0)
	digits = strings.TrimSuffix(strings.TrimSuffix(digits, "b"), "i")
	for _, u := range sizeUnits {
		if d, ok := strings.CutSuffix(digits, u.suffix); ok {
			digits, shift = d, u.shift
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt32<<10>>shift {
		return hint.Errorf("for example 64k or 16M", "no size")
	}
	*b = Size(n << shift)
	return nil
}

// String implements pflag.Value.
func (b *Size) String() string {
	for i := len(sizeUnits) - 1; i >= 0; i-- {
		if u := sizeUnits[i]; *b > 0 && *b%(1<<u.shift) == 0 {
			return fmt.Sprintf("%d%s", *b>>u.shift, strings.ToUpper(u.suffix))
		}
	}
	return strconv.Itoa(int(*b))
}

// Type implements pflag.Value.
func (b *Size) Type() string { return "size" }
