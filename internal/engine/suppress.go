package engine

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// ignoreComment is a suppression: warnings and notes of one code are not
// reported on the line where it stands.
var ignoreComment = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[ \t])(#[ \t]*ttpctl:ignore)(?:[ \t]+(\S+))?(?:[ \t]+(.*?))?[ \t\r]*$`)
})

// suppressions returns the suppressions of the text in their order. A # in a
// quoted string or a block is no comment.
func (b *treeBuilder) suppressions() []suppression {
	var out []suppression
	if !strings.Contains(b.text, "ttpctl:ignore") {
		return nil
	}
	slices.SortFunc(b.covered, func(x, y [2]int) int { return x[0] - y[0] })
	for i := range b.lines {
		line := b.sourceLine(i + 1)
		m := ignoreComment().FindStringSubmatchIndex(line)
		if m == nil || b.inText(b.lines[i]+m[2]) {
			continue
		}
		s := suppression{span: Span{
			Pos{i + 1, 1 + utf8.RuneCountInString(line[:m[2]])},
			Pos{i + 1, 1 + utf8.RuneCountInString(line[:m[3]])},
		}}
		if m[4] >= 0 {
			s.code = Code(line[m[4]:m[5]])
		}
		if m[6] >= 0 {
			s.reason = line[m[6]:m[7]]
		}
		out = append(out, s)
	}
	return out
}

func (b *treeBuilder) inText(offset int) bool {
	i, found := slices.BinarySearchFunc(b.covered, offset, func(r [2]int, off int) int { return r[0] - off })
	return found || i > 0 && offset < b.covered[i-1][1]
}

// applySuppressions drops what the rule's comments suppress, and reports the
// comments that are wrong. Errors are never suppressed. While there are some,
// later checks have not run, so that nothing is said of idle comments.
func applySuppressions(p *ParsedRule, diags Diagnostics) Diagnostics {
	if len(p.suppress) == 0 {
		return diags
	}
	used := make([]bool, len(p.suppress))
	kept := slices.DeleteFunc(slices.Clone(diags), func(d Diagnostic) bool {
		i := slices.IndexFunc(p.suppress, func(s suppression) bool { return s.covers(&d) })
		if i >= 0 {
			used[i] = true
		}
		return i >= 0
	})
	for i, s := range p.suppress {
		if d, ok := s.problem(used[i] || diags.HasErrors()); ok {
			d.File, d.RuleID = p.Source.Name, p.ID.V
			kept.add(d)
		}
	}
	return kept
}

func (s *suppression) covers(d *Diagnostic) bool {
	return s.reason != "" && s.code == d.Code && d.Severity != Error && d.Span.Start.Line == s.span.Start.Line
}

// problem returns what is wrong with a suppression; used says that it
// suppressed something or could not show whether it does.
func (s *suppression) problem(used bool) (Diagnostic, bool) {
	info, known := LookupCode(string(s.code))
	switch {
	case s.code == "" || known && s.reason == "":
		return newDiag(CodeIgnoreReason, s.span, "a suppression gives a code and a reason, and has no effect without").
			WithHelp("write # ttpctl:ignore CODE reason"), true
	case !known:
		d := NewDiagnostic(CodeIgnoreIdle, s.span, "there is no code %s", short(string(s.code)))
		return d.WithHelp("ttpctl validate --list-checks names them"), true
	case info.Severity == Error:
		return NewDiagnostic(CodeIgnoreIdle, s.span, "%s is an error, which cannot be suppressed", s.code), true
	case !used:
		return NewDiagnostic(CodeIgnoreIdle, s.span, "no %s arises on this line", s.code), true
	}
	return Diagnostic{}, false
}
