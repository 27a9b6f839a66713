package engine

import (
	"fmt"
	"slices"
	"strings"
)

// The codes. A number is never given to another problem.
const (
	CodeSyntax           Code = "TTP001"
	CodeUnreadable       Code = "TTP002"
	CodeDocuments        Code = "TTP003"
	CodeAlias            Code = "TTP004"
	CodeInvisible        Code = "TTP005"
	CodeMissingKey       Code = "TTP006"
	CodeUnknownKey       Code = "TTP007"
	CodeDuplicateKey     Code = "TTP008"
	CodeType             Code = "TTP009"
	CodeMalformed        Code = "TTP010"
	CodeStem             Code = "TTP011"
	CodeParent           Code = "TTP012"
	CodeDuplicateID      Code = "TTP013"
	CodeDuplicateName    Code = "TTP014"
	CodeNameForm         Code = "TTP015"
	CodeUnknownKind      Code = "TTP016"
	CodeUnknownField     Code = "TTP017"
	CodeNoField          Code = "TTP018"
	CodeNoEvidence       Code = "TTP019"
	CodeUnknownTechnique Code = "TTP020"
	CodeRevoked          Code = "TTP021"
	CodeDeprecated       Code = "TTP022"
	CodeUnknownTactic    Code = "TTP023"
	CodeTacticMismatch   Code = "TTP024"
	CodeRepeatedEmit     Code = "TTP025"
	CodeConfidence       Code = "TTP026"
	CodeLowConfidence    Code = "TTP027"
	CodePattern          Code = "TTP028"
	CodeLookAround       Code = "TTP029"
	CodeMatchesEmpty     Code = "TTP030"
	CodeNoLiteral        Code = "TTP031"
	CodePatternSize      Code = "TTP032"
	CodeMatchShape       Code = "TTP033"
	CodeDepth            Code = "TTP034"
	CodeExampleMisses    Code = "TTP035"
	CodeExampleMatches   Code = "TTP036"
	CodeFewExamples      Code = "TTP037"
	CodeExampleForm      Code = "TTP038"
	CodeReviewDue        Code = "TTP039"
	CodeRelease          Code = "TTP040"
	CodeUnknownLifter    Code = "TTP041"
	CodeUnknownParam     Code = "TTP042"
	CodeBadParam         Code = "TTP043"
	CodeNoText           Code = "TTP044"
	CodeIgnoreReason     Code = "TTP045"
	CodeIgnoreIdle       Code = "TTP046"
	CodeLeftOut          Code = "TTP047"
	CodePanic            Code = "TTP048"
	CodeWrongKind        Code = "TTP049"
	CodeVerb             Code = "TTP050"
	CodeMember           Code = "TTP051"
	CodeProgram          Code = "TTP052"
	CodeClass            Code = "TTP053"
	CodeOption           Code = "TTP054"
	CodeGlobAll          Code = "TTP055"
	CodeGlobNone         Code = "TTP056"
	CodeNoEffect         Code = "TTP057"
	CodeBlockKind        Code = "TTP058"
	CodeNoSteps          Code = "TTP059"
	CodeOneStep          Code = "TTP060"
	CodeUnbounded        Code = "TTP061"
	CodeNoBinding        Code = "TTP062"
	CodeUnbound          Code = "TTP063"
	CodeDear             Code = "TTP070"
	CodeIdleParam        Code = "TTP071"
	CodeLink             Code = "TTP072"
)

// A CodeInfo is one row of the table of codes, from which help, docs and
// every output read.
type CodeInfo struct {
	Code     Code
	Severity Severity
	Title    string // a noun phrase, lower case
	Text     string // why it matters and what to do
	Example  string // a rule that has the problem, "" where no rule's text can show it
}

// Codes returns all codes in the order of their numbers.
func Codes() []CodeInfo {
	infos := make([]CodeInfo, len(codeTable))
	for i := range codeTable {
		infos[i] = codeTable[i].info()
	}
	return infos
}

// LookupCode returns the row of code, in any case.
func LookupCode(code string) (CodeInfo, bool) {
	code = strings.ToUpper(strings.TrimSpace(code))
	i := slices.IndexFunc(codeTable[:], func(r codeRow) bool { return string(r.code) == code })
	if i < 0 {
		return CodeInfo{}, false
	}
	return codeTable[i].info(), true
}

// severity returns the severity of c; that of an unlisted code is Error.
func (c Code) severity() Severity {
	for i := range codeTable {
		if codeTable[i].code == c {
			return codeTable[i].severity
		}
	}
	return Error
}

// NewDiagnostic returns a diagnostic of the code's severity. [Compile] fills
// in the file and the rule.
func NewDiagnostic(code Code, span Span, format string, args ...any) Diagnostic {
	return newDiag(code, span, fmt.Sprintf(format, args...))
}

func newDiag(code Code, span Span, message string) Diagnostic {
	return Diagnostic{Code: code, Severity: code.severity(), Span: span, Message: message}
}

// WithLabel returns d with text behind its carets.
func (d Diagnostic) WithLabel(format string, args ...any) Diagnostic {
	d.Label = fmt.Sprintf(format, args...)
	return d
}

// WithHelp returns d with one more line of help.
func (d Diagnostic) WithHelp(format string, args ...any) Diagnostic {
	d.Help = append(slices.Clip(d.Help), fmt.Sprintf(format, args...))
	return d
}

// add appends a diagnostic.
func (ds *Diagnostics) add(d Diagnostic) { *ds = append(*ds, d) }

// exampleRule is the good rule that the examples of codeTable edit.
const exampleRule = `rule_id: R0001
rule_version: 1
name: shadow_read
description: The file of password hashes is read.
applies_to: [command]
match:
  pattern: \bcat /etc/shadow\b
emits:
  - {tactic: TA0006, technique_id: T1003, sub_technique_id: T1003.008, confidence: 0.95}
examples:
  match: [cat /etc/shadow]
  no_match: [ls /etc/shadow]
`

// A codeRow is a row of codeTable. Its example is exampleRule with old
// replaced by new; there is none when both are empty.
type codeRow struct {
	code     Code
	severity Severity
	title    string
	text     string
	old, new string
}

func (r codeRow) info() CodeInfo {
	info := CodeInfo{Code: r.code, Severity: r.severity, Title: r.title, Text: r.text}
	if r.old != r.new {
		info.Example = strings.Replace(exampleRule, r.old, r.new, 1)
	}
	return info
}
