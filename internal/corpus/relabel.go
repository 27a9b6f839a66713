package corpus

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"ttpctl/internal/event"
	"ttpctl/internal/lines"
)

// WriteLabelled copies a corpus with the answers put into its rows: a rule that
// was right is expected, one that was wrong is not, and both are judged. A row
// that speaks of its whole cohort goes on doing so. Lines without an answer,
// and members that are not changed, stay as they are. It returns the rows
// changed.
func WriteLabelled(ctx context.Context, w io.Writer, c Corpus, a *Answers) (changed int, err error) {
	byLabel := map[string][]Answer{}
	for _, x := range a.All() {
		byLabel[x.Label] = append(byLabel[x.Label], x)
	}
	bw := bufio.NewWriter(w)
	err = c.read(ctx, 0, func(b *block) error {
		for n, l := range b.lines {
			if l.bad != "" {
				return &RowError{c.Name, n, l.bad}
			}
			line, ok, err := relabel(l.text, byLabel)
			if err != nil {
				return &RowError{c.Name, n, err.Error()}
			}
			if ok {
				changed++
			}
			bw.Write(line)
			if err := bw.WriteByte('\n'); err != nil {
				return err
			}
		}
		return nil
	})
	return changed, errors.Join(err, bw.Flush())
}

// relabel returns a row's line with the answers on it.
func relabel(line []byte, byLabel map[string][]Answer) (out []byte, changed bool, err error) {
	members, err := splitMembers(line)
	if err != nil {
		return nil, false, err
	}
	var label string
	if err := members.get("label", &label); err != nil {
		return nil, false, err
	}
	var l labels
	if err := errors.Join(members.get("expected_rule_ids", &l.expected), members.get("judged_rule_ids", &l.judged), members.get("note", &l.note)); err != nil {
		return nil, false, err
	}
	was := labels{slices.Clone(l.expected), slices.Clone(l.judged), l.note, false}
	l.whole = l.expected != nil && l.judged == nil
	for _, x := range byLabel[label] {
		l.answer(x)
	}
	if slices.Equal(l.expected, was.expected) && slices.Equal(l.judged, was.judged) && l.note == was.note {
		return line, false, nil
	}
	members.set("expected_rule_ids", event.AppendStrings(nil, l.expected))
	if !l.whole {
		slices.Sort(l.judged)
		members.set("judged_rule_ids", event.AppendStrings(nil, l.judged))
	}
	if l.note != was.note {
		members.set("note", event.AppendQuoted(nil, l.note))
	}
	return members.append(nil), true, nil
}

// labels are what a row says of rules.
type labels struct {
	expected, judged []string
	note             string
	whole            bool // it speaks of every rule of its cohort
}

// answer puts one answer in.
func (l *labels) answer(x Answer) {
	if x.Note != "" {
		l.note = x.Note
	}
	at := slices.Index(l.expected, x.RuleID)
	switch {
	case x.Opinion == Unsure:
		return
	case x.Opinion == Right && at < 0:
		l.expected = append(l.expected, x.RuleID)
	case x.Opinion == Wrong && at >= 0:
		l.expected = slices.Delete(l.expected, at, at+1)
	}
	if !l.whole && !slices.Contains(l.judged, x.RuleID) {
		l.judged = append(l.judged, x.RuleID)
	}
}

// rawMembers are the members of a JSON object, in order, undecoded.
type rawMembers []rawMember

type rawMember struct {
	name  string
	value []byte
}

func splitMembers(line []byte) (rawMembers, error) {
	var all rawMembers
	j := lines.NewStrictJSON()
	j.Reset(line, string(line))
	err := j.Object(func(name string) error {
		raw, err := j.Raw()
		all = append(all, rawMember{name, []byte(raw)})
		return err
	})
	if err != nil {
		return nil, errors.New(lines.Reason(err, line))
	}
	return all, nil
}

// get decodes a member into v, and leaves v when there is none.
func (m rawMembers) get(name string, v any) error {
	for _, x := range m {
		if x.name == name {
			if err := json.Unmarshal(x.value, v); err != nil {
				return fmt.Errorf("%s is of a wrong type", name)
			}
		}
	}
	return nil
}

func (m *rawMembers) set(name string, value []byte) {
	for i := range *m {
		if (*m)[i].name == name {
			(*m)[i].value = value
			return
		}
	}
	*m = append(*m, rawMember{name, value})
}

func (m rawMembers) append(dst []byte) []byte {
	dst = append(dst, '{')
	for i, x := range m {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = event.AppendQuoted(dst, x.name)
		dst = append(dst, ':')
		dst = append(dst, x.value...)
	}
	return append(dst, '}')
}
