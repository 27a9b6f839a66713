package report

import (
	"fmt"
	"testing"
)

func TestCensus(t *testing.T) {
	c := newCensus(3)
	tests := []struct {
		name      string
		id        uint32
		fresh, ok bool
	}{
		{"a", 0, true, true}, {"a", 0, false, true}, {"b", 1, true, true}, {"a", 0, false, true},
		{"", 2, true, true}, {"d", 0, false, false}, {"b", 1, false, true}, {"d", 0, false, false},
	}
	for i, tt := range tests {
		id, fresh, ok := c.id(tt.name)
		if id != tt.id || fresh != tt.fresh || ok != tt.ok {
			t.Errorf("%d: id(%q) = %d, %v, %v, want %d, %v, %v", i, tt.name, id, fresh, ok, tt.id, tt.fresh, tt.ok)
		}
	}
	if got, want := c.count(), (Count{3, true}); got != want {
		t.Errorf("count() = %v, want %v", got, want)
	}
}

func TestCensusExact(t *testing.T) {
	c := newCensus(20_000)
	var even set
	for range 2 {
		for i := range 20_000 {
			id, _, ok := c.id(fmt.Sprintf("attacker-%d", i))
			if i%2 == 0 {
				even.note(id, ok)
			}
		}
	}
	if got, want := c.count(), (Count{20_000, false}); got != want {
		t.Errorf("count() = %v, want %v", got, want)
	}
	if got, want := even.count(), (Count{10_000, false}); got != want {
		t.Errorf("set.count() = %v, want %v", got, want)
	}
	for i := range uint32(20_100) {
		if want := i < 20_000 && i%2 == 0; even.has(i) != want {
			t.Errorf("has(%d) = %v, want %v", i, !want, want)
		}
	}
	even.note(0, false)
	if got, want := even.count(), (Count{10_000, true}); got != want {
		t.Errorf("set.count() with a member beyond the limit = %v, want %v", got, want)
	}
}

func TestCountString(t *testing.T) {
	tests := []struct {
		in          Count
		text, plain string
	}{
		{Count{}, "0", "0"}, {Count{999, false}, "999", "999"}, {Count{1000, false}, "1,000", "1000"},
		{Count{250_000, true}, "250,000+", "250000+"}, {Count{1234567, false}, "1,234,567", "1234567"},
	}
	for _, tt := range tests {
		if got := tt.in.String(); got != tt.text {
			t.Errorf("%#v.String() = %q, want %q", tt.in, got, tt.text)
		}
		if got := tt.in.plain(); got != tt.plain {
			t.Errorf("%#v.plain() = %q, want %q", tt.in, got, tt.plain)
		}
	}
}
