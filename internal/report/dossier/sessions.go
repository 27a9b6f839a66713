package dossier

import (
	"hash/maphash"
	"slices"
	"strings"

	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/report/sessions"
	"ttpctl/internal/secrets"
	"ttpctl/internal/sorting"
)

// Bounds of the sessions that are shown.
const (
	maxShown      = 500
	maxShownLines = 150
	maxShownText  = 1200
	maxEffects    = 8
)

// Bounds of the sessions of stored tags.
const (
	maxStored      = 20_000
	maxStoredLines = 100
)

// storedSessions are put together of tags alone: of each event what its tags say of
// it. They are those whose lines no database kept.
type storedSessions struct {
	entries map[sessionKey]*sessions.Session
	last    *sessions.Session // most tags are of the session of the one before
}

type sessionKey struct{ sensor, session string }

// Bounds of the evidence whose examples are known again: attackers are scripts.
const (
	maxExamples     = 8192
	maxExampleBytes = 512
)

// example returns the example in a tag's evidence.
func (b *Builder) example(evidence []byte) string {
	if len(evidence) > maxExampleBytes {
		return report.Example(evidence)
	}
	text, ok := b.examples[string(evidence)]
	if !ok {
		text = report.Example(evidence)
		if len(b.examples) == maxExamples {
			clear(b.examples)
		}
		b.examples[string(evidence)] = text
	}
	return text
}

// remember takes in a tag that comes from a database.
func (b *Builder) remember(t *event.Tag) {
	kept := t.SessionID.Valid && b.keeper.Has(t.DeckyID.Value, t.SessionID.Value)
	if kept && b.keeper.HasLine(t) {
		return // it says more
	}
	// What the example of evidence has, the evidence has: JSON spells these words as
	// they are.
	if event.ParseKind(t.SourceKind) == event.KindCommand && hasBytes(t.Evidence, fetchers) {
		example := b.example(t.Evidence)
		n := record{kind: event.KindCommand, who: t.AttackerIP, sensor: t.DeckyID.Value, session: t.SessionID.Value, text: example, at: b.at}
		if n.who == "" {
			n.who = nameOf(t.AttackerUUID, t.IdentityUUID)
		}
		b.indicate(&n)
	}
	if t.SessionID.Valid && !kept {
		b.stored.add(t, b)
	}
}

func (st *storedSessions) add(t *event.Tag, b *Builder) {
	key := sessionKey{event.CutText(t.DeckyID.Value, maxName), event.CutText(t.SessionID.Value, maxName)}
	s := st.last
	if s == nil || s.ID != key.session || s.Sensor != key.sensor {
		s = st.entries[key]
	}
	if s == nil {
		if len(st.entries) == maxStored {
			b.limit("Of the sessions in the database the 20,000 that were stored last are looked at one by one.")
			return
		}
		key = sessionKey{strings.Clone(key.sensor), strings.Clone(key.session)}
		s = &sessions.Session{ID: key.session, Sensor: key.sensor, Attacker: strings.Clone(t.AttackerUUID), AttackerIP: strings.Clone(t.AttackerIP)}
		st.entries[key] = s
	}
	st.last = s
	widen(&s.Start, &s.End, b.at)
	s.Seconds = s.End.Sub(s.Start).Seconds()
	s.Tags++
	tag := sessions.Tag{RuleID: b.name(t.RuleID), RuleVersion: t.RuleVersion, Tactic: b.name(t.Tactic), Technique: b.name(t.MostSpecific()), Confidence: t.Confidence}
	s.Techniques, s.Tactics = addName(s.Techniques, tag.Technique), addName(s.Tactics, tag.Tactic)
	i := len(s.Lines) - 1
	if i >= 0 && s.Lines[i].SourceID != t.SourceID {
		i = slices.IndexFunc(s.Lines, func(l sessions.Line) bool { return l.SourceID == t.SourceID })
	}
	switch {
	case i >= 0:
		s.Lines[i].Tags = append(s.Lines[i].Tags, tag)
	case len(s.Lines) == maxStoredLines:
		s.LeftOut++
	default:
		s.Lines = append(s.Lines, sessions.Line{At: b.at, Kind: b.name(t.SourceKind), SourceID: strings.Clone(t.SourceID), Text: b.example(t.Evidence), Tags: []sessions.Tag{tag}})
	}
}

