package engine

import (
	"slices"
	"strings"
	"testing"
)

func TestClosest(t *testing.T) {
	known := []string{"command_text", "uid", "user", "src", "pwd", "x"}
	tests := []struct{ name, want string }{
		{"comand_text", "command_text"},
		{"command_txet", "command_text"},
		{"Command_Text", "command_text"},
		{"usr", "user"},
		{"iud", "uid"},
		{"y", ""},
		{"", ""},
		{"hostname", ""},
		{strings.Repeat("command_text", 10), ""},
	}
	for _, tt := range tests {
		if got := closest(tt.name, known); got != tt.want {
			t.Errorf("closest(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}

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
