package report

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestSpark(t *testing.T) {
	at := func(minutes ...int) *Activity {
		a := &Activity{}
		for _, m := range minutes {
			a.Add(time.Unix(int64(60*m), 0))
		}
		return a
	}
	from, to := time.Unix(0, 0), time.Unix(60*80-1, 0)
	tests := []struct {
		name string
		a    *Activity
		want string
	}{
		{"nothing", &Activity{}, "        "},
		{"ends", at(0, 79), "█      █"},
		{"heights", at(5, 15, 15, 25, 25, 25, 25, 45, 45, 45, 45, 45, 45, 45, 45), "▁▂▄ █   "},
		{"whatever the order", at(45, 25, 45, 15, 45, 25, 45, 5, 45, 25, 45, 15, 45, 25, 45), "▁▂▄ █   "},
	}
	for _, tt := range tests {
		if got := tt.a.Spark(from, to, 8, false); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := at(5, 15, 15, 25, 25, 25, 25).Spark(from, to, 8, true); got != ":-@     " && got != ":=@     " {
		t.Errorf("in ASCII: %q", got)
	}
	if got := at(0).Spark(from, to, 0, false) + at(0).Spark(from, to, -3, false); got != "" {
		t.Errorf("no cells give %q", got)
	}
}

// Whatever times come, in whatever order, each is counted, and a line has as many
// cells as were asked for.
func TestActivityCountsAll(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 200 {
		a := &Activity{}
		var from, to time.Time
		for i := range 300 {
			span := int64(1) << (round % 38)
			s := rng.Int64N(span) - span/2
			at := time.Unix(s, 0)
			a.Add(at)
			if i == 0 || at.Before(from) {
				from = at
			}
			if i == 0 || at.After(to) {
				to = at
			}
		}
		var n int64
		for _, c := range a.counts {
			n += c
		}
		if n != 300 {
			t.Fatalf("round %d: %d counted, want 300", round, n)
		}
		sum := 0.0
		for _, h := range a.spread(from, to, 40) {
			sum += h
		}
		if sum < 299.9 || sum > 300.1 {
			t.Errorf("round %d: the cells hold %v, want 300", round, sum)
		}
		if got := a.Spark(from, to, 40, false); utf8.RuneCountInString(got) != 40 || strings.TrimSpace(got) == "" {
			t.Errorf("round %d: %q", round, got)
		}
	}
}
