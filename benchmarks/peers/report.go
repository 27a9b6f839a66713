package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A page writes the document.
type page struct {
	*bufio.Writer
	s   *session
	all figures
}

func (p *page) say(format string, args ...any) { fmt.Fprintf(p, format, args...) }

// report writes docs/performance.md.
func (s *session) report(w io.Writer, all figures, checks []string) error {
	p := &page{bufio.NewWriter(w), s, all}
	p.say("# Performance\n\nWritten by `go run ./benchmarks/peers` (%s, %.0f minutes); its figures are of one session on one machine, and only ratios carry over to another. Each is the median of its rounds, in which all contestants take turns; ± is half the distance of the quartiles in percent of it. `ttpctl bench` measures your rules on your machine ([operating.md](operating.md)).\n\n",
		s.form(), time.Since(s.began).Minutes())
	p.machine()
	p.wholes()
	p.loops()
	p.matching()
	p.growth()
	p.targets()
	p.method(checks)
	return p.Flush()
}

func (s *session) form() string {
	if s.quick {
		return "with `-quick`: smaller inputs, of no use as a reference"
	}
	return "in full"
}

func (p *page) machine() {
	p.say("## Machine and versions\n\n| | |\n|---|---|\n")
	for _, row := range [][2]string{
		{"processor", procField("/proc/cpuinfo", "model name") + ", " + strconv.Itoa(runtime.GOMAXPROCS(0)) + " cores"},
		{"memory", procField("/proc/meminfo", "MemTotal")}, {"system", firstLine(output("uname", "-srm"))},
		{"Go", runtime.Version()}, {"ttpctl", firstLine(output("git", "log", "-1", "--format=%h of %cs"))}, {"Python", firstLine(output(p.s.programs.python, "--version"))},
		{"grep", firstLine(output(p.s.programs.grep, "--version"))}, {"ripgrep", firstLine(output(p.s.programs.rg, "--version"))},
		{"Hyperscan", cmp.Or(firstLine(output("dpkg-query", "-W", "-f", "${Version}", "libhyperscan5")), "not here")},
		{"load when it began", procLoad()},
	} {
		p.say("| %s | %s |\n", row[0], cmp.Or(row[1], "not here"))
	}
	p.say("\n")
}

// of returns a figure, "-" when it was not measured.
func (p *page) of(key string, unit float64) string {
	m, _, ok := median(p.all[key])
	if !ok {
		return "-"
	}
	return short(m / unit)
}

// with is of with the spread.
func (p *page) with(key string, unit float64) string {
	m, spread, ok := median(p.all[key])
	if !ok {
		return "-"
	}
	return short(m/unit) + spreadOf(spread, len(p.all[key]))
}

// spreadOf says nothing of a single value.
func spreadOf(spread float64, values int) string {
	if values < 2 {
		return ""
	}
	return fmt.Sprintf(" ± %s %%", short(spread))
}

func (p *page) value(key string) float64 {
	m, _, ok := median(p.all[key])
	if !ok {
		return math.NaN()
	}
	return m
}

// ratio returns the median of the ratios of two figures in the same rounds.
func (p *page) ratio(one, other string) (m, spread float64, ok bool) {
	a, b := p.all[one], p.all[other]
	if len(b) == 1 && len(a) > 1 { // measured once, for it takes long
		b = slices.Repeat(b, len(a))
	}
	var list []float64
	for i := range min(len(a), len(b)) {
		list = append(list, a[i]/b[i])
	}
	return median(list)
}

func (p *page) times(one, other string) string {
	m, spread, ok := p.ratio(one, other)
	if !ok {
		return "-"
	}
	return short(m) + spreadOf(spread, len(p.all[one]))
}

