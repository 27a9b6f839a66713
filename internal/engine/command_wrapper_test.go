package engine

import "testing"

// TestEffectBehindWrapper: where a command's output goes is known behind
// wrappers too; what a shell is given is another matter.
func TestEffectBehindWrapper(t *testing.T) {
	tests := []struct {
		match, line string
		want        bool
	}{
		{"command: {program: cat, effect: {writes: /tmp/f}}", "cat a > /tmp/f", true},
		{"command: {program: cat, effect: {writes: /tmp/f}}", "sudo -u bob nohup cat a > /tmp/f", true},
		{"command: {program: cat, effect: {writes: /tmp/f}}", "sudo cat a; ls > /tmp/f", false},
		{"command: {program: cat, effect: {writes: /tmp/f}}", "sudo cat a | nohup tee > /tmp/f", false},
		{"command: {program: cat, no_effect: {writes: any}}", "sudo cat a > /tmp/f", false},
		{"command: {program: cat, no_effect: {searches: any}}", "find /d -exec cat {} ;", true},
		{"sequence: {steps: [{command: {program: cat, effect: {writes: any}}}, {effect: {runs: any}}]}", "sudo cat a > /tmp/f; /tmp/f", true},
	}
	for _, tt := range tests {
		snap := NewSnapshot(compileRule(t, "command", "  "+tt.match), nil, testNow)
		if got := len(snap.Evaluate(nil, commandEvent(tt.line), testNow, NewScratch())) > 0; got != tt.want {
			t.Errorf("%s on %q = %v, want %v", tt.match, tt.line, got, tt.want)
		}
	}
}