// found takes the indicators in a line that a database kept.
func (b *Builder) found(s *sessions.Session, l *sessions.Line) {
	n := record{kind: event.ParseKind(l.Kind), who: attackerOf(s), sensor: s.Sensor, session: s.ID, text: l.Text, at: l.At}
	if n.kind == event.KindPayload {
		n.text, n.name, n.sum = l.URL, l.Path, l.SHA256
	}
	b.indicate(&n)
}

// all returns all sessions that are known, the most telling first.
func (b *Builder) all() []*sessions.Session {
	kept := b.keeper.Sessions(sessions.ByTelling)
	if b.stored == nil {
		return kept
	}
	var list []*sessions.Session
	for _, s := range kept {
		if s.Tags == 0 {
			continue // what chooses among the tags does not choose it
		}
		list = append(list, s)
		for i := range s.Lines {
			slices.Reverse(s.Lines[i].Tags) // those stored last came first
			b.found(s, &s.Lines[i])
		}
	}
	for _, s := range b.stored.entries {
		sorting.By(s.Lines, func(x, y sessions.Line) int {
			if c := x.At.Compare(y.At); c != 0 {
				return c
			}
			return strings.Compare(x.SourceID, y.SourceID)
		})
		list = append(list, s)
	}
	sorting.By(list, sessions.ByTelling)
	return list
}

// choose returns the sessions that are shown, one of each kind, with what their
// lines would do, masked; and how many others went like one of them.
func (b *Builder) choose(all []*sessions.Session) (shown []Session, like int) {
	seen := map[uint64]int{}
	for _, s := range all {
		if s.Tags == 0 || len(s.Lines) == 0 {
			continue
		}
		h := b.course(s)
		if i, ok := seen[h]; ok {
			if i >= 0 {
				shown[i].Like++
				like++
			}
			continue
		}
		if len(shown) == maxShown {
			continue
		}
		seen[h] = len(shown)
		shown = append(shown, Session{Session: s, Number: len(shown) + 1, Attacker: attackerOf(s), Evidence: b.stored != nil && !b.keeper.Has(s.Sensor, s.ID)})
	}
	x, err := sessions.NewExplainer()
	if err != nil {
		panic("dossier: " + err.Error()) // the table is part of the program, and its tests read it
	}
	for i := range shown {
		x.Effects(shown[i].Session)
		present(shown[i].Session)
	}
	return shown, like
}

// course returns what is the same of sessions that went the same way.
func (b *Builder) course(s *sessions.Session) uint64 {
	var h maphash.Hash
	h.SetSeed(b.seed)
	for i := range s.Lines {
		l := &s.Lines[i]
		_, _ = h.WriteString(l.Kind)
		if l.Typed() {
			_, _ = h.WriteString(b.shape(l.Text))
		}
		for _, t := range l.Tags {
			_, _ = h.WriteString(t.Technique)
		}
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}

// cut returns the beginning of a text, and says so.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return event.CutText(text, most) + "…"
}

// present cuts and masks what is shown of a session.
func present(s *sessions.Session) {
	if len(s.Lines) > maxShownLines {
		s.LeftOut += len(s.Lines) - maxShownLines
		s.Lines = s.Lines[:maxShownLines]
	}
	s.User, s.Client = secrets.Mask(s.User), secrets.Mask(s.Client)
	for i := range s.Lines {
		l := &s.Lines[i]
		if l.Kind == event.KindAuthAttempt.String() {
			l.Text = secrets.MaskMail(l.Text) // its own words hold what a command's would be masked for
		} else {
			l.Text = secrets.Mask(l.Text)
		}
		l.URL, l.Path = secrets.Mask(l.URL), secrets.Mask(l.Path)
		if cut := event.CutText(l.Text, maxShownText); len(cut) < len(l.Text) {
			l.Cut += len(l.Text) - len(cut)
			l.Text = cut
		}
		if len(l.Effects) > maxEffects {
			l.Effects = append(l.Effects[:maxEffects:maxEffects], "…")
		}
		for k := range l.Effects {
			l.Effects[k] = cut(secrets.Mask(l.Effects[k]), maxSequence)
		}
	}
}