func (p *page) wholes() {
	p.say("## Whole runs: JSON Lines in, JSON Lines out, the shipped pack\n\n`ttpctl tag --db none -o jsonl FILE > /dev/null`, all cores, start included; rounds: %d. Events are command events of about 400 bytes, drawn from %s: three tenths attackers' lines. In *repeated* the lines come again and again, as on a sensor; in *distinct* no two texts are equal, so that nothing is known from before.\n\n",
		len(p.all["tag repeated events/s"]), p.s.pool.source)
	p.say("| input | events/s | CPU ns an event |\n|---|--:|--:|\n")
	for _, row := range []struct{ name, key string }{
		{grouped(p.s.big) + " events, repeated", "tag repeated"}, {grouped(p.s.big) + " events, distinct", "tag distinct"},
		{grouped(p.s.cold) + " events, repeated: a short run", "tag cold"}, {"a Cowrie log of " + grouped(p.s.big/5) + " lines (lines/s)", "tag cowrie"},
	} {
		p.say("| %s | %s | %s |\n", row.name, p.with(row.key+" events/s", 1), p.with(row.key+" ns/event", 1))
	}
	p.say("\nOne event, from the start of the program to its end: %s ms.\n\nWhat limits them, and what was tried (instructions as callgrind counts them, shares as perf does):\n\n- *repeated*: no part stands out. A quarter is to make the tags of a text that is known, of it most for what an event has of its own (two UUIDs by SHA-1, times, addresses); sequences in order take a sixth, decoding a sixth, judging the texts that the memo does not know a seventh although they are two in a hundred, finding the others in it a tenth, the collector a twelfth. Tried: texts take the empty places of the memo first (taken, 6 %% fewer instructions), what tags of an event share is written once and evidence is joined of encoded parts (taken, 18 %% fewer instructions where many rules hold, hardly any under the shipped pack), hash chains of our own instead of a map for sessions (no gain), the memo asked about three events at once, so that the processor fetches what it needs for one while it works on another (time in turn, least 0.5 %% less, median 3: not taken), the last byte of a line asked for by itself (its share moved to the caller, not taken), half and a quarter as many collections (5 to 12 %% less CPU time, but 30 to 40 MB more, and not within the bound of 200 MB for Cowrie logs), huge pages for the heap (taken, 6 to 11 %% less CPU time on all three inputs, 5 MB more).\n- *distinct*: a line takes about 50,000 instructions, 12,000 of them for what a shell makes of it, 8,000 for the literals in it, 8,000 for the rules that its commands may concern, 8,000 for asking these, 2,000 for sequences, 6,000 for its tags. Tried: commands and their effects filled in place with fewer passes over words (taken, 23 %% fewer instructions of that part), rejections before globs and automata by the first and last bytes and letters of a word, and options as bits (taken, a quarter fewer of asking), one loop over all plain words of a command (1 %% of its part, not taken), places of literals by how rare pairs of bytes are, bits before maps, short words searched as one number (taken, together 4 %% fewer instructions of judging), literals of one rare sign as a condition of rules (fewer rules asked, more literals found: no gain), what the simple commands of lines before showed (an eighth of them come again, with a twentieth of the bytes: not built), events with the same steps that wait for others share one list (taken, 3 to 4 %% less CPU time), what the stage is told of an event filled in where it takes it (taken, repeated 1 to 3 %% less in mean and median), profile-guided compilation (5 runs on a busy machine: 7 %% more CPU time, repeated 6 more to 1 less, the Cowrie log 4 less; a build takes minutes; not taken). Of ten rules that are asked nine do not hold; those that hold on no event of the input take an eighth of all. The verbs and programs of the line turn away two in a hundred of the blocks asked, and on the way to these (Scratch.match, block.holdsAmong) nine tenths of the time stand at loads from memory. The largest function has 6 %%: only another design of the whole would give the factor that is missing.\n- the short run: matchers and automata are built when a text first asks for them, and most texts are new. What a start reads is not compressed any more (taken, a sixth less for one event).\n- the Cowrie log: judging and writing. Reading and assembling sessions takes 2.6 us a line, half of what it took: what pairs of user name and password give is remembered, and what is due is found without a look-up (both taken). Blocks of session rules share a table of the lines that they know, and a session looks its lines up once (taken, 4 to 6 %% less CPU time); three fifths of what these blocks still take on 200,000 lines is to read each new line anew for each of them. Assembly by several goroutines was not built: on two cores it moves work and removes none.\n\n",
		p.with("tag one ms", 1))
}

