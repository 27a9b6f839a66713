package engine

import (
	"math/rand/v2"
	"testing"
	"time"
)

// A paced stream is events whose times are known: judging one, looking one up, and
// using what is known of a text. A text is known once it came while the memo was asked.
type paced struct {
	judging, lookup, using time.Duration
	texts                  int // that come again; 0 = no text does
}

// run has n events judged as p says, and returns what they took and what they would have
// taken by always asking and by never.
func (s paced) run(p *pace, known map[int]bool, n int, random *rand.Rand) (took, asking, idle time.Duration) {
	for i := range n {
		text := -1 - i
		if s.texts > 0 {
			text = int(float64(s.texts) * random.Float64() * random.Float64() * random.Float64())
		}
		noise := time.Duration(random.ExpFloat64() * float64(s.judging))
		ask, timed := p.next()
		cost := noise
		if ask {
			cost += s.lookup
			if known[text] {
				cost = s.lookup + s.using
				p.again++
			}
			known[text] = s.texts > 0
		}
		took += cost
		if idle += noise; s.texts > 0 && i > s.texts {
			asking += s.lookup + s.using
		} else {
			asking += s.lookup + noise
		}
		if random.IntN(20_000) == 0 {
			cost += 10 * time.Millisecond // it was stopped
		}
		if timed {
			p.note(cost)
		}
	}
	return took, asking, idle
}

// Whatever rules cost and texts do, a pace comes near to the better of always asking and
// never asking, also when the stream changes.
func TestPace(t *testing.T) {
	const n = 400_000
	few, some, pack := paced{250, 250, 100, 0}, paced{1100, 300, 250, 0}, paced{9000, 400, 900, 0}
	of := func(s paced, texts int) paced { s.texts = texts; return s }
	for _, tt := range []struct {
		name string
		of   []paced
		most float64 // times the better way's
	}{
		{"few patterns, no text comes again", []paced{few}, 1.04},
		{"few patterns, texts come again", []paced{of(few, 3000)}, 1.15},
		{"patterns, no text comes again", []paced{some}, 1.03},
		{"patterns, texts come again", []paced{of(some, 3000)}, 1.15},
		{"the pack, no text comes again", []paced{pack}, 1.025},
		{"the pack, texts come again", []paced{of(pack, 3000)}, 1.1},
		{"the pack, a flood, then texts that come again", []paced{pack, of(pack, 3000)}, 1.1},
		{"few, again and not", []paced{of(few, 1000), few, of(few, 1000), few}, 1.15},
	} {
		random, p, known := rand.New(rand.NewPCG(1, 5)), &pace{}, map[int]bool{}
		var took, better time.Duration
		for _, s := range tt.of {
			took1, asking, idle := s.run(p, known, n, random)
			took, better = took+took1, better+min(asking, idle)
		}
		ratio := float64(took) / float64(better)
		t.Logf("%s: %.3f times the better way", tt.name, ratio)
		if ratio > tt.most {
			t.Errorf("%s: took %v, %.2f times the better way's %v, want at most %.2f", tt.name, took, ratio, better, tt.most)
		}
	}
}
