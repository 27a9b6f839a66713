package rounds

import (
	"reflect"

	"github.com/google/go-cmp/cmp"
)

// Diff is [cmp.Diff] for what is compared many times and is nearly always equal:
// package reflect finds that out much sooner.
func Diff(x, y any, opts ...cmp.Option) string {
	if reflect.DeepEqual(x, y) {
		return ""
	}
	return cmp.Diff(x, y, opts...)
}