func (p *page) loops() {
	p.say("## Against loops, grep and ripgrep\n\nCPU time of an event in all, decoding and writing included, under generated rules of one pattern each; a fraction of them share common words (wget, /tmp, chmod), so that many are asked on each event. The loops, one in Go with package regexp and one in Python with re, decode a line, try each pattern, and write a line a match; building the patterns counts for none. grep -E -f and ripgrep search the bare texts for any of the patterns, and neither decode nor say which: a floor, not a peer. ttpctl is on *repeated* and *distinct* events.\n\n")
	p.say("| rules | ttpctl, repeated | ttpctl, distinct | Go loop | its ratio to distinct | Python loop | its ratio to distinct | grep -E -f | ripgrep |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, n := range p.s.sizes {
		distinct := fmt.Sprintf("ttpctl %d distinct all-ns", n)
		p.say("| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", grouped(n), micro(p, fmt.Sprintf("ttpctl %d repeated all-ns", n)), micro(p, distinct),
			micro(p, fmt.Sprintf("stdlib %d all-ns", n)), p.times(fmt.Sprintf("stdlib %d all-ns", n), distinct),
			micro(p, fmt.Sprintf("python %d all-ns", n)), p.times(fmt.Sprintf("python %d all-ns", n), distinct),
			micro(p, fmt.Sprintf("grep %d all-ns", n)), micro(p, fmt.Sprintf("rg %d all-ns", n)))
	}
	p.say("\nWhat limits it: under few rules decoding, which alone takes what 110 times the speed of the Python loop would leave; under many the tags that more rules make of an event, and where each pattern matched. Tried for the latter: what tags share is written once, and evidence is encoded once (both taken, 3,750 instructions less a tag); rules with the same match block share evidence (taken, below); tags filled in place, and fewer look-ups for evidence (no gain).\n\n")
}

func micro(p *page, key string) string {
	v := p.of(key, 1e3)
	if v == "-" {
		return v
	}
	return v + " µs"
}

func (p *page) matching() {
	p.say("## Matching alone, against Hyperscan\n\nCPU time of an event beyond decoding, no tags made, as `ttpctl bench` takes it (stage *matching*: looking an event up, folding its text, finding literals, asking automata), and of Hyperscan on the same texts (`benchmarks/hyperscan`, one scan a text for all patterns, yes or no). ttpctl also finds where a pattern matched, for the evidence, and remembers texts that came before where that is cheaper than judging them; of how many it would know is said. Hyperscan does neither.\n\n")
	p.say("| rules | ttpctl, distinct | Hyperscan, distinct | ratio | ttpctl, repeated | Hyperscan, repeated | ratio | known from before | Go loop | its ratio to ttpctl, distinct |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, n := range p.s.sizes {
		own := func(input string) string { return fmt.Sprintf("ttpctl %d %s matching-ns", n, input) }
		limit := func(input string) string { return fmt.Sprintf("hyperscan %d %s matching-ns", n, input) }
		known := "-"
		if hits := p.value(fmt.Sprintf("ttpctl %d repeated memo-hits", n)); !math.IsNaN(hits) {
			known = short(100*hits) + " %"
		}
		loop := fmt.Sprintf("stdlib %d matching-ns", n)
		p.say("| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", grouped(n), micro(p, own("distinct")), micro(p, limit("distinct")), p.times(own("distinct"), limit("distinct")),
			micro(p, own("repeated")), micro(p, limit("repeated")), p.times(own("repeated"), limit("repeated")), known, micro(p, loop), p.times(loop, own("distinct")))
	}
	p.say("\nA ratio of ttpctl to Hyperscan under 1 is less than Hyperscan takes. What limits it: under few rules what every event costs, whatever its text. Judged in a loop with nothing around it, an event takes two thirds to three quarters of what the stage does; the rest is the way through the pipeline to one who judges. Half of that loop and more is under few rules the pass for literals, which reads a window at each byte without vector instructions, some 65 instructions for four bytes; under many, the literals that are found and compared, and the rules that match: a match costs about 0.23 us, where it ends 0.1 of it. Tried: rules with the same match block find once for an event where it holds, and share the evidence and what is remembered (taken: of the 10,000 rules 1,200 share 126 patterns, which make nearly all tags; matching takes a third there, a whole run half, and packs without such rules gain nothing); a first look at whether texts come again (taken, on distinct events a sixth less under 25 and 1,000 rules, a twentieth under 250 and 10,000); the search for where a pattern matched begun at its literal (not built: it begins at the second byte on average, and it is the 54 bytes from there that take the time); steps of that search that stay in a state told first, so that the next does not wait (0 to 4 %% less for an event that matches, not taken); evidence of the same piece of text encoded once (a twentieth less for an event that matches, nothing over all, not taken); events judged by the goroutine that decoded them (no gain that a busy machine shows, though one processor takes a tenth less than two, not taken); a table of hashed windows of a quarter the size (no gain, half as much again under 10,000 rules), its steps noted as bits and without generic code (no gain); fewer pointers on the way to a pattern's automaton (no gain); looking a text up only where that pays, which both ways are timed for now and then (taken: under 25 rules, start included, a tenth less on distinct and a sixth less on repeated events); two bytes asked before a walk for where a pattern matched (taken, a twentieth under 10,000 rules); a bit for each hashed window instead of buckets (1.2 to 1.5 times the time of the pass, not taken), and a look at every other window, with two places for each literal (at best a fifth less of the pass under 25 rules, a twelfth of matching, not taken).\n\n")
}

