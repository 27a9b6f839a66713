package html

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"strings"
	"sync"
)

// maxLive is how large the report is at most that a server keeps up to date, in
// bytes: browsers take it in again and again.
const maxLive = 1_500_000

//go:embed live.escaped.html
var liveText string

//go:embed live.css
var liveStyle string

//go:embed live.js
var liveScript string

var parsedLive = sync.OnceValues(func() (*escaped, error) { return parseEscaped("live", liveText) })

// Of the live page; both hold for its other pages too.
var (
	wholeStyle  = sync.OnceValue(func() string { return styleText + liveStyle })
	wholeScript = sync.OnceValue(func() string {
		const end = "})();\n"
		return strings.TrimSuffix(scriptText, end) + liveScript + end
	})
)

// LivePolicy is the Content-Security-Policy of all pages of a server.
func LivePolicy() string {
	return "default-src 'none'; script-src '" + hashOf(wholeScript()) + "'; style-src '" + hashOf(wholeStyle()) +
		"'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
}

// named returns another template of the same text.
func (t *escaped) named(name string) *escaped { return &escaped{name, t.trees} }

// write writes one page of live.html.
func write(w io.Writer, name string, view any) error {
	t, err := parsedLive()
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := t.named(name).execute(&buf, view); err != nil {
		return err
	}
	_, err = buf.WriteTo(w)
	return err
}

// A LiveReport is a report as pieces of a live page. It is not changed.
type LiveReport struct {
	lead, sections, annex, data []byte
	tags                        map[string]int // by rule
}

// Pieces makes a page into pieces of a live page.
func (p *Page) Pieces() (*LiveReport, error) {
	t, err := parsed()
	if err != nil {
		return nil, err
	}
	for scale := 1; ; scale *= 2 {
		v := p.view(scale)
		v.Live = true
		r := &LiveReport{tags: p.tagsByRule()}
		for _, piece := range []struct {
			name string
			to   *[]byte
		}{{"lead", &r.lead}, {"sections", &r.sections}, {"annex", &r.annex}} {
			var buf bytes.Buffer
			if err := t.named(piece.name).execute(&buf, v); err != nil {
				return nil, err
			}
			*piece.to = buf.Bytes()
		}
		var buf bytes.Buffer
		if err := write(&buf, "data", v); err != nil {
			return nil, err
		}
		r.data = buf.Bytes()
		if len(r.lead)+len(r.sections)+len(r.annex)+len(r.data) <= maxLive || scale > 1<<10 {
			return r, nil
		}
	}
}

// A Hit is a tag that came lately.
type Hit struct {
	At         string  `json:"at"`
	Technique  string  `json:"technique"`
	Name       string  `json:"name"`
	Attacker   string  `json:"attacker"`
	Rule       string  `json:"rule"`
	Text       string  `json:"text"`
	Confidence float64 `json:"-"`
}

// Shown returns h as text that can be seen, bounded.
func (h Hit) Shown() Hit {
	h.Technique, h.Name, h.Attacker, h.Rule, h.Text = shown(h.Technique, 40), shown(h.Name, 120), shown(h.Attacker, 80), shown(h.Rule, 64), shown(h.Text, 200)
	return h
}

// HitsJSON returns news for the page's script: hits, the oldest first, and how many
// tags there are, 0 = that is not known.
func HitsJSON(tags int, hits []Hit) string {
	text, err := json.Marshal(struct {
		Tags int   `json:"tags"`
		Hits []Hit `json:"hits"`
	}{tags, hits})
	if err != nil {
		panic(err) // it is of plain values
	}
	return string(text)
}

// A Visitor is who looks at a page.
type Visitor struct {
	Name, Role string
	Admin      bool   // may set states
	CSRF       string // of the session
}

// A frame is what stands around every page.
type frame struct {
	Visitor
	Title, Style, Script, Status string
}

func frameOf(title string, v Visitor) frame {
	v.Name = shown(v.Name, 64)
	return frame{Visitor: v, Title: title, Style: wholeStyle(), Script: wholeScript(), Status: "As of when it was loaded"}
}

// A LiveBody is what all visitors of a role see in common.
type LiveBody struct {
	Rev    string // changes with it
	AsOf   string
	Report *LiveReport
	Hits   []Hit // the newest first, as Shown returns them
	Rules  []LiveRule
	Admin  bool
}

// Bytes returns the body. It is the same for every session.
func (b *LiveBody) Bytes() ([]byte, error) {
	var buf bytes.Buffer
	_, _ = buf.Write(b.Report.lead)
	_, _ = buf.WriteString("<main id=\"main\" class=\"wrap\">\n")
	if err := write(&buf, "hits", b); err != nil {
		return nil, err
	}
	_, _ = buf.Write(b.Report.sections)
	if err := write(&buf, "rules", b.rules()); err != nil {
		return nil, err
	}
	_, _ = buf.Write(b.Report.annex)
	_, _ = buf.Write(b.Report.data)
	return buf.Bytes(), nil
}

// WriteLive writes the live page for one visitor.
func WriteLive(w io.Writer, v Visitor, body []byte) error {
	f := frameOf("Honeypot report, live", v)
	if err := write(w, "top", f); err != nil {
		return err
	}
	if _, err := w.Write(body); err != nil {
		return err
	}
	return write(w, "tail", f)
}

// WriteSignIn writes the form that takes a token. problem says what was wrong with
// the last one; lifetime how long a session lasts.
func WriteSignIn(w io.Writer, problem, lifetime string) error {
	return write(w, "signin", &entry{frame: frameOf("Sign in", Visitor{}), Problem: shown(problem, 300), Lifetime: lifetime})
}

// An entry is a page for who has no session, or asks for what is not there.
type entry struct {
	frame
	Problem, Help, Lifetime string
}

// WriteMessage writes a page that says what is wrong.
func WriteMessage(w io.Writer, title, problem, help string) error {
	return write(w, "message", &entry{frame: frameOf(shown(title, 80), Visitor{}), Problem: shown(problem, 300), Help: shown(help, 300)})
}

// tagsByRule returns how many tags each rule set.
func (p *Page) tagsByRule() map[string]int {
	tags := map[string]int{}
	for i := range p.Dossier.Tactics {
		for k := range p.Dossier.Tactics[i].Techniques {
			for _, r := range p.Dossier.Tactics[i].Techniques[k].Rules {
				tags[r.ID] += r.Tags
			}
		}
	}
	return tags
}
