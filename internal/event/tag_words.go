package event

// A TagWriter appends tags as [Tag.AppendJSON] does. What a tag has of its rule, half
// of its text, it has in common with all others of that rule, and is written once. It
// belongs to one goroutine; its zero value is ready.
type TagWriter struct{ known [knownWords]tagWords }

// knownWords is for how many emits of rules the text is known, a power of two. One
// that shares its place with another is written anew, no more.
const knownWords = 256

// tagWords are what a tag has of its rule, and how it is written.
type tagWords struct {
	tactic, technique, sub, rule, release, url string
	version                                    int

	text         []byte // empty = nothing is known
	middle, rest int    // where what stands behind the confidence, and the evidence, begins
}

// AppendJSON is [Tag.AppendJSON].
func (w *TagWriter) AppendJSON(dst []byte, t *Tag) []byte {
	k := &w.known[t.words()]
	if !k.of(t) {
		k.learn(t)
	}
	dst = append(t.appendEvent(dst), k.text[:k.middle]...)
	dst = appendDecimals(dst, t.Confidence)
	dst = append(append(dst, k.text[k.middle:k.rest]...), t.Evidence...)
	return t.appendTime(append(dst, k.text[k.rest:]...))
}

// words returns the place of what t has of its rule.
func (t *Tag) words() (place int) {
	for _, s := range [...]string{t.RuleID, t.Technique, t.SubTechnique} {
		for i := max(0, len(s)-3); i < len(s); i++ {
			place = place*11 + int(s[i])
		}
	}
	return place % knownWords
}

// of reports whether k is of the rule and the emit of t.
func (k *tagWords) of(t *Tag) bool {
	return len(k.text) > 0 && k.rule == t.RuleID && k.version == t.RuleVersion && k.technique == t.Technique && k.sub == t.SubTechnique &&
		k.tactic == t.Tactic && k.release == t.AttackRelease && k.url == t.MitreURL
}

func (k *tagWords) learn(t *Tag) {
	text := t.appendTechnique(k.text[:0])
	middle := len(text)
	text = t.appendRule(text)
	rest := len(text)
	*k = tagWords{t.Tactic, t.Technique, t.SubTechnique, t.RuleID, t.AttackRelease, t.MitreURL, t.RuleVersion, t.appendCatalogue(text), middle, rest}
}
