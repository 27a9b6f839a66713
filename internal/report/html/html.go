package html

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"io"
	"sync"

	"ttpctl/internal/corpus"
	"ttpctl/internal/report"
	"ttpctl/internal/report/dossier"
)

// MaxPage is how large a page is at most, in bytes.
const MaxPage = 3_000_000

// A Page is what is written. It is not changed.
type Page struct {
	Dossier   *dossier.Dossier
	Meta      report.Meta
	Scores    []corpus.RuleScore // of the rules that fired; nil = they were not scored
	RuleName  func(id string) string
	Inputs    []Input
	Database  string // where the tags come from, "" = from Inputs
	Chosen    string // the filters in words, "" = none
	Countries string // the file of the table, "" = none was given
}

// An Input is a log that was read.
type Input struct {
	Name   string
	Bytes  int64
	SHA256 string // "" = it could not be had
}

// escapedText is page.html with the escapers that html/template put in.
//
//go:generate go test -run ^Test(Live)?Escaped$ -update
//go:embed page.escaped.html
var escapedText string

//go:embed style.css
var styleText string

//go:embed script.js
var scriptText string

// parsed is the template, which is parsed when it is first asked for.
var parsed = sync.OnceValues(func() (*escaped, error) { return parseEscaped("page", escapedText) })

// policy is what the browser lets the page do: run this script, apply this style
// sheet.
func policy() string {
	return "default-src 'none'; script-src '" + hashOf(scriptText) + "'; style-src '" + hashOf(styleText) + "'; base-uri 'none'; form-action 'none'"
}

// hashOf returns a text's hash as a policy names it.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// Write writes the page.
func (p *Page) Write(w io.Writer) error {
	t, err := parsed()
	if err != nil {
		return err
	}
	for scale := 1; ; scale *= 2 {
		var buf bytes.Buffer
		if err := t.execute(&buf, p.view(scale)); err != nil {
			return err
		}
		if buf.Len() <= MaxPage || scale > 1<<10 {
			_, err := buf.WriteTo(w)
			return err
		}
	}
}
