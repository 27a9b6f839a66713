package engine

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
	"ttpctl/internal/secrets"
)

// plainEvidence is what the evidence of a hit says, put together the simple way:
// member by member, a later one in place of an earlier, written by the JSON library.
func plainEvidence(t *testing.T, p *evidencePlan, ev *event.Event, h *Hit, emit int) string {
	t.Helper()
	members := map[string]jsontext.Value{}
	text := func(key, s string, limit int) {
		members[key], _ = jsontext.AppendQuote(nil, event.CutText(secrets.MaskURLs(s), limit))
	}
	set := func(key string, v event.Value) {
		if v.Kind == event.String {
			text(key, v.Str, maxEvidenceValue)
			return
		}
		v, limit := maskValue(v), maxEvidenceValue
		members[key] = v.AppendJSON(nil, &limit)
	}
	for _, id := range p.fields {
		if v := ev.Value(id); v != nil {
			set(id.Field().Name, *v)
		}
	}
	if s := &h.span; p.matched && h.hasSpan {
		text("matched", secrets.MaskPart(s.text, s.start, s.end), maxMatched)
		if f := s.field.Field(); f.Derived && !s.whole {
			text(f.Name, s.text, maxEvidenceValue)
		}
	}
	for _, x := range h.extras {
		if slices.Contains(p.extras, x.key) {
			set(x.key, x.value)
		}
	}
	for _, x := range h.perEmit {
		if x.emit == emit && slices.Contains(p.extras, x.key) {
			set(x.key, x.value)
		}
	}
	out, err := json.Marshal(members, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Evidence is what the simple way gives: of a hit at hand, of one that is remembered
// for another event of the same text, and with others made between.
func TestEvidenceEqualsPlain(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	texts := []string{
		"", "id", "a\xff\"\\", "\x00\x1f\n\u2028é", "wget http://h/x?a=1&password=s3cret&b=<>", "/x?token=a", strings.Repeat("é?", maxMatched), strings.Repeat("x?key=v ", 700),
	}
	pick := func() string { return texts[random.IntN(len(texts))] }
	maybe := func() bool { return random.IntN(2) == 0 }
	value := func() event.Value {
		switch random.IntN(4) {
		case 0:
			return event.NumberValue(float64(random.IntN(9)) / 2)
		case 1:
			return event.StringsValue([]string{pick(), pick()})
		case 2:
			return event.BoolValue(maybe())
		}
		return event.StringValue(pick())
	}
	fields := event.FieldsOf(event.KindCommand)
	keys := []string{"a", "matched", "pwd", "zz", "not allowed"}
	sc := NewScratch()
	shared := 0
	n := rounds.Of(t, 625, 5_000)
	for range n {
		p := &evidencePlan{matched: maybe(), extras: keys[:random.IntN(len(keys))]}
		for _, id := range fields {
			if maybe() {
				p.fields = append(p.fields, id)
				p.derived = p.derived || id.Field().Derived
			}
		}
		slices.SortFunc(p.fields, func(a, b event.FieldID) int { return strings.Compare(a.Field().Name, b.Field().Name) })
		evs := [2]*event.Event{commandEvent("x"), commandEvent("x")}
		for _, id := range fields {
			if v := value(); maybe() && id.Field().Derived {
				evs[0].SetDerived(id, v) // the other comes without
			} else {
				evs[0].Set(id, v)
				evs[1].Set(id, value())
			}
		}
		r := &Rule{ID: "R0001", Emits: make([]Emit, 1+random.IntN(3))}
		for i := range r.Emits {
			r.Emits[i].Confidence = 1
		}
		r.evidence[event.KindCommand] = p
		h := &sc.hit
		h.reset(len(r.Emits))
		if text := pick(); maybe() {
			start := random.IntN(len(text) + 1)
			h.note([]event.FieldID{commandText, simpleCommand}[random.IntN(2)], "", text, start, start+random.IntN(len(text)-start+1))
			h.span.whole = maybe()
		}
		for range random.IntN(3) {
			h.Extra(keys[random.IntN(len(keys))], value())
		}
		for range random.IntN(2) {
			h.EmitExtra(random.IntN(len(r.Emits)), keys[random.IntN(len(keys))], value())
		}
		sc.evidence.begin()
		v := sc.verdictOf(r, event.KindCommand)
		var weight int64
		kept := v.saved(p, evs[0], &sc.evidence, &weight)
		for k, got := range [][]event.Tag{r.tags(nil, evs[0], v, 1, sc, nil), r.tags(nil, evs[0], v, 1, sc, nil)} {
			checkEvidence(t, p, evs[0], h, got, len(r.Emits), k)
		}
		sc.evidence.begin()
		got := r.tags(nil, evs[1], kept, 1, sc, nil)
		for _, id := range fields {
			if d := evs[0].Value(id); id.Field().Derived && d != nil {
				evs[1].SetDerived(id, *d)
				shared++
			}
		}
		checkEvidence(t, p, evs[1], h, got, len(r.Emits), 2)
	}
	if shared < n {
		t.Errorf("%d derived fields came of a remembered hit, want most of %d events to have some", shared, n)
	}
}

func checkEvidence(t *testing.T, p *evidencePlan, ev *event.Event, h *Hit, tags []event.Tag, emits, round int) {
	t.Helper()
	if len(tags) != emits {
		t.Fatalf("%d tags, want %d", len(tags), emits)
	}
	for i := range tags {
		if want := plainEvidence(t, p, ev, h, i); string(tags[i].Evidence) != want {
			t.Fatalf("round %d, emit %d: evidence of %+v under %+v =\n%s\nwant\n%s", round, i, h, p, tags[i].Evidence, want)
		}
	}
}
