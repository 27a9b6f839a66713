package state

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type record struct {
	U    uint64
	I    int64
	N    int
	On   bool
	Text string
	Hash [4]byte
	List []string
}

func (r *record) code(c *Codec) {
	c.Uint(&r.U)
	c.Int64(&r.I)
	c.Int(&r.N)
	c.Flag(&r.On)
	c.Text(&r.Text)
	c.Fixed(r.Hash[:])
	Texts(c, &r.List)
}

func TestCodecRoundTrip(t *testing.T) {
	want := []record{
		{},
		{U: math.MaxUint64, I: math.MinInt64, N: math.MaxInt32, On: true, Text: "a\x00\xff", Hash: [4]byte{1, 2, 3, 4}, List: []string{"", "b"}},
		{I: math.MaxInt64}, {I: -1}, {I: 1},
	}
	w := NewWriter()
	w.Version(3)
	Slice(w, &want, func(c *Codec, r *record) { r.code(c) })
	var got []record
	r := NewReader(w.Bytes())
	r.Version(3)
	Slice(r, &got, func(c *Codec, r *record) { r.code(c) })
	if err := r.Finish(); err != nil {
		t.Fatalf("Finish() = %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read back differs (-want +got):\n%s", diff)
	}
	for n := range w.Bytes() {
		r := NewReader(w.Bytes()[:n])
		r.Version(3)
		Slice(r, &got, func(c *Codec, r *record) { r.code(c) })
		if r.Finish() == nil {
			t.Errorf("the first %d of %d bytes read without error", n, len(w.Bytes()))
		}
	}
}

func TestCodecRefuses(t *testing.T) {
	huge := []byte{0xff, 0xff, 0xff, 0xff, 0x07} // 2^31 - 1
	tests := []struct {
		name string
		in   []byte
		read func(*Codec)
	}{
		{"another version", []byte{2}, func(c *Codec) { c.Version(1) }},
		{"bytes left over", []byte{1, 0}, func(c *Codec) { c.Version(1) }},
		{"a length beyond the bytes", append(huge, "abc"...), func(c *Codec) { var l []string; Texts(c, &l) }},
		{"a text beyond the bytes", append(huge, "abc"...), func(c *Codec) { var s string; c.Text(&s) }},
		{"a size below zero", []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, func(c *Codec) { var n int; c.Int(&n) }},
		{"an index beyond the slice", []byte{3}, func(c *Codec) { var n int; c.Index(&n, 3) }},
		{"an endless number", slices.Repeat([]byte{0x80}, 20), func(c *Codec) { var u uint64; c.Uint(&u) }},
		{"a key twice", []byte{2, 1, 'k', 0, 1, 'k', 0}, func(c *Codec) {
			NewTable[string, string](9).Code(c, (*Codec).Text, (*Codec).Text, func(*string) int { return 1 })
		}},
	}
	for _, tt := range tests {
		c := NewReader(tt.in)
		tt.read(c)
		if err := c.Finish(); err == nil {
			t.Errorf("%s: Finish() = nil, want an error", tt.name)
		}
	}
}

// TestTableAgainstModel compares a Table with a slice in order of activity.
func TestTableAgainstModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const most = 40
	table := NewTable[int, int](most)
	type pair struct{ key, weight int }
	var model []pair // the least recently active first
	at := func(key int) int { return slices.IndexFunc(model, func(p pair) bool { return p.key == key }) }
	for range 20_000 {
		key := rng.IntN(30)
		e, i := table.Find(key), at(key)
		if (e == nil) != (i < 0) {
			t.Fatalf("Find(%d) = %v, want index %d of %v", key, e, i, model)
		}
		p := pair{key, rng.IntN(6)}
		switch {
		case e == nil:
			table.Add(key, key, p.weight)
			model = append(model, p)
		case rng.IntN(4) == 0:
			table.Remove(e)
			model = slices.Delete(model, i, i+1)
		default:
			table.Weigh(e, p.weight)
			model = append(slices.Delete(model, i, i+1), p)
		}
		for e := table.Overflow(); e != nil; e = table.Overflow() {
			if len(model) == 0 || e.Key != model[0].key {
				t.Fatalf("Overflow() = %d, want the first of %v", e.Key, model)
			}
			model = model[1:]
		}
		sum := 0
		for _, p := range model {
			sum += p.weight
		}
		var keys, want []int
		for e := range table.All() {
			keys = append(keys, e.Key)
		}
		for _, p := range model {
			want = append(want, p.key)
		}
		if sum > most && len(model) > 1 || table.Len() != len(model) || !slices.Equal(keys, want) {
			t.Fatalf("keys %v of weight %d, want %v", keys, sum, want)
		}
	}
}

func TestTableCode(t *testing.T) {
	a := NewTable[string, int](100)
	for i := range 10 {
		a.Add(fmt.Sprint(i), i, 1)
	}
	a.Find("3")
	w := NewWriter()
	weigh := func(n *int) int { return *n }
	a.Code(w, (*Codec).Text, (*Codec).Int, weigh)
	b := NewTable[string, int](100)
	r := NewReader(w.Bytes())
	b.Code(r, (*Codec).Text, (*Codec).Int, weigh)
	if err := r.Finish(); err != nil {
		t.Fatalf("Finish() = %v", err)
	}
	var got []string
	for e := range b.All() {
		got = append(got, e.Key)
	}
	want := []string{"0", "1", "2", "4", "5", "6", "7", "8", "9", "3"}
	if !slices.Equal(got, want) || b.weight != 45 {
		t.Errorf("read back %v of weight %d, want %v of weight 45", got, b.weight, want)
	}
}

func FuzzTableCode(f *testing.F) {
	f.Add([]byte{2, 1, 'k', 0, 1, 'l', 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		table := NewTable[string, []string](1 << 20)
		c := NewReader(data)
		table.Code(c, (*Codec).Text, Texts, func(l *[]string) int { return len(*l) })
		if c.Finish() != nil {
			return
		}
		w := NewWriter()
		table.Code(w, (*Codec).Text, Texts, nil)
		again := NewTable[string, []string](1 << 20)
		r := NewReader(w.Bytes())
		again.Code(r, (*Codec).Text, Texts, func(l *[]string) int { return len(*l) })
		if err := r.Finish(); err != nil || again.Len() != table.Len() {
			t.Errorf("what was read from %q and written cannot be read: %v", data, err)
		}
	})
}