func (p *page) growth() {
	p.say("## Growth with the number of rules\n\n| rules | events/s, repeated | events/s, distinct | matching and tagging, distinct, CPU ns | tags an event | reading the rules, ms | Hyperscan builds, ms |\n|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, n := range p.s.sizes {
		key := fmt.Sprintf("ttpctl %d distinct ", n)
		p.say("| %s | %s | %s | %s | %s | %s | %s |\n", grouped(n), p.with(fmt.Sprintf("ttpctl %d repeated events/s", n), 1), p.with(key+"events/s", 1),
			short(p.tagged(n)), short(p.value(key+"pairs")/float64(p.s.small)), p.of(key+"build-ms", 1), p.of(fmt.Sprintf("hyperscan %d distinct build-ms", n), 1))
	}
	p.say("\nEvents/s are in wall time on all cores, of %s events, without the start. What limits the growth: under 25 rules an event costs little more than one pass for literals; under 1,000 there are literals that were found and must be compared, automata to ask, and 0.7 tags more. What was tried for these stands above: evidence shared by rules with the same match block and encoded once (taken), two bytes asked before a walk for where a pattern matched (taken, a twentieth), tags filled in place (no gain), the search begun at the literal (not built).\n\n", grouped(p.s.small))
}

// tagged is what matching and tagging take together.
func (p *page) tagged(n int) float64 {
	key := fmt.Sprintf("ttpctl %d distinct ", n)
	return p.value(key+"matching-ns") + p.value(key+"tagging-ns")
}

// A target is what was set out for, and what came of it.
type target struct {
	what       string
	aim, value float64
	most       bool // the aim is the most that it may be
}

func (p *page) targets() {
	p.say("## Targets\n\n| what | target | measured | |\n|---|--:|--:|---|\n")
	for _, t := range p.aims() {
		sign, met := "at least", t.value >= t.aim
		if t.most {
			sign, met = "at most", t.value <= t.aim
		}
		verdict := "met"
		switch {
		case math.IsNaN(t.value):
			verdict = "not measured"
		case !met && t.most:
			verdict = fmt.Sprintf("missed, %s times the target", short(t.value/t.aim))
		case !met:
			verdict = fmt.Sprintf("missed, %s %% of the target", short(100*t.value/t.aim))
		}
		p.say("| %s | %s %s | %s | %s |\n", t.what, sign, short(t.aim), short(t.value), verdict)
	}
	p.say("\n")
}

// likePack is how many rules the loop has that the shipped pack is held against, whose
// own rules, of which there are some more, say things that no loop over patterns can.
const likePack = 250

