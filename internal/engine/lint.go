package engine

import (
	"path"
	"regexp"
	"strings"
	"time"

	"ttpctl/internal/event"
)

var (
	ruleIDForm = regexp.MustCompile(`^[A-Z]{1,4}[0-9]{4,6}$`)
	nameForm   = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
)

// A linter checks the values of one parsed rule and turns them into those of
// a Rule. Everything is checked, whatever else is wrong: what Parse could not
// read has a zero span and is passed over.
type linter struct {
	cfg   *Config
	p     *ParsedRule
	rule  *Rule
	diags Diagnostics
}

func (l *linter) lint() {
	l.identity()
	l.dates()
	l.release()
	l.kinds()
	l.emits()
	l.notes()
}

// given reports whether Parse could read the value.
func (a At[T]) given() bool { return a.Span != Span{} }

func (l *linter) identity() {
	p := l.p
	l.rule.ID, l.rule.Version, l.rule.Name, l.rule.Description = p.ID.V, p.Version.V, p.Name.V, p.Description.V
	if p.ID.given() {
		l.ruleID(p.ID)
	}
	if p.Version.given() && p.Version.V < 1 {
		l.diags.add(NewDiagnostic(CodeMalformed, p.Version.Span, "rule_version is %d, and begins at 1", p.Version.V))
	}
	if p.Name.given() && !nameForm.MatchString(p.Name.V) {
		d := NewDiagnostic(CodeNameForm, p.Name.Span, "name %q is not snake_case", short(p.Name.V))
		if s := snakeCase(p.Name.V); nameForm.MatchString(s) {
			d = d.WithHelp("write %s", short(s))
		}
		l.diags.add(d)
	}
	if p.Description.given() && strings.TrimSpace(p.Description.V) == "" {
		l.diags.add(newDiag(CodeMalformed, p.Description.Span, "the description is empty"))
	}
}

func (l *linter) ruleID(id At[string]) {
	if !ruleIDForm.MatchString(id.V) {
		l.diags.add(NewDiagnostic(CodeMalformed, id.Span, "rule_id %q is not of the form R0015", short(id.V)).
			WithLabel("1 to 4 capitals, 4 to 6 digits"))
		return
	}
	if stem, ok := stemOf(l.p.Source.Name); ok && stem != id.V {
		l.diags.add(NewDiagnostic(CodeStem, id.Span, "rule_id %s stands in a file named %s", id.V, path.Base(l.p.Source.Name)).
			WithHelp("rename the file to %s.yaml, or correct the id", id.V))
	}
}

// stemOf returns the file name without directory and extension. It reports
// false for a name that is no YAML file's, such as that of standard input.
func stemOf(name string) (string, bool) {
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	ext := path.Ext(base)
	return strings.TrimSuffix(base, ext), ext == ".yaml" || ext == ".yml"
}

// snakeCase is what a name was probably meant to be.
func snakeCase(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "_")
}

func (l *linter) dates() {
	for _, d := range []struct {
		key string
		at  At[string]
	}{{"last_reviewed", l.p.LastReviewed}, {"next_review", l.p.NextReview}} {
		if !d.at.given() {
			continue
		}
		if _, err := time.Parse(time.DateOnly, d.at.V); err != nil {
			l.diags.add(NewDiagnostic(CodeMalformed, d.at.Span, "%s wants a date like 2026-11-22, got %q", d.key, short(d.at.V)))
		} else if d.key == "next_review" && d.at.V < l.cfg.Today {
			l.diags.add(NewDiagnostic(CodeReviewDue, d.at.Span, "the review was due on %s", d.at.V))
		}
	}
}

func (l *linter) release() {
	got, want := l.p.AttackRelease, l.cfg.Catalogue.Release()
	if got.given() && got.V != want {
		l.diags.add(NewDiagnostic(CodeRelease, got.Span, "attack_release is %q, the catalogue's is %s", short(got.V), want).
			WithHelp("check the techniques, then write attack_release: %q", want))
	}
}

func (l *linter) kinds() {
	for _, a := range l.p.AppliesTo {
		if k := event.ParseKind(a.V); k != event.KindUnknown {
			l.rule.AppliesTo = append(l.rule.AppliesTo, k)
			continue
		}
		l.diags.add(unknownKind(a.V, a.Span))
	}
}

func unknownKind(name string, span Span) Diagnostic {
	var names []string
	for _, k := range event.Kinds() {
		names = append(names, k.String())
	}
	d := NewDiagnostic(CodeUnknownKind, span, "there is no kind %q of events", short(name))
	d.Help = didYouMean(name, names)
	return d
}
