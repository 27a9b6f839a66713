package aggregate

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"ttpctl/internal/defaults"
)

// Whatever pairs came before, one gives what it gives by itself, and one that
// came before costs no allocation.
func TestPairs(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	cfg := Config{HashKey: []byte("k"), Honeytokens: [][2]string{{"backup", "backup"}, {"a", "bc"}}}
	p, alone, known := NewPairs(cfg), newHasher(cfg.HashKey), defaults.Pairs()
	names := []string{"", "a", "ab", "root", "pi", "backup", "GET / HTTP/1.1", strings.Repeat("x", maxPairText)}
	passwords := []string{"", "bc", "c", "raspberry", "backup", "toor2026", "x4qbJa5kioBM", "123456", strings.Repeat("y", maxPairText)}
	for range 3 * recentPairs {
		passwords = append(passwords, fmt.Sprint("p", random.IntN(1<<20)))
	}
	for range 20_000 {
		user, password := names[random.IntN(len(names))], passwords[random.IntN(len(passwords))]
		f := p.of(user, password)
		if random.IntN(2) == 0 {
			p.hashPassword(f, password)
		}
		pair := [2]string{user, password}
		isDefault := known[pair]
		planted := pair == cfg.Honeytokens[0] || pair == cfg.Honeytokens[1]
		if f.isDefault != isDefault || f.isBait != planted || f.isForeign != (isForeign(user) || isForeign(password)) ||
			f.isWeak != (isDefault || isWeak(user, password)) {
			t.Fatalf("%q: %+v", pair, f)
		}
		if f.credential != alone.credential(user, password) || f.hasPassword && f.password != alone.password(password) {
			t.Fatalf("%q: the hashes are those of another pair", pair)
		}
	}
	p.of("root", "x4qbJa5kioBM")
	if n := testing.AllocsPerRun(100, func() { p.of("root", "x4qbJa5kioBM") }); n != 0 {
		t.Errorf("a pair that came before allocates %v times, want never", n)
	}
}
