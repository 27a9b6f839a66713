package html

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/event"
)

// liveRoots are views for the templates of the live page, with text in each place.
func liveRoots(text string) []root {
	v := Visitor{Name: text, Role: "admin", Admin: true, CSRF: "c-_="}
	off := event.State{Mode: event.Disabled, Reason: text, SetBy: text, SetAt: time.Unix(1_790_000_000, 0), ExpiresAt: time.Unix(1_790_009_000, 0)}
	clip := event.State{Mode: event.Clipped, Max: 0.5, Reason: text, SetBy: text}
	rules := []LiveRule{{ID: "R0001", Name: text, State: off}, {ID: "R0002", Name: text, Techniques: []string{text}}, {ID: "R0003", State: clip}}
	body := &LiveBody{Rev: "7-a", AsOf: "2026-11-30 10:00:00 UTC", Report: &LiveReport{tags: map[string]int{"R0002": 1234}}, Rules: rules, Admin: true,
		Hits: []Hit{Hit{At: "2026-11-30 10:00", Technique: text, Name: text, Attacker: text, Rule: text, Text: text}.Shown()}}
	page := &RulePage{Visitor: v, Rule: LiveRule{ID: "R0001", Name: text, About: text, State: off}, Revision: "3", Problem: text,
		History: []event.State{off, clip, {}}, Asked: Asked{State: "clipped", Max: text, TTL: text, Reason: text}}
	reader, none := *page, *body
	reader.Visitor.Admin, reader.History, none.Hits, none.Admin = false, nil, nil, false
	return []root{
		{"top", frameOf(text, v)}, {"tail", frameOf(text, v)}, {"hits", body}, {"hits", &none}, {"rules", body.rules()}, {"rules", none.rules()},
		{"rule", page.view()}, {"rule", reader.view()}, {"rule", (&RulePage{Visitor: v, Rule: rules[1]}).view()},
		{"signin", &entry{frame: frameOf("Sign in", v), Problem: text, Lifetime: "12 hours"}}, {"message", &entry{frame: frameOf(text, v), Problem: text, Help: text}},
	}
}

// TestLiveEscaped is TestEscaped of the live page.
func TestLiveEscaped(t *testing.T) {
	data := root{"data", hostilePage(t, hostile[:1]).view(1)}
	checkEscaped(t, "live.escaped.html", livePageText, liveText, append(liveRoots("x"), data))
	if *update {
		return
	}
	lib := byLibrary(t, livePageText)
	ours, err := parsedLive()
	if err != nil {
		t.Fatal(err)
	}
	checkSame(t, "data", ours, lib, data)
	for _, text := range append([]string{"", "plain"}, hostile...) {
		for _, r := range liveRoots(text) {
			checkSame(t, r.name+" of "+text[:min(len(text), 40)], ours, lib, r)
		}
	}
}

// Whatever the texts are, a live page has the elements that its templates have.
func TestLiveHostile(t *testing.T) {
	tags := func(text string) (n []int) {
		p := hostilePage(t, []string{text})
		report, err := p.Pieces()
		if err != nil {
			t.Fatal(err)
		}
		body := liveRoots(text)[2].view.(*LiveBody)
		report.tags, body.Report = body.Report.tags, report
		text2, err := body.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		var buf bytes.Buffer
		if err := WriteLive(&buf, Visitor{Name: text}, text2); err != nil {
			t.Fatal(err)
		}
		for _, element := range []string{"<script", "<svg", "<img", "<form", "<input", "<a ", "</script", "</style", " onload=", " onerror="} {
			n = append(n, strings.Count(buf.String(), element))
		}
		return n
	}
	plain := tags("a<b")
	for _, text := range hostile[:len(hostile)-1] {
		got := tags(text)
		if got[0] != plain[0] || got[2] != 0 || got[3] != plain[3] || got[4] != plain[4] || got[6] != plain[6] || got[7] != plain[7] {
			t.Errorf("of %.40q the page has %v of the elements, of plain text %v", text, got, plain)
		}
	}
}

// News for the script end no line of the stream, whatever is in them.
func TestHitsJSON(t *testing.T) {
	for _, text := range hostile {
		got := HitsJSON(3, []Hit{Hit{Attacker: text, Text: text}.Shown()})
		if strings.ContainsAny(got, "\r\n<>") || !strings.HasPrefix(got, `{"tags":3,"hits":[{`) {
			t.Errorf("of %.40q comes %.200q", text, got)
		}
	}
}
