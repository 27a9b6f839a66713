package engine

import (
	"slices"
	"strings"
	"testing"
)

func TestDidYouMean(t *testing.T) {
	tests := []struct {
		known []string
		want  []string
	}{
		{[]string{"match", "no_match"}, []string{"did you mean match?"}},
		{[]string{"alpha", "beta"}, []string{"known: alpha, beta"}},
		{strings.Split(strings.Repeat("alpha ", maxListed+1), " "), nil},
		{nil, nil},
	}
	for _, tt := range tests {
		if got := didYouMean("mach", tt.known); !slices.Equal(got, tt.want) {
			t.Errorf("didYouMean(mach, %q) = %q, want %q", tt.known, got, tt.want)
		}
	}
}