func (p *page) aims() []target {
	repeated := p.value("tag repeated events/s")
	few, most := p.s.sizes[0], p.s.sizes[len(p.s.sizes)-1]
	loop := few
	if slices.Contains(p.s.sizes, likePack) {
		loop = likePack
	}
	list := []target{
		{what: "events/s, repeated", aim: 1_000_000, value: repeated},
		{what: "events/s, distinct", aim: 600_000, value: p.value("tag distinct events/s")},
		{what: "a short run, part of the long one's events/s", aim: 0.5, value: p.value("tag cold events/s") / repeated},
		{what: fmt.Sprintf("times the events/s of the Python loop of %d rules", loop), aim: 110, value: repeated * p.value(fmt.Sprintf("python %d all-ns", loop)) / 1e9},
		{what: "Cowrie lines/s", aim: 500_000, value: p.value("tag cowrie events/s")},
		{what: grouped(most) + " rules, events/s, repeated", aim: 200_000, value: p.value(fmt.Sprintf("ttpctl %d repeated events/s", most))},
		{what: "start to the last tag of one event, ms", aim: 50, value: p.value("tag one ms"), most: true},
	}
	for _, n := range p.s.sizes {
		aim := 1.0
		if n > 1_000 {
			aim = 1.35
		}
		v, _, ok := p.ratio(fmt.Sprintf("ttpctl %d distinct matching-ns", n), fmt.Sprintf("hyperscan %d distinct matching-ns", n))
		if !ok {
			v = math.NaN()
		}
		list = append(list, target{what: fmt.Sprintf("matching under %s rules, times Hyperscan, distinct", grouped(n)), aim: aim, value: v, most: true})
	}
	if n := 1_000; slices.Contains(p.s.sizes, n) {
		list = append(list,
			target{what: "matching under 1,000 rules, times faster than the Go loop, distinct", aim: 1_000, value: p.value("stdlib 1000 matching-ns") / p.value("ttpctl 1000 distinct matching-ns")},
			target{what: fmt.Sprintf("matching and tagging, %d to 1,000 rules, times, distinct", few), aim: 3, value: p.tagged(n) / p.tagged(few), most: true})
	}
	return list
}

func (p *page) method(checks []string) {
	p.say("## Method\n\n- One command, one session: `go run ./benchmarks/peers`, which builds the contestants, makes the inputs (seeded: the same each time), and runs them in turn, forth and back, until ten rounds are done (three for those that measure themselves several times) or the time is up (`-minutes`). `-quick` takes under two minutes. `-benchstat FILE` writes each measurement for `go run golang.org/x/perf/cmd/benchstat@latest OLD NEW`.\n")
	p.say("- CPU time is user and system time of the process, as the kernel counts it; wall time is from the start of the process to its end. On a machine that does other work only CPU times and ratios mean something.\n")
	p.say("- Rules are generated (`benchmarks/peers/rules.go`): an eighth hold nothing but common words, a fifth a common word and one of their own, the others words of their own. Patterns of common words are few: of 10,000 rules 1,200 share 126.\n")
	p.say("- All must find the same matches (pairs of an event and a rule; of grep and ripgrep the lines), or the session fails. Found equal to ttpctl's: %s.\n", cmp.Or(strings.Join(checks, "; "), "nothing"))
	p.say("- `benchmarks/compare` holds a commit against the one before it.\n")
	for _, note := range p.s.notes {
		p.say("- Left out: %s.\n", note)
	}
}

// writeBenchstat writes the measurements in the form of go test -bench, a line each.
func writeBenchstat(w io.Writer, all figures) error {
	b := bufio.NewWriter(w)
	keys := make([]string, 0, len(all))
	for key := range all {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		at := strings.LastIndexByte(key, ' ')
		for _, v := range all[key] {
			fmt.Fprintf(b, "Benchmark%s 1 %g %s\n", strings.ReplaceAll(strings.ToUpper(key[:1])+key[1:at], " ", "/"), v, key[at+1:])
		}
	}
	return b.Flush()
}

// short returns v with three digits that count, thousands apart.
func short(v float64) string {
	switch {
	case math.IsNaN(v), math.IsInf(v, 0):
		return "-"
	case v == 0:
		return "0"
	}
	unit := math.Pow(10, 2-math.Floor(math.Log10(math.Abs(v))))
	v = math.Round(v*unit) / unit
	if v >= 1000 {
		return grouped(int(v))
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// output returns what a program prints, nothing when it cannot be run.
func output(name string, args ...string) []byte {
	if name == "" {
		return nil
	}
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return nil
	}
	return out
}

// procField returns the value of the first line of a file of /proc that begins so.
func procField(file, name string) string {
	text, _ := os.ReadFile(file) // other systems have none
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func procLoad() string {
	text, _ := os.ReadFile("/proc/loadavg")
	one, _, _ := strings.Cut(string(text), " ")
	return one
}
