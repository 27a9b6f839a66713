package event

// A TagWriter appends tags as [Tag.AppendJSON] does. What a tag has of its rule, half
// of its text, it has in common with all others of that rule, and what it has of its
// event with the other tags of the event: either is written once, and copied. It
// belongs to one goroutine; its zero value is ready.
type TagWriter struct {
	known [knownWords]*tagWords
	event []byte
}

// knownWords is for how many emits of rules the text is known, a power of two. One
// that shares its place with another is written anew, no more.
const knownWords = 4096

// tagWords are what a tag has of its rule, and how it is written.
type tagWords struct {
	tactic, technique, sub, rule, release, url string
	version                                    int

	text         []byte
	middle, rest int // where what stands behind the confidence, and the evidence, begins
	confidence   float64
	decimals     []byte // of confidence
}

// AppendLines appends tags as JSON Lines, until dst has most bytes or more, and
// returns those that are left.
func (w *TagWriter) AppendLines(dst []byte, tags []Tag, most int) (lines []byte, left []Tag) {
	// What the event gave is known within a call alone: the strings of tags that were
	// written before may have been overwritten.
	time := 0 // where in w.event the time begins
	for i := range tags {
		t := &tags[i]
		if i == 0 || !t.sharesEvent(&tags[i-1]) {
			w.event = t.appendEvent(w.event[:0])
			time = len(w.event)
			w.event = append(t.appendTime(w.event), '\n')
		}
		k := w.words(t)
		dst = append(t.appendUUID(dst), w.event[:time]...)
		dst = append(append(dst, k.text[:k.middle]...), k.decimals...)
		dst = append(append(dst, k.text[k.middle:k.rest]...), t.Evidence...)
		dst = append(append(dst, k.text[k.rest:]...), w.event[time:]...)
		if len(dst) >= most {
			return dst, tags[i+1:]
		}
	}
	return dst, nil
}

// sharesEvent reports whether two tags have the same of their events. Those of one
// event have the very same strings, which is quickly seen.
func (t *Tag) sharesEvent(o *Tag) bool {
	return t.SourceID == o.SourceID && t.SourceKind == o.SourceKind && t.ObservedAt == o.ObservedAt &&
		t.AttackerUUID == o.AttackerUUID && t.AttackerIP == o.AttackerIP && t.IdentityUUID == o.IdentityUUID &&
		t.SessionID == o.SessionID && t.DeckyID == o.DeckyID
}

// words returns how what t has of its rule is written.
func (w *TagWriter) words(t *Tag) *tagWords {
	place := (lastBytes(t.RuleID)*0x9e3779b1 ^ lastBytes(t.Technique)*0x85ebca77 ^ lastBytes(t.SubTechnique)*0xc2b2ae3d) >> 16 % knownWords
	k := w.known[place]
	if k == nil {
		k = &tagWords{}
		w.known[place] = k
	}
	if !k.of(t) {
		k.learn(t)
	}
	if k.confidence != t.Confidence {
		k.confidence, k.decimals = t.Confidence, appendDecimals(k.decimals[:0], t.Confidence)
	}
	return k
}

// lastBytes returns those in which ids differ: the last four.
func lastBytes(id string) uint32 {
	n := len(id)
	if n < 4 {
		return uint32(n)
	}
	return uint32(id[n-4]) | uint32(id[n-3])<<8 | uint32(id[n-2])<<16 | uint32(id[n-1])<<24
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
	text = t.appendCatalogue(text)
	*k = tagWords{
		t.Tactic, t.Technique, t.SubTechnique, t.RuleID, t.AttackRelease, t.MitreURL, t.RuleVersion,
		text, middle, rest, t.Confidence, appendDecimals(k.decimals[:0], t.Confidence),
	}
}
