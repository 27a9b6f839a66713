package prefilter

import "math/rand/v2"

// texts returns commands of about 70 bytes, one of seven with something of the literals.
func texts(literals []string) []string {
	rng := rand.New(rand.NewPCG(1, 2))
	words := []string{
		"cd /tmp", "ls -la", "cat /proc/cpuinfo", "grep name", "wc -l", "echo root:admin", "chmod 777 run.sh",
		"uname -a", "free -m", "rm -rf *", "ps aux", "./x86_64", "export PATH=/bin", "busybox", "kill -9 $$", "sleep 1",
	}
	list := make([]string, 512)
	for i := range list {
		for len(list[i]) < 60 {
			list[i] += words[rng.IntN(len(words))] + "; "
		}
		if rng.IntN(7) == 0 {
			list[i] += literals[rng.IntN(len(literals))]
		}
	}
	return list
}

// ruleLiterals returns n literals of about ten bytes, of syllables as in names of tools.
func ruleLiterals(n int) []string {
	rng := rand.New(rand.NewPCG(3, 4))
	syllables := []string{
		"ab", "an", "ar", "cu", "de", "do", "el", "en", "fi", "ga", "he", "in", "jo", "ke", "la", "ma", "mi", "ne", "no", "op",
		"pa", "qu", "re", "rl", "sc", "se", "ta", "th", "un", "ve", "wg", "xm", "yr", "za", "-", "_", ".", "/", " -", "1", "2", "64", "86",
	}
	list := make([]string, n)
	for i := range list {
		for len(list[i]) < 9 {
			list[i] += syllables[rng.IntN(len(syllables))]
		}
	}
	return list
}

func randomLiterals(n, length int) []string {
	rng := rand.New(rand.NewPCG(5, 6))
	list := make([]string, n)
	for i := range list {
		b := make([]byte, length)
		for j := range b {
			b[j] = byte(rng.Uint32())
		}
		list[i] = string(AppendFold(nil, b))
	}
	return list
}
